"""The background thread that copies vectors from the ledger to ChromaDB, and remembers in the ledger how far it is.

A fresh collection is first filled, in the order of chunk ids; then it follows the log. Each batch goes to ChromaDB
first and is recorded after, so that dying in between repeats a batch, which is harmless. Before a collection is
searched it is verified. One that fails is thrown away and filled again, from the ledger: nothing is embedded again.
Not here: making vectors (`embedding`), searching them (`vectors`), ChromaDB's ways (`chroma`).
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import Dt6Error
from dt6_lsp.index.chroma import ChromaFailed, ServerAway
from dt6_lsp.index.model import IndexProgress
from dt6_lsp.index.shelving import Shelving

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.index.single_flight import ProgressCallback
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vectors import DenseIndex
    from dt6_lsp.settings import Settings

logger = logging.getLogger(__name__)

QUIET_SECONDS = 2.0  # commands that end sooner never pay for importing chromadb
_LATER_SECONDS = 60.0  # for opening ChromaDB again, which takes two seconds of CPU: nobody waits for its copy
_IDLE_SECONDS = 10.0  # ChromaDB is closed then, and its memory free
_AGAIN_SECONDS = 30.0  # until what failed is tried again; twice as long each time
_MOST_AGAIN_SECONDS = 1_800.0


class Syncer:
    """Started by the first `nudge`; only ever nudged by the process that writes the store."""

    def __init__(self, root: Path, store: Store, dense: DenseIndex, settings: Settings) -> None:
        self._store, self._dense = store, dense
        self._shelving = Shelving(root, store, dense, settings)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due: float | None = None
        self._asked = 0  # counts nudges; `_answered` says up to which of them work has been done
        self._answered = 0
        self._stop = CancelToken()
        self._pause = _AGAIN_SECONDS
        self._progress = (0, 0)

    def nudge(self) -> None:
        """There may be something to copy; begins when nobody has nudged for a moment, or, where ChromaDB has had a copy
        and is closed, after a while."""
        with self._changed:
            now = time.monotonic()
            if self._answered == 0 or self._shelving.open:
                self._ask(now + QUIET_SECONDS)
            else:
                self._ask(min(self._due or math.inf, now + _LATER_SECONDS))

    def _ask(self, due: float) -> int:
        with self._changed:
            self._asked += 1
            self._due = due
            if self._thread is None and not self._stop.cancelled:
                self._thread = threading.Thread(target=self._work, name="dt6-chroma", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return self._asked

    def wait(self, cancel: CancelToken, listener: ProgressCallback) -> None:
        """Copies now, and returns when all that the ledger has at this moment is copied, or could not be."""
        mine = self._ask(time.monotonic())
        forget = cancel.on_cancel(self._wake)
        try:
            while True:
                with self._changed:
                    if self._answered >= mine or self._stop.cancelled:
                        return
                    before = self._progress
                    self._changed.wait()
                    progress = self._progress
                cancel.raise_if_cancelled()
                if progress != before and progress[1]:
                    listener(IndexProgress("syncing", *progress))
        finally:
            forget()

    def close(self) -> None:
        """Stops between two batches and closes ChromaDB."""
        self._stop.cancel()
        self._wake()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            while not self._stop.cancelled:
                if (asked := self._next()) is None:
                    self._shelving.close()
                    continue
                self._sync()
                with self._changed:
                    self._answered = asked
                    self._changed.notify_all()
        except Cancelled:
            pass
        finally:
            self._shelving.close()
            self._wake()

    def _next(self) -> int | None:
        """Waits until something is due: the number of the last nudge. None at the end, and when ChromaDB has been open
        for long with nothing to do."""
        with self._changed:
            while not self._stop.cancelled:
                idle = self._shelving.idle
                left = None if self._due is None else self._due - time.monotonic()
                if left is not None and left <= 0:
                    self._due = None
                    return self._asked
                if not self._changed.wait(_IDLE_SECONDS if idle and left is None else left) and idle and left is None:
                    return None
        return None

    def _sync(self) -> None:
        """Whatever goes wrong ends this round and not the thread, whose waiters would wait for ever."""
        try:
            self._catch_up()
            self._pause = _AGAIN_SECONDS
        except Cancelled:
            raise
        except Exception as error:
            if self._stop.cancelled:  # nothing is broken: a process that is ended can't answer
                raise Cancelled from error
            self._serve_from_memory(error)

    def _catch_up(self) -> None:
        """Starts over twice: a server that is back may have other things to say than it had before it went."""
        for _ in range(2):
            try:
                return self._shelving.catch_up(self._stop, self._tell)
            except ServerAway:
                raise
            except ChromaFailed as error:
                self._stop.raise_if_cancelled()
                if sentence := self._shelving.give_up(error):
                    self._store.notice(sentence)
        return self._shelving.catch_up(self._stop, self._tell)

    def _serve_from_memory(self, error: Exception) -> None:
        """Until the next nudge, or a while. What was not foreseen goes to the log, with where it came from."""
        self._shelving.close()
        if not isinstance(error, (ChromaFailed, Dt6Error)):
            logger.exception("Copying vectors to ChromaDB failed.", exc_info=error)
        self._store.notice(f"Vectors are searched in memory for now, without {self._shelving.name}: {error}")
        with self._changed:
            if self._due is None:
                self._due = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _MOST_AGAIN_SECONDS)

    def _tell(self, done: int, total: int) -> None:
        with self._changed:
            self._progress = (done, total)
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
