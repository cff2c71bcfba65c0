"""Dense search: exact over the vectors in memory, merged with ChromaDB for those that it holds.

Everything starts in memory, read from the ledger at the first search. When the syncer has opened and verified
ChromaDB it calls `attach`, and what ChromaDB holds leaves memory. A follower and a short command never open
ChromaDB: memory has it all. Not here: keeping ChromaDB up to date (`sync`), words (`search`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from dt6_lsp.index import vector_rows
from dt6_lsp.index.segment import Segment, cosines
from dt6_lsp.index.vector_rows import LogPosition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.index.vector_rows import StoredFingerprint

_NOWHERE = LogPosition("", -1)
_MANY = 40_000  # vectors in memory


class Shelf(Protocol):
    """Vectors that are searched elsewhere: a collection of ChromaDB."""

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]] | None:
        """(chunk id, cosine) best first; None when it can't answer any more."""
        ...


class DenseIndex:
    """Thread-safe. Follows the ledger's log, so that it needs to be told of nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.RLock()
        self._segment = Segment(0)
        self._fingerprint: StoredFingerprint | None = None
        self._version = -1
        self._read = _NOWHERE
        self._gone: dict[int, int] = {}  # chunk id -> seq, while the shelf may still have it
        self._shelf: Shelf | None = None
        self._shelved = _NOWHERE

    def fingerprint(self) -> StoredFingerprint | None:
        """The model whose vectors can be searched now; a query must be embedded by the same."""
        with self._lock:
            self._refresh()
            return self._fingerprint

    def search(self, vector: NDArray[np.float32], n: int) -> dict[int, float]:
        """Up to `n` chunk ids with their cosines, best first. Of another dimension than the stored ones: none."""
        with self._lock:
            self._refresh()
            if self._fingerprint is None or len(vector) != self._fingerprint.dimension:
                return {}
            found = dict(self._shelf_search(vector, n))
            found.update(self._segment.nearest(vector, n))
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:n])

    def scores(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The exact cosine of each of `chunk_ids` that is embedded, wherever its vector is kept."""
        with self._lock:
            self._refresh()
            fingerprint = self._fingerprint
            if fingerprint is None or len(vector) != fingerprint.dimension:
                return {}
            found = self._segment.scores(vector, chunk_ids)
        rest = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        if rest:
            with self._ledger.read() as connection:
                ids, matrix = vector_rows.vectors_of(connection, fingerprint, rest)
            found.update(zip(ids, cosines(matrix, vector).tolist(), strict=True))
        return found

    def attach(self, shelf: Shelf, through: LogPosition) -> None:
        """`shelf` holds what the log says up to `through`: forget it here."""
        with self._lock:
            self._shelf, self._shelved = shelf, through
            if through.epoch == self._read.epoch:
                self._segment.drop(through.seq)
                self._gone = {chunk_id: seq for chunk_id, seq in self._gone.items() if seq > through.seq}

    def detach(self) -> None:
        """The shelf is closed or broken: read everything again."""
        with self._lock:
            self._shelf, self._shelved = None, _NOWHERE
            self._read, self._version = _NOWHERE, -1

    def takes_long(self) -> bool:
        """Whether a search should go on beside other work: longer than another thread takes to start."""
        with self._lock:
            return self._shelf is not None or len(self._segment) >= _MANY

    def _shelf_search(self, vector: NDArray[np.float32], n: int) -> Iterable[tuple[int, float]]:
        if self._shelf is None or self._shelved.epoch != self._read.epoch:
            return ()
        found = self._shelf.nearest(vector, n + min(len(self._gone), n))
        if found is None:
            self.detach()
            self._refresh()
            return ()
        return ((chunk_id, score) for chunk_id, score in found if chunk_id not in self._gone)

    def _refresh(self) -> None:
        version = self._ledger.version()
        if version == self._version:
            return
        with self._ledger.read() as connection:
            position = vector_rows.log_position(connection)
            if position.epoch != self._read.epoch or self._read.seq < vector_rows.log_start(connection):
                self._load(vector_rows.current_fingerprint(connection), position, connection)
            elif position.seq != self._read.seq:
                self._follow(connection)
        self._read, self._version = position, version

    def _load(
        self, fingerprint: StoredFingerprint | None, position: LogPosition, connection: sqlite3.Connection
    ) -> None:
        self._fingerprint = fingerprint
        self._segment = Segment(fingerprint.dimension if fingerprint else 0)
        self._gone = {}
        if fingerprint is None:
            return
        if self._shelved.epoch == position.epoch and self._shelved.seq >= vector_rows.log_start(connection):
            self._follow(connection, self._shelved.seq)
            return
        ids, matrix = vector_rows.all_vectors(connection, fingerprint)
        self._segment.add(ids, matrix, position.seq)

    def _follow(self, connection: sqlite3.Connection, since: int | None = None) -> None:
        """Takes in the changes after `since` (after what was read, when None)."""
        changes = vector_rows.changes_since(connection, self._read.seq if since is None else since)
        last = {change.chunk_id: change for change in changes}
        gone = [change for change in last.values() if not change.live]
        self._segment.remove([change.chunk_id for change in gone])
        self._gone.update({change.chunk_id: change.seq for change in gone if self._shelf is not None})
        live = [change.chunk_id for change in last.values() if change.live]
        if live and self._fingerprint:
            ids, matrix = vector_rows.vectors_of(connection, self._fingerprint, live)
            self._segment.add(ids, matrix, changes[-1].seq)
