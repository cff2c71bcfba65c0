"""How coroutines call what blocks: on threads of the engine's own, and leaving at once when the user stops.

Not here: the event loop's default executor, which also reads the editor's input and must never be filled.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from dt6_lsp.cancel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from dt6_lsp.cancel import CancelToken

T = TypeVar("T")


class Blocking(Protocol):
    """`await run(call)` is `call()` without holding up the loop."""

    async def __call__(self, call: Callable[[], T]) -> T: ...


def on_threads(executor: Executor) -> Blocking:
    async def run(call: Callable[[], T]) -> T:
        try:
            future = executor.submit(call)
        except RuntimeError:  # the engine was closed meanwhile
            raise Cancelled from None
        return await asyncio.wrap_future(future)

    return run


async def until_cancelled(work: Awaitable[T], cancel: CancelToken) -> T:
    """The result of `work`, or `Cancelled` as soon as `cancel` says so; what still runs is told and not waited for."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, also when nobody waits
    forget = cancel.on_cancel(lambda: _stop(loop, stopped))
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            raise Cancelled
        return task.result()
    finally:
        forget()
        stopped.cancel()
        task.cancel()


def _stop(loop: asyncio.AbstractEventLoop, stopped: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # the loop has ended; nobody waits any more
        loop.call_soon_threadsafe(lambda: None if stopped.done() else stopped.set_result(None))
