"""How coroutines call what blocks: on threads of the engine's own, and leaving at once when the user stops.

Not here: the event loop's default executor, which also reads the editor's input and must never be filled.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

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


class Patience:
    """For blocking work that may take long, as a server has a part in it: one piece at a time, so that pieces that hang
    can't take all threads, and each is waited for only so long. Belongs to one event loop."""

    def __init__(self, run: Blocking, seconds: float) -> None:
        self._run, self._seconds = run, seconds
        self._under_way: asyncio.Future[Any] | None = None

    async def wait_for(self, call: Callable[[], T], otherwise: T, *, since: float | None = None) -> T:
        """What `call` gives; `otherwise` where it is not there in time. It goes on then, and holds up the next. The
        time runs from now, or from `since` of the loop's clock."""
        until = self._seconds + (asyncio.get_running_loop().time() if since is None else since)
        while self._under_way is not None and not self._under_way.done():
            if not await _done_by(self._under_way, until):
                return otherwise
        task = asyncio.ensure_future(self._run(call))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, also when nobody waits
        self._under_way = task
        return task.result() if await _done_by(task, until) else otherwise


class OneAtATime:
    """For blocking work that many may ask for at once, and that is soon done where another has just done it: one thread
    does it, and who waits for a turn holds none. Work that its caller has left keeps its turn until it ends, so that
    those who come after don't wait for it on threads. Belongs to one event loop."""

    def __init__(self) -> None:
        self._under_way: asyncio.Future[Any] | None = None

    async def call(self, call: Callable[[], T], cancel: CancelToken, run: Blocking) -> T:
        while self._under_way is not None and not self._under_way.done():
            await until_cancelled(asyncio.wait((self._under_way,)), cancel)
        task = asyncio.ensure_future(run(call))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, also when nobody waits
        self._under_way = task
        return await until_cancelled(asyncio.shield(task), cancel)


async def _done_by(task: asyncio.Future[Any], until: float) -> bool:
    left = max(0.0, until - asyncio.get_running_loop().time())
    return bool((await asyncio.wait((task,), timeout=left))[0])
