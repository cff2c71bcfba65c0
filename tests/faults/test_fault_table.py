"""Whatever a model server does wrong: one answer, one clear line, nothing left open, and never a hang."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.engine import Done, Retrieved, Routed, Token
from tests.fault_table import ANSWER, BACKENDS, FAULTS, QUESTION, Backend, Fault, engine_of, line_of, settings_for
from tests.servers.model_server import ModelServer, Reply, Stall
from tests.soak import KEPT_FILES, KEPT_SOCKETS, REACHED, soak
from tests.unit.assistant_fixtures import done

if TYPE_CHECKING:
    from dt6_lsp.engine import Engine, Event

PATIENCE = 20.0
PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"  # `python -m tests.benchmarks.faults --write` it
both = pytest.mark.parametrize("backend", BACKENDS)


async def asked(engine: Engine) -> Done:
    async with asyncio.timeout(PATIENCE):
        return done([event async for event in engine.ask(QUESTION)])


@both
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_one_answer_and_one_line_that_says_what_happened(fault: Fault, backend: Backend) -> None:
    with ModelServer(answer=lambda _: ANSWER) as server:
        server.enqueue(*fault.script)
        async with engine_of(settings_for(server, backend, fault)) as engine:
            end = await asked(engine)
        for chat in server.chats:
            assert await asyncio.to_thread(chat.wait_ended), "no stream is left open"
    assert fault.says in end.notice
    assert f"| {fault.name} | {backend} | {line_of(end.notice) or '(nothing)'} |" in PAGE.read_text(encoding="utf-8")
    assert bool(end.notice) == (fault.outcome != "answer")
    assert "\n" not in end.notice
    assert "Traceback" not in end.notice
    if fault.outcome == "digest":
        assert (end.backend, end.broken) == ("none", False)
        assert "Reads a file whole." in end.answer
    elif fault.outcome == "broken":
        assert (end.backend, end.broken) == (backend, True)
        assert end.answer
    else:
        assert (end.backend, end.broken, end.answer) == (backend, False, ANSWER)


@both
async def test_a_hundred_questions_at_once_are_each_answered(backend: Backend) -> None:
    """Different ones: the same would be asked once for all."""
    with ModelServer(answer=lambda _: ANSWER) as server:
        async with engine_of(settings_for(server, backend)) as engine, asyncio.timeout(60):
            questions = [f"How does read_all read file {number}?" for number in range(100)]
            ends = await asyncio.gather(*(_last(engine, question) for question in questions))
        assert len(server.chats) == 100
    assert {(end.backend, end.answer, end.broken) for end in ends} == {(backend, ANSWER, False)}


async def _last(engine: Engine, question: str) -> Done:
    return done([event async for event in engine.ask(question)])


@both
@pytest.mark.parametrize("stage", [None, Routed, Retrieved, Token], ids=["at once", "routed", "retrieved", "writing"])
async def test_stopping_at_any_stage_ends_it_and_leaves_nothing_open(
    backend: Backend, stage: type[Event] | None
) -> None:
    with ModelServer() as server:
        server.enqueue(Stall(3 if stage is Token else 0))
        async with engine_of(settings_for(server, backend)) as engine, asyncio.timeout(PATIENCE):
            tasks, cancel = asyncio.all_tasks(), CancelToken()
            if stage is None:
                cancel.cancel()
            with pytest.raises(Cancelled):
                await _stopped_at(stage, engine, cancel)
            for chat in server.chats:
                assert await asyncio.to_thread(chat.wait_ended)
            left = asyncio.all_tasks() - tasks
            if left:
                await asyncio.wait(left)
    assert all(chat.closed_early for chat in server.chats)


async def _stopped_at(stage: type[Event] | None, engine: Engine, cancel: CancelToken) -> None:
    async for event in engine.ask(QUESTION, cancel=cancel):
        if stage is not None and isinstance(event, stage):
            asyncio.get_running_loop().call_later(0.02, cancel.cancel)


@both
async def test_stopping_while_the_server_does_not_say_what_it_has(backend: Backend) -> None:
    listing = "/api/show" if backend == "ollama" else "/v1/models"
    with ModelServer() as server:
        server.enqueue(Stall(), path=listing)
        async with engine_of(settings_for(server, backend)) as engine, asyncio.timeout(PATIENCE):
            cancel = CancelToken()
            waiting = asyncio.ensure_future(_last_of(engine, cancel))
            await asyncio.to_thread(_until, lambda: bool(server.requests(listing)))
            cancel.cancel()
            with pytest.raises(Cancelled):
                await waiting
        assert server.chats == []


async def _last_of(engine: Engine, cancel: CancelToken) -> Done:
    return done([event async for event in engine.ask(QUESTION, cancel=cancel)])


def _until(true: object) -> None:
    """Looks again and again, for as long as a test may take."""
    assert callable(true)
    look = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if true():
            return
        look.wait(0.01)
    raise TimeoutError


async def test_answers_are_whole_again_after_any_fault() -> None:
    with ModelServer(answer=lambda _: ANSWER) as server:
        for fault in FAULTS:
            if fault.where:
                continue
            server.enqueue(*fault.script[:1])
            async with engine_of(settings_for(server, "ollama", fault)) as engine:
                await asked(engine)
                server.enqueue(Reply(ANSWER))
                assert (await asked(engine)).answer == ANSWER, fault.name


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process holds")
async def test_questions_that_went_wrong_leave_no_task_and_no_connection(tmp_path: Path) -> None:
    before, after, ends = await soak(tmp_path, 60, 40, random.Random(1), "ollama")
    assert ends.pop(REACHED) >= 60
    assert ends.total() == 60
    assert len(ends) > 2, "some went wrong"
    assert after.tasks <= before.tasks
    assert after.sockets <= before.sockets + KEPT_SOCKETS
    assert after.files <= before.files + KEPT_FILES
