"""The cache on a question's way: a second asking costs no model, many at once cost one, and nobody is misled."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.cache import rows
from dt6_lsp.assistant.cache.answers import Answers
from dt6_lsp.assistant.events import Event, Retrieved, Routed, Token
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.assistant.services import Services
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import StreamCut
from dt6_lsp.index.records import Records
from dt6_lsp.models.base import Usage
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import Settings
from tests.unit.assistant_fixtures import FakeChat, FakeReader, Script, at_once, done, nobody, somebody, until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

FILES = {
    "app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n',
    "app/net.py": 'def fetch(url):\n    """Gets a page."""\n    return url\n',
}
QUESTION, PARAPHRASE, OTHER = "What does read_all return?", "what is returned by read_all", "What does fetch return?"
ANSWER = Script(("It returns ", "the text (`app/io.py:1-3`).\n\n", "Yes."), usage=Usage(500, 20))


class Asker:
    """One process: its model, and its way to the kept answers."""

    def __init__(self, folder: Path) -> None:
        self.records = Records(folder, (rows.TABLES,))
        self.chat = FakeChat()
        self.reader = FakeReader(dict(FILES))
        self.services = Services(Settings(), somebody(self.chat), TokenCounter(), answers=Answers(self.records))

    def events(
        self, question: str, cancel: CancelToken | None = None, context: AskContext | None = None
    ) -> AsyncGenerator[Event, None]:
        token = cancel or CancelToken()
        return answer(question, self.reader, self.services, token, context or AskContext(), run=at_once)

    async def ask(
        self, question: str, cancel: CancelToken | None = None, context: AskContext | None = None
    ) -> list[Event]:
        return [event async for event in self.events(question, cancel, context)]

    async def cached(self, question: str, context: AskContext | None = None) -> bool:
        return done(await self.ask(question, context=context)).cached

    def close(self) -> None:
        self.records.close()


@pytest.fixture(name="asker")
def _asker(tmp_path: Path) -> Iterator[Asker]:
    with closing(Asker(tmp_path)) as asker:
        yield asker


async def test_the_same_question_in_other_words_costs_no_model(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER)
    first = done(await asker.ask(QUESTION))
    events = await asker.ask(PARAPHRASE)
    assert [type(event) for event in events[:3]] == [Routed, Retrieved, Token]
    second = done(events)
    assert (second.answer, second.citations, second.cached) == (first.answer, first.citations, True)
    assert (second.backend, second.model, second.usage) == ("fake", "fake-1", Usage(0, 0))
    assert "".join(event.text for event in events if isinstance(event, Token)) == second.answer
    assert sum(isinstance(event, Token) for event in events) > 3
    assert len(asker.chat.history) == 1


async def test_another_symbol_is_asked_anew(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER)
    await asker.ask(QUESTION)
    assert not await asker.cached(OTHER)


async def test_another_process_shares_the_answers(asker: Asker, tmp_path: Path) -> None:
    asker.chat.enqueue(ANSWER)
    await asker.ask(QUESTION)
    with closing(Asker(tmp_path)) as other:
        assert await other.cached(PARAPHRASE)


async def test_without_the_cache_it_is_written_anew_and_that_is_kept(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, Script(("Otherwise (`app/io.py:1-3`).",)))
    await asker.ask(QUESTION)
    assert not await asker.cached(QUESTION, AskContext(use_cache=False))
    assert done(await asker.ask(QUESTION)).answer == "Otherwise (`app/io.py:1-3`)."


@pytest.mark.parametrize(
    "script", [Script(("It re",), StreamCut("It ended.")), Script((" ",))], ids=["broken", "empty"]
)
async def test_what_broke_off_and_what_no_model_wrote_is_not_kept(asker: Asker, script: Script) -> None:
    asker.chat.enqueue(script, ANSWER)
    await asker.ask(QUESTION)
    assert not await asker.cached(QUESTION)


async def test_a_digest_is_not_kept(tmp_path: Path) -> None:
    with closing(Asker(tmp_path)) as asker:
        asker.services = Services(Settings(), nobody(), TokenCounter(), answers=asker.services.answers)
        assert done(await asker.ask(QUESTION)).backend == "none"
        assert asker.services.answers.entries() == []


async def test_over_text_that_is_not_saved_nothing_is_kept_or_served(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER, ANSWER)
    asker.reader.unsaved = True
    await asker.ask(QUESTION)
    asker.reader.unsaved = False
    assert not await asker.cached(QUESTION)
    asker.reader.unsaved = True
    assert not await asker.cached(QUESTION)


async def test_what_was_asked_with_an_image_is_neither_kept_nor_served(asker: Asker) -> None:
    seeing = AskContext(images=("data:image/png;base64,iVBORw0KGgo=",))
    asker.chat.enqueue(ANSWER, ANSWER, ANSWER)
    await asker.ask(QUESTION, context=seeing)
    assert asker.services.answers.entries() == []
    assert not await asker.cached(QUESTION)
    assert not await asker.cached(QUESTION, seeing)
    assert await asker.cached(QUESTION)


async def test_an_answer_that_saw_a_part_of_the_workspace_is_not_kept(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER)
    asker.reader.total = 10
    await asker.ask(QUESTION)
    asker.reader.total = None
    assert not await asker.cached(QUESTION)


async def test_what_changes_while_the_model_writes_is_not_kept(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER)
    async for event in asker.events(QUESTION):
        if isinstance(event, Token):
            asker.reader.files_by_path["app/io.py"] = FILES["app/io.py"].replace("whole", "in parts")
    assert not await asker.cached(QUESTION)


async def test_a_selection_is_a_part_of_the_question(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER)
    await asker.ask(QUESTION, context=AskContext("x = 1", "app/net.py", 1, 1))
    assert await asker.cached(PARAPHRASE, AskContext("x = 1", "app/net.py", 1, 1))
    assert not await asker.cached(PARAPHRASE, AskContext("x = 2", "app/net.py", 1, 1))


async def test_this_file_is_the_one_that_is_open(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER, ANSWER)
    await asker.ask("What does this file do?", context=AskContext(path="app/io.py"))
    assert await asker.cached("what does this file do", AskContext(path="app/io.py"))
    assert not await asker.cached("what does this file do", AskContext(path="app/net.py"))


async def test_an_answer_without_citations_rests_on_all_that_the_model_read(asker: Asker) -> None:
    asker.chat.enqueue(Script(("Text.",)), Script(("Text.",)))
    await asker.ask(QUESTION)
    assert await asker.cached(QUESTION)
    asker.reader.files_by_path["app/io.py"] += "\n\ndef more():\n    pass\n"
    asker.reader.files_by_path["app/io.py"] = asker.reader.files_by_path["app/io.py"].replace("whole", "in parts")
    assert not await asker.cached(QUESTION)


async def test_many_who_ask_at_once_cost_one_model_and_all_get_the_stream(asker: Asker) -> None:
    asker.chat.enqueue(ANSWER)
    asked = await asyncio.gather(*(asker.ask(question) for question in (QUESTION, PARAPHRASE, QUESTION)))
    assert len(asker.chat.history) == 1
    texts = {"".join(event.text for event in events if isinstance(event, Token)) for events in asked}
    assert texts == {"".join(ANSWER.pieces)}
    assert [done(events).cached for events in asked] == [False] * 3


async def test_one_who_leaves_does_not_stop_the_others_and_the_last_one_does(asker: Asker) -> None:
    asker.chat.enqueue(Script(("It op",), hangs=True))
    cancels = [CancelToken(), CancelToken()]
    asking = [asyncio.ensure_future(asker.ask(QUESTION, cancel)) for cancel in cancels]
    await until(lambda: asker.chat.history)
    cancels[0].cancel()
    with pytest.raises(Cancelled):
        await asking[0]
    assert (asker.chat.closed_streams, asking[1].done()) == (0, False)
    cancels[1].cancel()
    with pytest.raises(Cancelled):
        await asking[1]
    assert (asker.chat.closed_streams, len(asker.chat.history)) == (1, 1)


async def test_what_it_fails_with_all_are_told(asker: Asker) -> None:
    asker.chat.enqueue(Script(("It op",), StreamCut("It ended.")))
    ends = [done(events) for events in await asyncio.gather(*(asker.ask(QUESTION) for _ in range(3)))]
    assert {(end.broken, end.answer) for end in ends} == {(True, "It op")}


async def test_a_cache_that_can_not_be_read_or_written_costs_no_answer(asker: Asker) -> None:
    asker.records.close()
    asker.chat.enqueue(ANSWER, ANSWER)
    assert not await asker.cached(QUESTION)
    assert not await asker.cached(QUESTION)
