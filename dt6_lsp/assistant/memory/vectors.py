"""The vectors of remembered turns, in memory: exact cosine over all of them is quick enough for what is kept.

They are read from the file once, then only what was added, by whatever process; all anew when turns were removed.
Not here: what is embedded (`memory`), and which embedding.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.assistant.memory import rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

FORM = "question and half a gist"  # goes into the fingerprint: vectors of another form are other vectors
_GIST_WEIGHT = 0.5
_FIRST_ROOM = 64


def of_turn(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the vector of a question and that of its answer's gist. Added with a weight, not embedded as one text: the
    words of an answer are many more, and a question in other words would not be near it any more."""
    question, answer = vectors
    mixed: NDArray[np.float32] = question + _GIST_WEIGHT * answer
    return mixed


def packed(vector: NDArray[np.float32]) -> bytes:
    """As the file has it: a byte for each dimension, which changes a cosine by less than a hundredth, and of which
    thousands are read in a moment. Length does not matter."""
    largest = float(np.max(np.abs(vector), initial=0.0)) or 1.0
    levels: NDArray[np.int8] = np.rint(vector * (127 / largest)).astype(np.int8)
    return levels.tobytes()


class TurnVectors:
    """Thread-safe. Of one fingerprint; vectors of others stay in the file and are never compared with these."""

    def __init__(self, fingerprint: str, dimension: int) -> None:
        self.fingerprint = fingerprint
        self._dimension = dimension
        self._lock = threading.Lock()
        self._epoch = b""
        self._count = 0
        self._numbers = np.empty(_FIRST_ROOM, dtype=np.int64)
        self._rows = np.empty((_FIRST_ROOM, dimension), dtype=np.float32)

    def refresh(self, connection: sqlite3.Connection) -> int:
        """Take in what the file has; how many there are."""
        with self._lock:
            epoch = rows.epoch(connection)
            if epoch != self._epoch:
                self._epoch, self._count = epoch, 0
            last = int(self._numbers[self._count - 1]) if self._count else 0
            if fresh := rows.vectors(connection, self.fingerprint, last, self._dimension):
                numbers, vectors = zip(*fresh, strict=True)
                self._append(numbers, b"".join(vectors))
            return self._count

    def nearest(
        self, vector: NDArray[np.float32], most: int, least: float, without: Collection[int] = ()
    ) -> list[tuple[int, float]]:
        """Numbers of turns with their cosines, the nearest first; none below `least`."""
        with self._lock:
            # Not `@`: that wakes threads of BLAS; on a busy machine waiting for them takes 50 times as long as this.
            cosines = np.einsum("td,d->t", self._rows[: self._count], vector)
            numbers = self._numbers[: self._count]
            near = np.flatnonzero(cosines >= least)
            near = near[np.argsort(-cosines[near], kind="stable")]
            found = ((int(numbers[place]), float(cosines[place])) for place in near)
            return [pair for pair in found if pair[0] not in without][:most]

    def _append(self, numbers: Sequence[int], vectors: bytes) -> None:
        """Room doubles when it is used up: adding one does not copy all."""
        count = self._count + len(numbers)
        if count > len(self._numbers):
            room = max(count, 2 * len(self._numbers))
            self._numbers = np.resize(self._numbers, room)
            grown = np.empty((room, self._dimension), dtype=np.float32)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._numbers[self._count : count] = numbers
        fresh = self._rows[self._count : count]
        fresh[:] = np.frombuffer(vectors, np.int8).reshape(fresh.shape)
        lengths = np.sqrt(np.einsum("td,td->t", fresh, fresh))[:, None]
        np.divide(fresh, lengths, out=fresh, where=lengths > 0)
        self._count = count
