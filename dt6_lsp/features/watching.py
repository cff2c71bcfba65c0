"""What changes on disk, over all roots, as one stream of batches.

Each root is watched on a thread of its own, which ends when nobody follows any more. Batches that come while the
follower is busy become one. Not here: what an event means (`dt6_lsp.workspace.watcher`), and indexing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from dt6_lsp.features.roots import Roots
    from dt6_lsp.features.runs import RootIndex

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 2.0


class Watching:
    def __init__(self, indexes: Sequence[RootIndex], roots: Roots) -> None:
        self._indexes, self._roots = tuple(indexes), roots
        self._following: list[_Gathered] = []  # also who has gone, while a thread still ends

    async def follow(self, cancel: CancelToken) -> AsyncGenerator[frozenset[str], None]:
        """Until cancelled. The first batch comes when every root is watched."""
        gathered = _Gathered(self._indexes, self._roots)
        forget = cancel.on_cancel(gathered.token.cancel)
        self._following = [*(one for one in self._following if one.alive), gathered]
        try:
            while batch := await gathered.take():
                yield batch
        finally:
            forget()
            gathered.token.cancel()

    def stop(self) -> None:
        """End all watching, and wait for its threads. Blocking."""
        for gathered in self._following:
            gathered.stop()


class _Gathered:
    """What the threads of one follower have found. They start with it, and end with its token."""

    def __init__(self, indexes: Sequence[RootIndex], roots: Roots) -> None:
        self.token = CancelToken()
        self._roots = roots
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._awaited = set(range(len(indexes)))  # roots that have not told anything yet
        self._threads = [
            threading.Thread(target=self._pump, args=(number, index), name="dt6-watch", daemon=True)
            for number, index in enumerate(indexes)
        ]
        self._running = len(self._threads)
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    async def take(self) -> frozenset[str]:
        """All that has come since; empty when nothing more will."""
        while not self.token.cancelled:
            with self._lock:
                if not (self._awaited and self._running):
                    paths, self._paths = frozenset(self._paths), set()
                    if paths or not self._running:
                        return paths
            await self._come.wait()
            self._come.clear()
        return frozenset()

    def stop(self) -> None:
        self.token.cancel()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _pump(self, number: int, index: RootIndex) -> None:
        try:
            for batch in index.changes(self.token):
                with self._lock:
                    self._paths.update(self._roots.named(index.root, path) for path in batch)
                    self._awaited.discard(number)
                self._wake()
        except Exception:  # whatever ends the watching of one root, the others go on
            logger.exception("Changes in %s can't be followed any more.", index.root)
            with self._lock:
                self._paths.add(self._roots.named(index.root, ""))
        finally:
            with self._lock:
                self._awaited.discard(number)
                self._running -= 1
            self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended; nobody listens any more
            self._loop.call_soon_threadsafe(self._come.set)
