"""Index runs as streams: one run at a time, followed by everybody who asked for it.

Who asks while a run is under way follows that run when it does all that was wanted; otherwise the wish joins the one
run that waits its turn, so that a burst of a hundred changes starts two runs at most. A run is cancelled when its last
follower has left. Progress crosses from the worker thread conflated: a slow follower sees the newest, never a backlog.
Not here: what a run does (`Work`, given by the engine), and any drawing of progress.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.index.model import IndexProgress

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Progress = Callable[[IndexProgress], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an index run is to do. `paths` None is the whole workspace."""

    rebuild: bool = False
    wait_sync: bool = False
    paths: frozenset[str] | None = None

    def covers(self, other: Wish) -> bool:
        """A run under way for this wish will have done the other's. Named files changed just now, maybe after the run
        had passed them, so they are never covered."""
        return self.paths is None is other.paths and self.rebuild >= other.rebuild and self.wait_sync >= other.wait_sync

    def merged(self, other: Wish) -> Wish:
        paths = None if self.paths is None or other.paths is None else self.paths | other.paths
        return Wish(self.rebuild or other.rebuild, self.wait_sync or other.wait_sync, paths)


Work = Callable[[Wish, CancelToken, Progress], None]


class _Run:
    """One run and its followers. `seats` belongs to the loop; `report` is called by the worker."""

    def __init__(self, wish: Wish, loop: asyncio.AbstractEventLoop) -> None:
        self.wish = wish
        self.token = CancelToken()
        self.latest: IndexProgress | None = None
        self.ended = False
        self.error: BaseException | None = None
        self.seats: set[asyncio.Event] = set()
        self._loop = loop
        self._lock = threading.Lock()
        self._woken = False

    def report(self, progress: IndexProgress) -> None:
        with self._lock:
            self.latest = progress
            woken, self._woken = self._woken, True
        if not woken:
            with suppress(RuntimeError):  # the loop has ended; nobody listens any more
                self._loop.call_soon_threadsafe(self.wake)

    def end(self, error: BaseException | None) -> None:
        self.error = error
        self.ended = True
        self.wake()

    def wake(self) -> None:
        with self._lock:
            self._woken = False
        for seat in self.seats:
            seat.set()


class IndexRuns:
    def __init__(self, work: Work, executor: Executor) -> None:
        self._work = work
        self._executor = executor
        self._running: _Run | None = None
        self._waiting: _Run | None = None

    async def follow(self, wish: Wish, cancel: CancelToken) -> AsyncGenerator[IndexProgress, None]:
        """The progress of a run that does what is wished. Raises what the run raised; `Cancelled` at once when `cancel`
        says so, even if the worker needs longer to notice."""
        cancel.raise_if_cancelled()
        loop = asyncio.get_running_loop()
        run = self._join(wish, loop)
        seat = asyncio.Event()
        run.seats.add(seat)
        if run.latest is not None:
            seat.set()
        forget = cancel.on_cancel(lambda: _call(loop, seat.set))
        try:
            async for progress in _progress(run, seat, cancel):
                yield progress
        finally:
            forget()
            self._leave(run, seat)

    def cancel(self) -> None:
        """End the run under way and the one that waits."""
        for run in (self._waiting, self._running):
            if run is not None:
                run.token.cancel()

    def _join(self, wish: Wish, loop: asyncio.AbstractEventLoop) -> _Run:
        running = self._running
        if running is None:
            return self._start(_Run(wish, loop))
        if running.wish.covers(wish) and not running.token.cancelled:
            return running
        if self._waiting is None:
            self._waiting = _Run(wish, loop)
        self._waiting.wish = self._waiting.wish.merged(wish)
        return self._waiting

    def _start(self, run: _Run) -> _Run:
        self._running = run
        loop = asyncio.get_running_loop()
        future = self._executor.submit(self._work, run.wish, run.token, run.report)
        future.add_done_callback(lambda done: _call(loop, lambda: self._ended(run, done)))
        return run

    def _ended(self, run: _Run, future: Future[None]) -> None:
        run.end(Cancelled() if future.cancelled() else future.exception())
        self._running = None
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.token.cancelled:
            waiting.end(Cancelled())
        elif waiting is not None:
            self._start(waiting)

    def _leave(self, run: _Run, seat: asyncio.Event) -> None:
        run.seats.discard(seat)
        if run.seats or run.ended:
            return
        run.token.cancel()
        if run is self._waiting:
            self._waiting = None


async def _progress(run: _Run, seat: asyncio.Event, cancel: CancelToken) -> AsyncGenerator[IndexProgress, None]:
    seen: IndexProgress | None = None
    while True:
        await seat.wait()
        seat.clear()
        cancel.raise_if_cancelled()
        ended = run.ended
        if run.latest is not None and run.latest is not seen:
            seen = run.latest
            yield seen
        if ended and run.error is not None:
            raise run.error
        if ended:
            return


def _call(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended; nobody waits any more
        loop.call_soon_threadsafe(callback)
