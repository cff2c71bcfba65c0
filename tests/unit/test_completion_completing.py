"""When a model is asked to complete code, and when not: the newest request counts, and nothing is asked twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import BackendUnavailable, ModelError, ModelMissing
from dt6_lsp.features.completion.completing import Completing, CompletionWish
from dt6_lsp.features.completion.filling import Filling
from dt6_lsp.features.completion.gap import Gap
from dt6_lsp.features.completion.kept import MOST, Kept, Suggestion
from dt6_lsp.metrics import Metrics
from dt6_lsp.models.base import COMPLETION, Usage
from dt6_lsp.models.failures import CantFill, ServerFault
from dt6_lsp.models.orchestrator import Choice
from dt6_lsp.models.targets import Target, targets
from dt6_lsp.settings import ChatSettings, CompletionSettings, Settings, WorkspaceSettings, restricted
from tests.unit.assistant_fixtures import FakeChat, FakeHub, FakeReader, Script, at_once, services, somebody, until

if TYPE_CHECKING:
    from dt6_lsp.assistant.services import Services

ON = Settings(completion=CompletionSettings(model="coder", delay_ms=150))
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
TEXT = "def add(a, b):\n    return $0\n"


def gap_in(text: str = TEXT, path: str = "a.py") -> Gap:
    return Gap.at(path, text.replace("$0", ""), text.index("$0"))


@dataclass
class Typist:
    """Asks as an editor does. `pauses` are those that the wait for typing to rest took; they end when told to."""

    chat: FakeChat = field(default_factory=FakeChat)
    settings: Settings = ON
    hub: FakeHub | None = None
    reader: FakeReader = field(default_factory=FakeReader)
    ignored: frozenset[str] = frozenset()
    pauses: list[float] = field(default_factory=list)
    rested: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.services: Services = services(
            self.hub or somebody(self.chat), settings=self.settings, metrics=self.metrics
        )
        filling = Filling(at_once, lambda path: path not in self.ignored, search_seconds=10)
        self.completing = Completing(filling, self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.rested.wait()

    async def wish(
        self,
        text: str = TEXT,
        *,
        typing: bool = False,
        known: bool = False,
        path: str = "a.py",
        cancel: CancelToken | None = None,
    ) -> str | None:
        found = await self.completing.at(
            CompletionWish(gap_in(text, path), typing, known),
            lambda: self.reader,
            self.services,
            cancel or CancelToken(),
        )
        return None if found is None else found.text

    def asks(
        self, text: str = TEXT, *, typing: bool = False, cancel: CancelToken | None = None
    ) -> asyncio.Task[str | None]:
        return asyncio.ensure_future(self.wish(text, typing=typing, cancel=cancel))


@pytest.fixture(name="typist")
async def _typist() -> Typist:
    return Typist()


async def test_what_a_model_writes_is_suggested(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a ", "+ b", "\n\n\n"), usage=Usage(40, 4)))
    assert await typist.wish() == "a + b"
    [request] = typist.chat.fills
    assert (request.model, request.prefix, request.suffix) == ("fake-1", "def add(a, b):\n    return ", "\n")
    assert (request.max_tokens, request.temperature) == (128, 0)
    assert typist.hub is None
    counted = typist.metrics.snapshot()
    assert counted["complete.prompt_tokens"].total == 40


async def test_without_a_model_of_its_own_nobody_is_asked() -> None:
    typist = Typist(settings=Settings())
    assert await typist.wish() is None
    assert typist.chat.fills == []


async def test_a_line_is_read_to_its_end_and_no_further(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a", ", b", "\n", "more"), hangs=True))
    assert await typist.wish("add($0)\n") == "a, b"
    assert typist.chat.closed_streams == 1
    assert typist.chat.fills[0].stop == ("\n",)


async def test_a_filling_that_used_all_its_tokens_ends_with_a_whole_line() -> None:
    few = replace(ON, completion=replace(ON.completion, max_tokens=8))
    typist = Typist(settings=few)
    typist.chat.enqueue(Script(("a = 1\n    b = 2\n    c =",), usage=Usage(40, 8)))
    assert await typist.wish("def go():\n    $0\n") == "a = 1\n    b = 2"


async def test_typing_has_to_rest_before_a_model_is_asked(typist: Typist) -> None:
    asked = typist.asks(typing=True)
    await until(lambda: typist.pauses)
    assert (typist.pauses, typist.chat.fills) == ([0.15], [])
    typist.chat.enqueue(Script(("a + b",)))
    typist.rested.set()
    assert await asked == "a + b"


async def test_who_asks_by_hand_does_not_wait(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a + b",)))
    assert await typist.wish() == "a + b"
    assert typist.pauses == []


async def test_of_a_burst_only_the_last_is_asked(typist: Typist) -> None:
    burst = [typist.asks(f"x = {'a' * size}$0\n", typing=True) for size in range(1, 20)]
    await until(lambda: len(typist.pauses) == 19)
    typist.chat.enqueue(Script(("b",)))
    typist.rested.set()
    assert await asyncio.gather(*burst) == [None] * 18 + ["b"]
    assert len(typist.chat.fills) == 1


async def test_a_newer_request_closes_the_stream_before_its_own_begins(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a",), hangs=True), Script(("b",)))
    first = typist.asks("x = $0\n")
    await until(lambda: typist.chat.fills)
    second = typist.asks("xy = $0\n")
    assert (await first, await second) == (None, "b")
    assert typist.chat.closed_streams == 2


async def test_cancelling_ends_it_wherever_it_is(typist: Typist) -> None:
    resting, reading = CancelToken(), CancelToken()
    waits = typist.asks(typing=True, cancel=resting)
    await until(lambda: typist.pauses)
    resting.cancel()
    with pytest.raises(Cancelled):
        await waits
    typist.chat.enqueue(Script(("a",), hangs=True))
    reads = typist.asks(cancel=reading)
    await until(lambda: typist.chat.fills)
    reading.cancel()
    with pytest.raises(Cancelled):
        await reads
    assert typist.chat.closed_streams == 1


async def test_only_what_is_known_is_given_without_waiting(typist: Typist) -> None:
    assert await typist.wish(known=True) is None
    typist.chat.enqueue(Script(("a + b",)))
    await typist.wish()
    assert await typist.wish(known=True) == "a + b"
    assert len(typist.chat.fills) == 1


async def test_typing_along_a_suggestion_asks_nobody(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a + b",)))
    await typist.wish()
    for typed in ("a", "a ", "a +", "a + "):
        text = TEXT.replace("$0", typed + "$0")
        assert await typist.wish(text, typing=True) == "a + b"[len(typed) :]
    assert len(typist.chat.fills) == 1
    assert typist.pauses == []


async def test_that_there_is_nothing_to_suggest_is_known_too(typist: Typist) -> None:
    typist.chat.enqueue(Script(("\n\n",)))
    assert [await typist.wish(), await typist.wish()] == [None, None]
    assert len(typist.chat.fills) == 1


async def test_other_settings_forget_what_was_suggested(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a + b",)), Script(("b + a",)))
    await typist.wish()
    typist.completing.reset()
    assert await typist.wish() == "b + a"


async def test_other_settings_end_what_is_under_way(typist: Typist) -> None:
    typist.chat.enqueue(Script(("a",), hangs=True))
    asked = typist.asks()
    await until(lambda: typist.chat.fills)
    typist.completing.reset()
    assert await asked is None
    assert typist.chat.closed_streams == 1


async def test_suggestions_while_typing_can_be_off() -> None:
    typist = Typist(settings=replace(ON, completion=replace(ON.completion, while_typing=False)))
    assert await typist.wish(typing=True) is None
    typist.chat.enqueue(Script(("a",)))
    assert await typist.wish() == "a"


async def test_a_model_that_takes_too_long_is_left() -> None:
    typist = Typist(settings=replace(ON, completion=replace(ON.completion, seconds=0.05)))
    typist.chat.enqueue(Script(("a",), hangs=True), Script(("b",)))
    assert await typist.wish() is None
    assert typist.chat.closed_streams == 1
    assert await typist.wish() == "b"


@pytest.mark.parametrize("path", [".env", "deploy/id_rsa", "ignored.py"])
async def test_no_text_of_a_file_that_is_secret_or_left_out_is_shown(path: str) -> None:
    typist = Typist(ignored=frozenset({"ignored.py"}))
    assert await typist.wish(path=path) is None
    assert typist.chat.fills == []


async def test_search_whose_server_may_be_elsewhere_gets_no_text_that_a_model_may_not_see() -> None:
    typist = Typist(ignored=frozenset({"ignored.py"}))
    assert await typist.wish("import vault\n$0\n", path="ignored.py") is None
    assert typist.reader.queries == []
    typist.chat.enqueue(Script(("a",)))
    await typist.wish(f"vault = open()\ntoken = '{SECRET}'\nx = $0\n")
    [query] = typist.reader.queries
    assert "vault" in query
    assert SECRET not in query + typist.chat.fills[0].prefix


async def test_nobody_is_asked_to_fill_an_empty_text(typist: Typist) -> None:
    assert await typist.wish("$0\n") is None
    assert typist.chat.fills == []


async def test_a_prompt_keeps_to_its_tokens() -> None:
    small = replace(ON, completion=replace(ON.completion, context_tokens=256))
    typist = Typist(settings=small)
    typist.chat.enqueue(Script(("a",)))
    await typist.wish("x = 1\n" * 5_000 + "y = $0\n" + "z = 1\n" * 5_000)
    [request] = typist.chat.fills
    count = typist.services.counter.count
    assert count(request.prefix) + count(request.suffix) <= 256
    assert request.context_tokens == 256 + 128


async def test_nothing_is_suggested_by_itself_while_somebody_waits_for_an_answer(typist: Typist) -> None:
    typist.rested.set()
    with typist.services.folding.question():
        assert await typist.wish(typing=True) is None
        assert typist.chat.fills == []
        typist.chat.enqueue(Script(("a + b",)))
        assert await typist.wish() == "a + b", "it was asked for"


async def test_what_a_model_does_while_nobody_waits_ends_for_a_suggestion(typist: Typist) -> None:
    stopped: list[str] = []
    typist.services.folding.stops_too(lambda: stopped.append("explaining"))
    typist.chat.enqueue(Script(("a + b",)))
    assert await typist.wish() == "a + b"
    assert stopped == ["explaining"]
    assert not typist.services.folding.waited_for


# What goes wrong is told once


async def test_a_model_that_can_not_fill_gaps_is_told_once_and_not_asked_again(typist: Typist) -> None:
    typist.chat.enqueue(Script(error=CantFill("It can't.", "Take another.")))
    with pytest.raises(CantFill):
        await typist.wish()
    assert [await typist.wish(), await typist.wish("x = $0\n")] == [None, None]
    assert len(typist.chat.fills) == 1
    typist.completing.reset()
    typist.chat.enqueue(Script(("a + b",)))
    assert await typist.wish() == "a + b"


async def test_a_missing_model_is_told_once_and_asked_for_again(typist: Typist) -> None:
    missing = Script(error=ModelMissing("No such model.", "Get it."))
    typist.chat.enqueue(missing, missing, Script(("a + b",)))
    with pytest.raises(ModelMissing):
        await typist.wish()
    assert [await typist.wish(), await typist.wish()] == [None, "a + b"]


@pytest.mark.parametrize("fault", [ServerFault("It broke.", "Look."), BackendUnavailable("It hung.", "Wait.")])
async def test_a_server_that_fails_is_logged_once(
    typist: Typist, caplog: pytest.LogCaptureFixture, fault: ModelError
) -> None:
    typist.chat.enqueue(*[Script(error=fault)] * 3)
    assert [await typist.wish() for _ in range(3)] == [None] * 3
    assert [record.message for record in caplog.records if fault.cause in record.message] == [
        f"No code was suggested: {fault}"
    ]


async def test_that_nobody_is_there_is_told_in_the_words_of_who_looked() -> None:
    typist = Typist(hub=FakeHub(Choice(None, "", 16_384, "Ollama can't be reached. Start it.")))
    with pytest.raises(ModelError, match=r"Ollama can't be reached\. Start it\."):
        await typist.wish()
    assert await typist.wish() is None


# Who is asked


def test_the_model_that_the_settings_name_for_it_and_no_other() -> None:
    chat = ChatSettings(backend="openai", model="big", fallback=("small@ollama",))
    settings = replace(ON, chat=chat)
    assert targets(settings, COMPLETION) == [Target("openai", "coder")]
    assert targets(settings, COMPLETION, Target("ollama", "switched")) == [Target("openai", "coder")]
    assert targets(replace(settings, completion=CompletionSettings(model="tiny@ollama")), COMPLETION) == [
        Target("ollama", "tiny")
    ]
    assert targets(replace(settings, completion=CompletionSettings()), COMPLETION) == []


def test_it_is_asked_although_nobody_answers_questions() -> None:
    assert targets(replace(ON, chat=ChatSettings(backend="none")), COMPLETION) == [Target("ollama", "coder")]


def test_nobody_for_a_workspace_that_is_not_trusted() -> None:
    untrusted = replace(ON, workspace=WorkspaceSettings(trusted=False))
    assert targets(untrusted, COMPLETION) == []
    assert restricted(untrusted).completion.model == ""


# What is kept


def test_a_suggestion_is_kept_for_its_place_only() -> None:
    kept = Kept()
    kept.keep(gap_in("a\nx = $0\nb"), Suggestion("12", "m"))
    assert kept.find(gap_in("a\nx = 1$0\nb")) == Suggestion("2", "m")
    elsewhere = ["a\nx = 12$0\nb", "a\nx = 3$0\nb", "c\nx = $0\nb", "a\nx = $0\nc", "a\nx =$0\nb", "x = $0\nb"]
    assert [kept.find(gap_in(text)) for text in elsewhere] == [None] * 6
    assert kept.find(gap_in("a\nx = $0\nb", "other.py")) is None


def test_few_are_kept_and_the_newest_counts() -> None:
    kept = Kept()
    kept.keep(gap_in("first $0"), Suggestion("old", "m"))
    kept.keep(gap_in(), Suggestion("a", "m"))
    kept.keep(gap_in(), Suggestion("b", "m"))
    assert kept.find(gap_in()) == Suggestion("b", "m")
    for number in range(MOST):
        kept.keep(gap_in(f"{number}$0"), Suggestion("x", "m"))
    assert kept.find(gap_in("first $0")) is None
