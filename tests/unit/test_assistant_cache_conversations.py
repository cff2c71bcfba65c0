"""Kept answers and conversations: what a model wrote after it was told what was said before is given to nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.cache import rows as cache_rows
from dt6_lsp.assistant.cache.answers import Answers
from dt6_lsp.assistant.memory import rows
from dt6_lsp.assistant.memory.memory import Memory
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.cancel import CancelToken
from dt6_lsp.index.records import Records
from tests.index_fixtures import FakeEmbedder
from tests.unit.assistant_fixtures import FakeChat, FakeReader, Script, at_once, done, services, somebody

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.assistant.events import Done

NET, IO, AGAIN = "Who calls fetch?", "What does read_all return?", "what is returned by read_all"
FILES = {
    "app/io.py": "def read_all(path):\n    return open(path).read()\n",
    "app/net.py": "def fetch(url):\n    return url\n",
}


class Asker:
    def __init__(self, folder: Path) -> None:
        self.records = Records(folder, (rows.TABLES, cache_rows.TABLES))
        self.chat = FakeChat()
        self.reader = FakeReader(dict(FILES))
        memory = Memory(self.records, FakeEmbedder)
        self.services = replace(services(somebody(self.chat), memory=memory), answers=Answers(self.records))

    async def ask(self, question: str, conversation: str = "") -> Done:
        self.chat.enqueue(Script(("The text (app/io.py:1-2).",)))
        context = AskContext(conversation=conversation)
        events = answer(question, self.reader, self.services, CancelToken(), context, run=at_once)
        return done([event async for event in events])

    def kept(self) -> list[str]:
        return [entry.question for entry in self.services.answers.entries()]


@pytest.fixture(name="asker")
def _asker(tmp_path: Path) -> Iterator[Asker]:
    made = Asker(tmp_path)
    yield made
    made.records.close()


async def test_an_answer_that_was_written_in_a_conversation_is_not_kept(asker: Asker) -> None:
    await asker.ask(NET, "one")
    told = await asker.ask(IO, "one")
    assert NET in asker.chat.history[1].messages[1].content
    assert (told.leans, asker.kept()) == (True, [NET])
    assert not (await asker.ask(IO, "two")).cached
    assert asker.kept() == [IO, NET]


async def test_a_kept_answer_is_given_in_a_conversation_to_a_question_that_stands_by_itself(asker: Asker) -> None:
    await asker.ask(IO)
    await asker.ask(NET, "one")
    assert (await asker.ask(AGAIN, "one")).cached


async def test_the_answer_to_a_follow_up_is_not_kept(asker: Asker) -> None:
    await asker.ask(IO, "one")
    assert (await asker.ask("and where is that called?", "one")).leans
    assert asker.kept() == [IO]


async def test_an_older_answer_to_the_same_question_is_not_told_again_when_it_stands_no_more(asker: Asker) -> None:
    await asker.ask(IO)
    asker.reader.files_by_path["app/io.py"] = "def read_all(path):\n    return path.read_bytes()\n"
    assert not (await asker.ask(AGAIN)).leans
    assert IO not in asker.chat.history[1].messages[1].content
    assert (await asker.ask(IO)).cached


async def test_the_same_question_at_once_in_two_conversations_is_asked_twice(asker: Asker) -> None:
    await asyncio.gather(*(asker.ask(IO, conversation) for conversation in ("one", "two", "one")))
    assert len(asker.chat.history) == 2
