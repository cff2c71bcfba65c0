"""A long conversation is folded into a summary after an answer: never while a question waits, and never against a
person's will to forget."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import pytest

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.memory import rows
from dt6_lsp.assistant.memory.folding import Folding, Summariser, fold
from dt6_lsp.assistant.memory.followups import Meant
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import StreamCut
from dt6_lsp.index.records import Records
from tests.unit.assistant_fixtures import FakeChat, FakeReader, Script, at_once, services, somebody, until
from tests.unit.test_assistant_memory import FILES, answered, keep, remembering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dt6_lsp.assistant.memory.memory import Memory

T = TypeVar("T")

WHY = Meant("why", "why")


@pytest.fixture(name="memory")
def _memory(tmp_path: Path) -> Iterator[Memory]:
    with closing(Records(tmp_path, (rows.TABLES,))) as records:
        yield remembering(records)


@pytest.fixture(name="reader")
def _reader() -> FakeReader:
    return FakeReader(dict(FILES))


@pytest.fixture(name="chat")
def _chat() -> FakeChat:
    return FakeChat()


def talk(memory: Memory, turns: int, words: int = 40) -> None:
    for number in range(turns):
        keep(memory, f"question {number}", answered(f"answer {number} (app/io.py:1-3) " + "word " * words))


def by(chat: FakeChat, room: int = 300, window: int = 4_096) -> Summariser:
    return Summariser(chat, "fake-1", window, room, lambda text: len(text.split()))


async def folded(memory: Memory, chat: FakeChat, reader: FakeReader, room: int = 300) -> None:
    await fold(memory, "one", by(chat, room), reader, at_once, CancelToken())


async def test_what_has_no_room_goes_into_the_summary_and_the_rest_stays(
    memory: Memory, chat: FakeChat, reader: FakeReader
) -> None:
    talk(memory, 10)
    chat.enqueue(Script(("They spoke of read_all ", "(app/io.py:1-3).")))
    await folded(memory, chat, reader)
    history = memory.history("one", WHY, reader)
    assert history.summary == "They spoke of read_all (app/io.py:1-3)."
    asked = [turn.question for turn in history.turns]
    assert asked[-1] == "question 9"
    assert 0 < len(asked) < 10
    told = chat.history[0].messages[1].content
    assert "question 0" in told
    assert asked[0] not in told


async def test_a_conversation_with_room_is_left_as_it_is(memory: Memory, chat: FakeChat, reader: FakeReader) -> None:
    talk(memory, 3)
    await folded(memory, chat, reader, room=3_000)
    assert chat.history == []


async def test_the_next_summary_is_made_from_the_one_before(memory: Memory, chat: FakeChat, reader: FakeReader) -> None:
    chat.enqueue(Script(("The first summary.",)), Script(("The second summary.",)))
    for _ in range(2):
        talk(memory, 10)
        await folded(memory, chat, reader)
    assert "The first summary." in chat.history[1].messages[1].content
    assert memory.history("one", WHY, reader).summary == "The second summary."


async def test_a_summary_no_longer_cites_lines_that_have_changed(
    memory: Memory, chat: FakeChat, reader: FakeReader
) -> None:
    talk(memory, 10)
    chat.enqueue(Script(("It opens it (app/io.py:1-3), see app/gone.py:1-2.",)))
    await folded(memory, chat, reader)
    assert memory.history("one", WHY, reader).summary == "It opens it (app/io.py:1-3), see."
    changed = FakeReader({**FILES, "app/io.py": "def other():\n    pass\n\n\n"})
    assert memory.history("one", WHY, changed).summary == "It opens it, see."


@pytest.mark.parametrize("script", [Script(error=StreamCut("The connection ended.")), Script(("",))])
async def test_without_a_summary_the_turns_stay(
    script: Script, memory: Memory, chat: FakeChat, reader: FakeReader
) -> None:
    talk(memory, 10)
    chat.enqueue(script)
    await folded(memory, chat, reader)
    history = memory.history("one", WHY, reader)
    assert (history.summary, len(history.turns)) == ("", 10)


async def test_what_is_forgotten_does_not_come_back_in_a_summary(
    memory: Memory, chat: FakeChat, reader: FakeReader
) -> None:
    talk(memory, 10)
    chat.enqueue(Script(("They spoke of a thing.",)))

    async def forgetting(call: Callable[[], T]) -> T:
        if chat.history:
            memory.forget("one")
        return call()

    await fold(memory, "one", by(chat), reader, forgetting, CancelToken())
    assert chat.history
    keep(memory, "another question")
    assert memory.history("one", WHY, reader).summary == ""


# --- when it happens --------------------------------------------------------------------------------------------------


async def test_it_waits_for_the_last_question_and_stops_for_the_next() -> None:
    folding, log = Folding(), []

    async def work(cancel: CancelToken) -> None:
        log.append("begun")
        ended = asyncio.Event()
        cancel.on_cancel(ended.set)
        await ended.wait()
        log.append("stopped")
        raise Cancelled

    with folding.question():
        with folding.question():
            folding.after_this(work)
        await asyncio.sleep(0)
        assert log == []
    await asyncio.sleep(0)
    assert log == ["begun"]
    with folding.question():
        await asyncio.sleep(0)
        assert log == ["begun", "stopped"]
    await folding.close()


async def test_the_end_of_the_engine_stops_it(memory: Memory, chat: FakeChat, reader: FakeReader) -> None:
    talk(memory, 10)
    chat.enqueue(Script(("A beg",), hangs=True))
    folding = Folding()
    with folding.question():
        folding.after_this(lambda cancel: fold(memory, "one", by(chat), reader, at_once, cancel))
    await until(lambda: chat.history)
    await folding.close()
    assert chat.closed_streams == 1
    assert memory.history("one", WHY, reader).summary == ""
    with folding.question():
        folding.after_this(lambda cancel: fold(memory, "one", by(chat), reader, at_once, cancel))
    assert len(chat.history) == 1


async def test_an_answer_of_a_model_wishes_for_it_and_the_next_prompt_has_the_summary(
    memory: Memory, chat: FakeChat, reader: FakeReader
) -> None:
    talk(memory, 10, words=400)
    together = services(somebody(chat, 4_096), memory=memory)
    context = AskContext(conversation="one")
    chat.enqueue(Script(("Ok (app/io.py:1-3).",)), Script(("They spoke of read_all.",)), Script(("Fine.",)))
    for _ in range(2):
        with together.folding.question():
            events = answer("How does read_all work?", reader, together, CancelToken(), context, run=at_once)
            async for _ in events:
                pass
        while len(chat.history) == 1 or not memory.history("one", WHY, reader).summary:
            await asyncio.sleep(0)
    await together.folding.close()
    prompts = [request.messages[1].content for request in chat.history]
    assert "question 9" in prompts[0]
    assert "Write the summary." in prompts[1]
    assert "They spoke of read_all." in prompts[2]
