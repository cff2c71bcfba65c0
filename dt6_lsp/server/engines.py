"""The engine behind one editor: built off the event loop, awaited by requests, replaced when folders change.

Building imports everything heavy, so it starts only when `initialize` has been answered. There is never more than one
engine, because an engine holds the lock of its stores: the old one is closed before the next is built. Requests that it
is answering then have some seconds to end, while those that come wait for the next; longer ones are told to ask again.
Not here: what an engine is made of; `build` comes from the composition root.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dt6_lsp.cancel import Cancelled
from dt6_lsp.errors import Dt6Error, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.engine import Engine
    from dt6_lsp.settings import Settings

    Build = Callable[[Settings, Sequence[Path]], Engine]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0
FINISH_SECONDS = 10.0
_ANEW = "DT6 started anew meanwhile, because folders or settings were changed."
_CUT_SECONDS = 1.0


@dataclass
class Use:
    """A request, and the engine that it has. `cut` says that its token was cancelled because that one had to go."""

    cancel: CancelToken
    engine: Engine | None = None
    cut: bool = False


class Engines:
    def __init__(self, build: Build, executor: Executor) -> None:
        self._build = build
        self._executor = executor
        self._ready: asyncio.Future[Engine] = asyncio.get_running_loop().create_future()
        self._building: asyncio.Future[Engine] | None = None
        self._lock = asyncio.Lock()
        self._turn = 0
        self._uses: dict[asyncio.Task[Any], Use] = {}

    async def get(self) -> Engine:
        """Wait for the engine; the error of its building where that failed. A request has the same one to its end."""
        use = self._use()
        if use is not None and use.engine is not None:
            return use.engine
        while True:
            ready = self._ready
            engine = await asyncio.shield(ready)
            if ready is self._ready:  # or it has been replaced before this could go on
                break
        if use is not None:
            use.engine = engine
        return engine

    async def get_within(self, seconds: float) -> Engine | None:
        """The engine, or None when it needs longer or could not be built."""
        use = self._use()
        if use is None or use.engine is None:
            await asyncio.wait([self._ready], timeout=seconds)
            if not self._ready.done() or self._ready.exception() is not None:
                return None
        return await self.get()

    def _use(self) -> Use | None:
        task = asyncio.current_task()
        return self._uses.get(task) if task is not None else None

    async def settled(self) -> Engine | None:
        """The engine, waited for while it is built; None where there is none."""
        ready = self._ready
        await asyncio.wait([ready])
        return ready.result() if ready.exception() is None else None

    async def during(self, work: Awaitable[T], cancel: CancelToken) -> T:
        """`work` with one engine to its end. Who is cut is told that, and not that somebody cancelled."""
        with self.in_use(cancel) as use:
            try:
                return await work
            except Cancelled:
                if use.cut or not cancel.cancelled:
                    raise WorkspaceError(_ANEW, "Ask again.") from None
                raise

    @contextmanager
    def in_use(self, cancel: CancelToken) -> Iterator[Use]:
        """Around a request, which is given the time to end before the engine that it has is closed."""
        task = asyncio.current_task()
        assert task is not None
        use = self._uses[task] = Use(cancel)
        try:
            yield use
        finally:
            del self._uses[task]

    async def replace(self, settings: Settings, roots: Sequence[Path]) -> Engine | None:
        """Build an engine; None when a later call has taken over. Raises what requests will see, too: a `Dt6Error`.
        Requests that run are cut at once where trust was withdrawn."""
        self._turn += 1
        turn = self._turn
        async with self._lock:
            if turn != self._turn:
                return None
            await self._retire(FINISH_SECONDS if settings.workspace.trusted else 0)
            self._building = asyncio.get_running_loop().run_in_executor(self._executor, self._open, settings, roots)
            await asyncio.wait([self._building])
            return self._publish(self._building)

    async def do_without(self, why: Dt6Error) -> None:
        """Have no engine; requests get `why`."""
        self._turn += 1
        async with self._lock:
            await self._retire()
            self._ready.set_exception(why)

    def _open(self, settings: Settings, roots: Sequence[Path]) -> Engine:
        """On a worker thread. A folder that is gone does not take the others with it."""
        usable = [root for root in roots if root.is_dir()]
        for lost in set(roots) - set(usable) if usable else ():
            logger.warning("The folder %s does not exist any more; DT6 works without it.", lost)
        return self._build(settings, usable or roots)

    def _publish(self, built: asyncio.Future[Engine]) -> Engine:
        error = built.exception()
        if error is None:
            self._ready.set_result(built.result())
            return built.result()
        known = error if isinstance(error, Dt6Error) else _unexpected(error)
        self._ready.set_exception(known)
        raise known

    async def _retire(self, finish_seconds: float = FINISH_SECONDS) -> None:
        ready = self._ready
        if not ready.done():
            return
        self._ready = asyncio.get_running_loop().create_future()
        if ready.exception() is None:
            await self._let_finish(ready.result(), finish_seconds)
            await ready.result().close()

    async def _let_finish(self, engine: Engine, seconds: float) -> None:
        """Then cut those that need longer, and give them a moment to close what they hold."""
        running = {task: use for task, use in self._uses.items() if use.engine is engine}
        if running and seconds:
            await asyncio.wait(running, timeout=seconds)
        late = {task: use for task, use in running.items() if not task.done()}
        for use in late.values():
            use.cut = True
            use.cancel.cancel()
        if late:
            await asyncio.wait(late, timeout=_CUT_SECONDS)

    async def close(self) -> None:
        """Close the engine. One that is being built is waited for, for a while; see `stuck`."""
        self._turn += 1
        if self._building is not None and not self._building.done():
            await asyncio.wait([self._building], timeout=_CLOSE_SECONDS)
        if self._building is not None and self._building.done() and self._building.exception() is None:
            await self._building.result().close()
        if not self._ready.done():
            self._ready.set_exception(WorkspaceError("DT6 is shutting down."))
        self._ready.exception()  # looked at, so that asyncio does not complain about an error that nobody awaited

    @property
    def stuck(self) -> bool:
        """True when a thread still builds after `close`: the process can't end by itself."""
        return self._building is not None and not self._building.done()


def _unexpected(error: BaseException) -> Dt6Error:
    logger.error("The engine could not be built.", exc_info=error)
    return WorkspaceError(
        f"DT6 could not open this workspace ({type(error).__name__}: {error}).",
        "Run `dt6-lsp doctor` in its folder to see what is wrong.",
    )
