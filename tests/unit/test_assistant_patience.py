"""Blocking work that may hang is waited for only so long, and takes one thread at most."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.blocking import Patience, on_threads
from dt6_lsp.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.assistant.blocking import Blocking


@pytest.fixture(name="run")
def _run() -> Iterator[Blocking]:
    with ThreadPoolExecutor(4) as threads:
        yield on_threads(threads)


async def test_what_is_there_in_time_is_given(run: Blocking) -> None:
    patience = Patience(run, 20.0)
    assert await patience.wait_for(lambda: "one", "late") == "one"
    assert await patience.wait_for(lambda: "two", "late") == "two"


async def test_what_hangs_holds_up_the_next_and_no_second_thread(run: Blocking) -> None:
    may, begun = threading.Event(), []

    def hang() -> str:
        begun.append(1)
        assert may.wait(20)
        return "done"

    patience = Patience(run, 0.02)
    try:
        for _ in range(3):
            assert await patience.wait_for(hang, "late") == "late"
        assert len(begun) <= 1
    finally:
        may.set()
    async with asyncio.timeout(20):
        while await patience.wait_for(lambda: "next", "late") != "next":
            await asyncio.sleep(0)


async def test_what_fails_in_time_fails(run: Blocking) -> None:
    def fail() -> str:
        raise StoreError("It is gone.", "Look for it.")

    with pytest.raises(StoreError):
        await Patience(run, 20.0).wait_for(fail, "late")


async def test_who_stops_waiting_stops_nobody_else(run: Blocking) -> None:
    may = threading.Event()
    patience = Patience(run, 20.0)
    first = asyncio.ensure_future(patience.wait_for(lambda: may.wait(20), False))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(patience.wait_for(lambda: True, False))
    await asyncio.sleep(0)
    first.cancel()
    may.set()
    assert await second is True
