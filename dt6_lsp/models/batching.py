"""The queue between callers that want vectors and the one thread that makes them.

A caller's texts are cut into runs of at most one batch; runs of several callers share a batch. The queue holds a
bounded number of texts: who brings more waits, so a fast reader of files can't fill the memory.
Not here: the thread, and what happens when a batch fails (`embedder`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken

BATCHES_HELD = 16


class Call:
    """One caller's texts and the vectors that have come in for them. The first outcome stands."""

    def __init__(self, texts: Sequence[str], cancel: CancelToken | None) -> None:
        self.texts = texts
        self.cancel = cancel
        self._left = len(texts)
        self._rows: NDArray[np.float32] | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def deliver(self, start: int, rows: NDArray[np.float32]) -> None:
        """`rows` belong to the texts from `start`. Called by the worker only."""
        if self._rows is None:
            self._rows = np.empty((len(self.texts), rows.shape[1]), dtype=np.float32)
        self._rows[start : start + len(rows)] = rows
        self._left -= len(rows)
        if not self._left:
            self._done.set()

    def fail(self, error: BaseException) -> None:
        if not self.done:
            self._error = error
            self._done.set()

    def result(self) -> NDArray[np.float32]:
        """Waits; raises what the call failed with."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        assert self._rows is not None, "a call without an error has its rows"
        return self._rows


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A piece of a call that goes into one batch."""

    call: Call
    start: int
    texts: Sequence[str]
    arrived: float


class RunQueue:
    """First in, first out. `wait` is how many seconds the first run of a batch waits for company."""

    def __init__(self, batch_size: int, wait: float) -> None:
        self._size = batch_size
        self._wait = wait
        self._capacity = batch_size * BATCHES_HELD
        self._runs: deque[Run] = deque()
        self._texts = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, call: Call) -> None:
        """Queue all of a call, waiting for room; stops early when the call is done or the queue closed."""
        for start in range(0, len(call.texts), self._size):
            texts = call.texts[start : start + self._size]
            with self._changed:
                self._changed.wait_for(lambda: self._closed or call.done or self._texts < self._capacity)
                if self._closed or call.done:
                    return
                self._runs.append(Run(call, start, texts, time.monotonic()))
                self._texts += len(texts)
                self._changed.notify_all()

    def take(self) -> list[Run]:
        """The next batch, as soon as it is full or its first run has waited long enough; [] once closed."""
        with self._changed:
            while not self._closed:
                self._drop_done()
                pause = self._pause()
                if pause is not None and pause <= 0:
                    return self._pop()
                self._changed.wait(pause)
            return []

    def wake(self) -> None:
        """Look again: a call in here may be done."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> list[Call]:
        """No more in or out; returns the calls that were waiting."""
        with self._changed:
            self._closed = True
            waiting = [run.call for run in self._runs]
            self._runs.clear()
            self._changed.notify_all()
            return waiting

    def _pause(self) -> float | None:
        if not self._runs:
            return None
        if self._texts >= self._size:
            return 0.0
        return self._runs[0].arrived + self._wait - time.monotonic()

    def _pop(self) -> list[Run]:
        batch: list[Run] = []
        room = self._size
        while self._runs and len(self._runs[0].texts) <= room:
            batch.append(self._runs.popleft())
            room -= len(batch[-1].texts)
        self._texts -= self._size - room
        self._changed.notify_all()
        return batch

    def _drop_done(self) -> None:
        if any(run.call.done for run in self._runs):
            self._runs = deque(run for run in self._runs if not run.call.done)
            self._texts = sum(len(run.texts) for run in self._runs)
            self._changed.notify_all()
