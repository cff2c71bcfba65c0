"""Answers from servers that really speak the protocols: that answer, refuse, stall, break off, or are not there."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

import pytest

from dt6_lsp.assistant.services import Services
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.engine import Engine, Token
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import ChatSettings, OllamaSettings, OpenAISettings, Settings
from tests.servers.model_server import Cut, ModelServer, Refusal, Reply, Scripted, Stall
from tests.unit.assistant_fixtures import FakeReader, done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Backend = Literal["ollama", "openai"]

FILES = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'}
QUESTION = "How does read_all read a file?"
ANSWER = "It opens the path (app/io.py:1-3) and not app/gone.py:4-5."


def settings(server: ModelServer, backend: Backend, first: float = 5.0) -> Settings:
    return Settings(
        chat=ChatSettings(backend=backend, first_token_seconds=first, next_token_seconds=first),
        ollama=OllamaSettings(url=server.url),
        openai=OpenAISettings(url=server.openai_url),
    )


@asynccontextmanager
async def engine(chosen: Settings) -> AsyncIterator[Engine]:
    made = Engine(Services(chosen, ModelHub(chosen), TokenCounter()), [], FakeReader(dict(FILES)))
    try:
        yield made
    finally:
        await made.close()


both = pytest.mark.parametrize("backend", ["ollama", "openai"])


@both
async def test_an_answer_comes_with_checked_citations_and_counted_tokens(backend: Backend) -> None:
    with ModelServer() as server:
        server.enqueue(Reply(ANSWER))
        async with engine(settings(server, backend)) as made:
            end = done([event async for event in made.ask(QUESTION)])
    assert end.answer == "It opens the path (app/io.py:1-3) and not."
    assert (end.backend, end.removed_citations, end.notice) == (backend, 1, "")
    assert end.usage.prompt_tokens > 100
    assert "def read_all(path):" in server.chats[-1].prompt


@both
@pytest.mark.parametrize(
    "fault", [Refusal(429), Refusal(500), Refusal(404), Cut(-1)], ids=["busy", "error", "missing", "hangup"]
)
async def test_a_server_that_fails_before_a_word_is_replaced_by_the_digest(backend: Backend, fault: Scripted) -> None:
    with ModelServer() as server:
        server.enqueue(*[fault] * 4)
        async with engine(settings(server, backend)) as made:
            end = done([event async for event in made.ask(QUESTION)])
    assert end.backend == "none"
    assert "Reads a file whole." in end.answer
    assert end.notice
    assert "\n" not in end.notice


@both
async def test_a_server_that_never_begins_is_given_up(backend: Backend) -> None:
    with ModelServer() as server:
        server.enqueue(*[Stall()] * 4)
        async with engine(settings(server, backend, first=0.2)) as made:
            end = done([event async for event in made.ask(QUESTION)])
    assert (end.backend, "Reads a file whole." in end.answer) == ("none", True)
    assert end.notice


@both
@pytest.mark.parametrize("fault", [Cut(6), Stall(6)], ids=["cut", "stall"])
async def test_what_was_written_before_it_broke_off_is_kept(backend: Backend, fault: Scripted) -> None:
    with ModelServer(answer=lambda _: ANSWER) as server:
        server.enqueue(fault)
        async with engine(settings(server, backend, first=0.5)) as made:
            end = done([event async for event in made.ask(QUESTION)])
    assert end.backend == backend
    assert end.answer
    assert ANSWER.startswith(end.answer)
    assert end.notice.startswith("The answer broke off: ")


async def test_a_server_that_is_not_there_costs_no_answer() -> None:
    with ModelServer() as server:
        gone = settings(server, "ollama")
    async with engine(gone) as made:
        end = done([event async for event in made.ask(QUESTION)])
        assert (await made.stats()).chat.why in end.notice
    assert end.backend == "none"


class Stopper:
    """Cancels when the first token has come, and notes when that was."""

    def __init__(self) -> None:
        self.cancel = CancelToken()
        self.at = 0.0

    async def follow(self, made: Engine) -> None:
        async for event in made.ask(QUESTION, cancel=self.cancel):
            if isinstance(event, Token) and not self.at:
                self.at = time.perf_counter()
                asyncio.get_running_loop().call_soon(self.cancel.cancel)


@both
async def test_stopping_is_prompt_and_closes_the_stream(backend: Backend) -> None:
    stopper = Stopper()
    with ModelServer(answer=lambda _: ANSWER) as server:
        server.enqueue(Stall(3))
        async with engine(settings(server, backend)) as made:
            with pytest.raises(Cancelled):
                await stopper.follow(made)
            assert time.perf_counter() - stopper.at < 0.5
            assert await asyncio.to_thread(server.chats[-1].wait_ended)
        assert server.chats[-1].closed_early
