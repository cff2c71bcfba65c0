"""Vectors in memory, searched exactly: one growing matrix with tombstones.

Not here: where vectors come from and when they leave (`vectors`). Not thread-safe: its owner holds a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ROOM = 1024
Row = TypeVar("Row", bound=np.generic)


class Segment:
    """Unit vectors by chunk id, each with the place in the log that it came from."""

    def __init__(self, dimension: int) -> None:
        self._matrix = np.empty((0, dimension), np.float32)
        self._ids = np.empty(0, np.int64)
        self._seqs = np.empty(0, np.int64)
        self._alive = np.empty(0, np.bool_)
        self._rows: dict[int, int] = {}
        self._used = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, ids: Sequence[int], matrix: NDArray[np.float32], seq: int) -> None:
        """A row for each id; a known id gets the new vector."""
        self.remove(ids)
        self._make_room(len(ids))
        start, end = self._used, self._used + len(ids)
        self._matrix[start:end] = matrix
        self._ids[start:end] = ids
        self._seqs[start:end] = seq
        self._alive[start:end] = True
        self._rows.update(zip(ids, range(start, end), strict=True))
        self._used = end

    def remove(self, ids: Sequence[int]) -> None:
        for chunk_id in ids:
            row = self._rows.pop(chunk_id, None)
            if row is not None:
                self._alive[row] = False

    def drop(self, seq: int) -> None:
        """Forgets every row that came from the log at or before `seq`."""
        old = self._alive[: self._used] & (self._seqs[: self._used] <= seq)
        self.remove([int(chunk_id) for chunk_id in self._ids[: self._used][old]])
        self._resize(_ROOM)

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]]:
        """(chunk id, cosine), best first, at most `n`."""
        if not self._rows or n < 1:
            return []
        scores = cosines(self._matrix[: self._used], vector)
        if len(self._rows) < self._used:
            scores[~self._alive[: self._used]] = -np.inf
        n = min(n, len(self._rows))
        best = np.argpartition(scores, len(scores) - n)[-n:]
        best = best[np.argsort(-scores[best], kind="stable")]
        return list(zip(self._ids[best].tolist(), scores[best].tolist(), strict=True))

    def scores(self, vector: NDArray[np.float32], ids: Sequence[int]) -> dict[int, float]:
        """The cosine of each of `ids` that is here."""
        here = [chunk_id for chunk_id in ids if chunk_id in self._rows]
        rows = [self._rows[chunk_id] for chunk_id in here]
        return dict(zip(here, cosines(self._matrix[rows], vector).tolist(), strict=True)) if here else {}

    def _make_room(self, count: int) -> None:
        if self._used + count > len(self._ids):
            self._resize(max(count + _ROOM, len(self._rows) // 2))

    def _resize(self, room: int) -> None:
        """Packs the rows that are alive and leaves `room` after them."""
        alive = np.flatnonzero(self._alive[: self._used])
        size = len(alive) + room
        self._matrix = _grown(self._matrix[alive], size)
        self._ids = _grown(self._ids[alive], size)
        self._seqs = _grown(self._seqs[alive], size)
        self._alive = np.zeros(size, np.bool_)
        self._alive[: len(alive)] = True
        self._rows = {int(chunk_id): row for row, chunk_id in enumerate(self._ids[: len(alive)])}
        self._used = len(alive)


def cosines(matrix: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of unit vectors as rows. Not `@`, which takes several threads for it: as fast on a quiet machine, but 8 ms late
    whenever one of them has to wait for a core."""
    found: NDArray[np.float32] = np.vecdot(matrix, vector)
    return found


def _grown(packed: NDArray[Row], size: int) -> NDArray[Row]:
    grown = np.zeros((size, *packed.shape[1:]), packed.dtype)
    grown[: len(packed)] = packed
    return grown
