"""The engine behind an editor is replaced without cutting what it is answering, and not for ever."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.server import engines as module
from dt6_lsp.server.engines import Engines
from dt6_lsp.settings import Settings, WorkspaceSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TRUSTED, UNTRUSTED = Settings(), Settings(workspace=WorkspaceSettings(trusted=False))


class FakeEngine:
    def __init__(self, history: list[str], number: int) -> None:
        self._history, self.number = history, number

    async def close(self) -> None:
        self._history.append(f"closed {self.number}")


@asynccontextmanager
async def opened(root: Path) -> AsyncIterator[tuple[Engines, list[str]]]:
    history: list[str] = []

    def build(*_: Any) -> Any:
        number = sum(each.startswith("built") for each in history) + 1
        history.append(f"built {number}")
        return FakeEngine(history, number)

    with ThreadPoolExecutor(1) as threads:
        engines = Engines(build, threads)
        await engines.replace(TRUSTED, [root])
        yield engines, history
        await engines.close()


async def working(engines: Engines, history: list[str], token: CancelToken, until: asyncio.Event) -> bool:
    """A request; whether it was cut."""
    with engines.in_use(token) as use:
        await engines.get()
        token.on_cancel(until.set)
        history.append("working")
        await until.wait()
        history.append("ended")
        return use.cut


async def test_a_request_ends_before_its_engine_does_and_others_wait_for_the_next(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engines, history):
        done = asyncio.Event()
        request = asyncio.create_task(working(engines, history, CancelToken(), done))
        await asyncio.sleep(0)
        replacing = asyncio.create_task(engines.replace(TRUSTED, [tmp_path]))
        await asyncio.sleep(0)
        later = asyncio.create_task(engines.get())
        await asyncio.sleep(0)
        assert not later.done()
        done.set()
        assert not await request
        await replacing
        assert (await later).number == 2  # type: ignore[attr-defined]
        assert history == ["built 1", "working", "ended", "closed 1", "built 2"]


async def test_a_request_that_needs_too_long_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINISH_SECONDS", 0.05)
    async with opened(tmp_path) as (engines, history):
        token = CancelToken()
        request = asyncio.create_task(working(engines, history, token, asyncio.Event()))
        await asyncio.sleep(0)
        await engines.replace(TRUSTED, [tmp_path])
        assert await request
        assert token.cancelled
        assert history == ["built 1", "working", "ended", "closed 1", "built 2"]


async def test_without_trust_nothing_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINISH_SECONDS", 3600.0)
    async with opened(tmp_path) as (engines, history):
        request = asyncio.create_task(working(engines, history, CancelToken(), asyncio.Event()))
        await asyncio.sleep(0)
        await engines.replace(UNTRUSTED, [tmp_path])
        assert await request


async def test_having_no_folder_any_more_is_told_to_those_that_come(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engines, history):
        await engines.do_without(WorkspaceError("No folder is open."))
        with pytest.raises(WorkspaceError, match="No folder"):
            await engines.get()
        assert history == ["built 1", "closed 1"]


async def test_a_request_has_one_engine_to_its_end_and_waits_for_no_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engines, history):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def asking_twice() -> list[Any]:
            with engines.in_use(CancelToken()) as use:
                first = await engines.get()
                begun.set()
                await go_on.wait()
                found = [first, await engines.get(), await engines.get_within(0)]
                assert not use.cut
                return found

        request = asyncio.create_task(asking_twice())
        await begun.wait()
        replacing = asyncio.create_task(engines.replace(TRUSTED, [tmp_path]))
        await asyncio.sleep(0)
        go_on.set()
        assert [engine.number for engine in await request] == [1, 1, 1]
        await replacing
        assert history == ["built 1", "closed 1", "built 2"]


async def test_a_request_that_has_no_engine_yet_holds_up_nothing_and_gets_the_next(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engines, history):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def asking_late() -> Any:
            with engines.in_use(CancelToken()) as use:
                begun.set()
                await go_on.wait()
                engine = await engines.get()
                assert not use.cut
                return engine

        request = asyncio.create_task(asking_late())
        await begun.wait()
        await engines.replace(TRUSTED, [tmp_path])
        go_on.set()
        assert (await request).number == 2
        assert history == ["built 1", "closed 1", "built 2"]
