"""Background work of the server ends with it, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

from dt6_lsp.server.tasks import Tasks

if TYPE_CHECKING:
    import pytest


async def test_work_that_is_ended_before_it_has_begun_leaves_no_warning() -> None:
    """A warning is an error here."""
    tasks = Tasks()
    begun: list[bool] = []

    async def work() -> None:
        begun.append(True)

    tasks.start(work(), "Working")
    await tasks.close()
    gc.collect()
    assert begun == []


async def test_what_fails_is_logged_and_ends_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    async def failing() -> None:
        raise ZeroDivisionError("by zero")

    async def going_on() -> None:
        await asyncio.sleep(0)

    await asyncio.gather(tasks.start(failing(), "Failing"), tasks.start(going_on(), "Going on"))
    assert [record.getMessage() for record in caplog.records] == ["Failing failed."]
