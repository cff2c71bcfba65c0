"""Many questions to servers that do wrong now and then, and what is left of them: tasks, open files, threads, memory.

Shared by a short test and `tests.benchmarks.soak_asks`. Linux only: elsewhere nothing tells what is open.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.app import build_engine
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.engine import Done, Token
from tests.fault_table import ANSWER, FAULTS, FILES, MODELS, Backend, settings_for
from tests.servers.model_server import ModelServer, Reply, Scripted, Stall

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from dt6_lsp.engine import Engine
    from dt6_lsp.settings import Settings

AT_ONCE = 8
KEPT_SOCKETS = 2 * AT_ONCE  # connections that the client keeps for the next question, with their other ends
KEPT_FILES = 12  # of SQLite, where a thread reads for the first time after the warm-up; not one for each question
_SETTLE_SECONDS = 5.0
_STOPPED = "stopped"
REACHED = "request that reached the server"
_SILENT = tuple(fault for fault in FAULTS if any(isinstance(each, Stall) for each in fault.script))
_LOUD = tuple(fault for fault in FAULTS if fault.script and fault not in _SILENT)


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds. `files` are open ones that are no sockets: SQLite has some for each thread that has read.
    `memory_kb` is its resident set after everything unreachable was collected."""

    tasks: int
    sockets: int
    files: int
    threads: int
    memory_kb: int


async def held() -> Held:
    """After what was stopped has had the time to end, also the generators of libraries that were left in the middle:
    collecting one makes a task that closes it."""
    gc.collect()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if others:
        await asyncio.wait(others, timeout=_SETTLE_SECONDS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    open_now = [_target(each) for each in os.listdir("/proc/self/fd")]
    sockets, page_kb = sum(each.startswith("socket:") for each in open_now), os.sysconf("SC_PAGESIZE") // 1024
    tasks, files = len(asyncio.all_tasks()), len(open_now) - sockets
    return Held(tasks, sockets, files, threading.active_count(), pages * page_kb)


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # that of listing them
        return ""


async def soak(
    folder: Path, asks: int, warm_up: int, chances: random.Random, backend: Backend
) -> tuple[Held, Held, Counter[str]]:
    """What was held after the warm-up and at the end, and how the questions ended. The engine is a whole one, over a
    real index in `folder`; each answer, fault or silence of its server is for whoever comes next."""
    ends: Counter[str] = Counter()
    with ModelServer(answer=lambda _: ANSWER) as server:
        async with _whole_engine(folder, settings_for(server, backend, _SILENT[0])) as engine:
            await _ask_all(engine, server, backend, warm_up, chances, Counter())
            before = await held()
            await _ask_all(engine, server, backend, asks, chances, ends)
            after = await held()
    return before, after, ends


@asynccontextmanager
async def _whole_engine(folder: Path, settings: Settings) -> AsyncIterator[Engine]:
    for path, text in FILES.items():
        (folder / "work" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "work" / path).write_text(text, encoding="utf-8")
    hasty = replace(settings, chat=replace(settings.chat, retry_wait_seconds=0.01))
    engine = await asyncio.to_thread(build_engine, hasty, [folder / "work"], folder / "data")
    try:
        async for _ in engine.index():
            pass
        yield engine
    finally:
        await engine.close()


async def _ask_all(
    engine: Engine, server: ModelServer, backend: Backend, asks: int, chances: random.Random, ends: Counter[str]
) -> None:
    """The server is named anew each time: one that failed so often would be left alone, and few questions reach it."""
    for start in range(0, asks, AT_ONCE):
        await engine.switch_model(backend, MODELS[backend])
        several = range(start, min(start + AT_ONCE, asks))
        server.enqueue(*(_something(chances) for _ in several))
        ended = await asyncio.gather(*(_ask(engine, chances, number) for number in several))
        ends.update(ended)
        ends[REACHED] += len(server.chats)
        server.history.clear()


def _something(chances: random.Random) -> Scripted:
    """Mostly an answer; seldom silence, which takes its time."""
    luck = chances.random()
    if luck < 0.6:
        return Reply(ANSWER)
    return chances.choice(_LOUD if luck < 0.97 else _SILENT).script[0]


async def _ask(engine: Engine, chances: random.Random, number: int) -> str:
    """One in ten is stopped at its first token; no two are the same question."""
    cancel, stops, last = CancelToken(), chances.random() < 0.1, ""
    question = f"How does read_all read file {number} of {chances.randrange(10**9)}?"
    with suppress(Cancelled):
        async for event in engine.ask(question, cancel=cancel):
            if isinstance(event, Token) and stops:
                cancel.cancel()
            if isinstance(event, Done):
                last = "broken" if event.broken else event.backend
    return last or _STOPPED
