"""A model's explanation of a definition: asked for, or in the background, and never on the way of a hover."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.cache.rows import Bound
from dt6_lsp.assistant.events import Citation, Token
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import BackendUnavailable, ModelError, StreamCut
from dt6_lsp.features.changes import Changes
from dt6_lsp.features.explaining import ABOUT, Explained, Explainer, Subject, subject_of
from dt6_lsp.features.explanations import TABLES, Explanation, Explanations, Key
from dt6_lsp.features.hovering import Hovering
from dt6_lsp.features.roots import Roots
from dt6_lsp.index.records import Records
from dt6_lsp.models.base import Usage
from dt6_lsp.models.orchestrator import Choice
from dt6_lsp.settings import HoverSettings, Settings
from tests.unit.assistant_fixtures import FakeChat, FakeHub, FakeReader, Script, at_once, services, somebody, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.assistant.services import Services
    from dt6_lsp.features.hover import Hover

FILES = {
    "till.py": '@cached\ndef open_till(code):\n    """Opens it."""\n    return code == 1\n\n\n'
    "def shut_till(): ...\n\n\nLIMIT = 3\n",
    "shop.py": "from till import open_till\n\nopen_till(3)\nshut_till()\nLIMIT\n",
}
KEY, MADE = Key("till.py\0open_till", "abc"), Explanation("It opens.", "fake", "fake-1")


class Editor:
    """Hovers in `shop.py`. The cursor need not rest."""

    def __init__(self, explain: str = "on", kept: Explanations | None = None, pause: float = 0.0) -> None:
        self.chat = FakeChat()
        self.hub: FakeHub = somebody(self.chat)
        self.reader = FakeReader(dict(FILES))
        self.kept = kept or Explanations()
        self.explainer = Explainer(self.kept, at_once, pause)
        changes = Changes(Roots(()), lambda *_: None, trusted=False)
        self.hovering = Hovering(at_once, changes, self.explainer)
        self.mode = explain

    @property
    def services(self) -> Services:
        settings = Settings(hover=HoverSettings(explain=self.mode))  # type: ignore[arg-type]  # a name of the three
        return services(self.hub, settings=settings)

    async def hover(self, name: str = "open_till") -> Hover | None:
        return await self.hovering.at(self.services, lambda: self.reader, "shop.py", name, 1, 1)

    async def shown(self, name: str = "open_till") -> str:
        found = await self.hover(name)
        assert found is not None
        return found.explanation.text if found.explanation else ""

    def subject(self, name: str = "open_till") -> Subject:
        return subject_of(self.reader, self.reader.definitions(name)[0])

    async def explain(self, cancel: CancelToken | None = None) -> list[object]:
        subject = self.subject()
        async with aclosing(
            self.explainer.explain(subject, self.reader, self.services, cancel or CancelToken())
        ) as events:
            return [event async for event in events]


async def test_it_is_written_in_the_background_and_there_at_the_next_hover() -> None:
    editor = Editor("on")
    editor.chat.enqueue(Script(("It opens ", "the till.")))
    assert await editor.shown() == ""
    assert editor.chat.history == []  # a hover has been answered, and no model was asked yet
    await editor.explainer.settle()
    assert await editor.shown() == "It opens the till."
    assert len(editor.chat.history) == 1


async def test_on_request_a_hover_asks_no_model_and_shows_what_was_asked_for() -> None:
    editor = Editor("request")
    assert await editor.shown() == ""
    assert editor.hub.intents == []
    editor.chat.enqueue(Script(("It opens the till.",)))
    await editor.explain()
    assert await editor.shown() == "It opens the till."


async def test_off_nothing_is_written_or_shown() -> None:
    editor = Editor("off")
    editor.kept.keep(editor.subject().key, MADE)
    assert await editor.shown() == ""
    assert (editor.hub.intents, editor.chat.history) == ([], [])


async def test_a_hover_over_something_else_ends_what_is_written() -> None:
    editor = Editor("on")
    editor.chat.enqueue(Script(("It",), hangs=True), Script(("It shuts.",)))
    await editor.hover("open_till")
    await until(lambda: editor.chat.history)
    await editor.hover("open_till")  # the cursor rests where it was: nothing begins anew
    await editor.hover("shut_till")
    await editor.explainer.settle()
    assert (len(editor.chat.history), editor.chat.closed_streams) == (2, 2)
    assert (await editor.shown("shut_till"), await editor.shown("open_till")) == ("It shuts.", "")
    await editor.explainer.close()


async def test_who_passes_over_names_asks_nobody() -> None:
    editor = Editor("on", pause=60.0)
    for name in ("open_till", "shut_till", "open_till"):
        await editor.hover(name)
    await editor.explainer.close()
    assert editor.chat.history == []


async def test_who_waits_for_a_model_has_it_alone() -> None:
    editor = Editor("on")
    together = editor.services
    together.folding.stops_too(editor.explainer.stop)
    editor.chat.enqueue(Script(("It",), hangs=True))
    reader = editor.reader
    await editor.hovering.at(together, lambda: reader, "shop.py", "open_till", 1, 1)
    await until(lambda: editor.chat.history)
    with together.folding.question():
        await editor.explainer.settle()
        assert editor.chat.closed_streams == 1
        await editor.hovering.at(together, lambda: reader, "shop.py", "open_till", 1, 1)
        await editor.explainer.settle()
    assert len(editor.chat.history) == 1  # none began while somebody waited
    editor.chat.enqueue(Script(("It opens.",)))
    await editor.hovering.at(together, lambda: reader, "shop.py", "open_till", 1, 1)
    await editor.explainer.settle()
    assert await editor.shown() == "It opens."


async def test_a_constant_is_not_worth_a_model_in_the_background() -> None:
    editor = Editor("on")
    assert await editor.hover("LIMIT") is not None
    await editor.explainer.settle()
    assert editor.chat.history == []


async def test_another_text_another_model_or_none_shows_no_old_explanation() -> None:
    editor = Editor("request")
    editor.kept.keep(editor.subject().key, MADE)
    assert await editor.shown() == MADE.text
    editor.hub.choice = Choice(editor.chat, "fake-2", 16_384)
    assert await editor.shown() == ""
    editor.hub.choice = Choice(None, "", 16_384, "Nobody.")
    assert await editor.shown() == ""
    editor.hub.choice = Choice(editor.chat, "fake-1", 16_384)
    editor.reader.files_by_path["till.py"] = FILES["till.py"].replace("== 1", "== 2")
    assert await editor.shown() == ""


async def test_a_model_that_failed_is_not_asked_again_at_once() -> None:
    editor = Editor("on")
    editor.chat.enqueue(Script((), error=BackendUnavailable("It is away.", "Start it.")))
    for _ in range(3):
        assert await editor.shown() == ""
        await editor.explainer.settle()
    assert len(editor.chat.history) == 1


async def test_the_model_gets_the_definition_and_what_it_says_is_harmless() -> None:
    editor = Editor()
    text = "Opens ![x](https://evil.example/x.png) <b>it</b>, see `till.py:1-4` and `other.py:9-12`."
    editor.chat.enqueue(Script((text,), usage=Usage(9, 3)))
    last = (await editor.explain())[-1]
    assert isinstance(last, Explained)
    assert "evil" not in last.explanation.text
    assert "<b>" not in last.explanation.text
    assert "other.py" not in last.explanation.text
    assert (last.citations, last.usage, last.cached) == ((Citation("till.py", 1, 4),), Usage(9, 3), False)
    prompt = editor.chat.history[0].messages[-1].content
    assert f'<excerpt source="till.py:1-4" note="{ABOUT}">\n@cached\ndef open_till(code):' in prompt
    assert prompt.endswith("Task: Explain the function `open_till`.")


async def test_asked_again_it_is_there_without_a_model() -> None:
    editor = Editor()
    editor.chat.enqueue(Script(("It opens.",)))
    first, second = await editor.explain(), await editor.explain()
    assert [type(event) for event in first][-2:] == [Token, Explained]
    assert [event.cached for event in second if isinstance(event, Explained)] == [True]
    assert len(second) == len(editor.chat.history) == 1


@pytest.mark.parametrize(
    "script", [Script(("Half",), error=StreamCut("It broke off.", "Ask again.")), Script(("  ",)), Script(())]
)
async def test_half_an_explanation_or_none_is_not_kept(script: Script) -> None:
    editor = Editor("request")
    editor.chat.enqueue(script)
    with pytest.raises(ModelError):
        await editor.explain()
    assert editor.kept.find(editor.subject().key) == ()


async def test_cancelling_closes_the_stream() -> None:
    editor, cancel = Editor(), CancelToken()
    editor.chat.enqueue(Script(("It",), hangs=True))
    asked = asyncio.ensure_future(editor.explain(cancel))
    await until(lambda: editor.chat.history)
    cancel.cancel()
    with pytest.raises(Cancelled):
        await asked
    assert editor.chat.closed_streams == 1


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path, (TABLES,))
    yield records
    records.close()


def anew(records: Records, bound: Bound | None = None, *, keeping: bool = True, now: float = 0.0) -> Explanations:
    """As after a restart."""
    return Explanations(records, bound or Bound(10, 10_000, 100.0), keeping=keeping, clock=lambda: now)


def test_they_outlast_a_restart_until_they_are_old(records: Records) -> None:
    anew(records).keep(KEY, MADE)
    other = replace(MADE, model="fake-2", text="Opens.")
    anew(records, now=1.0).keep(KEY, other)
    assert set(anew(records, now=2.0).find(KEY)) == {MADE, other}
    assert anew(records, now=101.5).find(KEY) == ()


def test_they_die_with_the_text(records: Records) -> None:
    kept = anew(records)
    kept.keep(KEY, MADE)
    changed = replace(KEY, text="def")
    kept.keep(changed, replace(MADE, model="fake-2"))
    for each in (kept, anew(records)):
        assert each.find(KEY) == ()
        assert [found.model for found in each.find(changed)] == ["fake-2"]


def test_the_oldest_go(records: Records) -> None:
    for number in range(5):
        anew(records, Bound(3, 10_000, 100.0), now=float(number)).keep(Key(f"p{number}", "t"), MADE)
    assert [bool(anew(records).find(Key(f"p{number}", "t"))) for number in range(5)] == [False, False, True, True, True]
    anew(records, Bound(3, 150, 100.0), now=9.0).keep(KEY, MADE)
    assert anew(records).find(Key("p3", "t")) == ()
    assert anew(records).clear().entries <= 2


def test_what_is_not_to_be_kept_is_in_memory_only(records: Records) -> None:
    kept = anew(records, keeping=False)
    kept.keep(KEY, MADE)
    secret = Key("secret.py\0x", "t")
    kept_too = anew(records)
    kept_too.keep(secret, replace(MADE, text="The key is AKIAIOSFODNN7EXAMPLE, and ghp_" + "a1B2" * 9 + "."))
    assert kept.find(KEY) == (MADE,)
    assert len(kept_too.find(secret)) == 1
    assert anew(records).find(KEY) == anew(records).find(secret) == ()


def test_forgetting_forgets_all_of_it(records: Records) -> None:
    kept = anew(records)
    kept.keep(KEY, MADE)
    assert kept.clear().entries == 1
    assert kept.find(KEY) == anew(records).find(KEY) == ()


def test_memory_is_bounded() -> None:
    kept = Explanations()
    for number in range(200):
        kept.keep(Key(f"p{number}", "t"), MADE)
    found = [number for number in range(200) if kept.find(Key(f"p{number}", "t"))]
    assert found == list(range(150, 200))
