"""The steps of bringing one collection of ChromaDB in line with the ledger. Called by `sync`'s thread only.

The ledger's row `chroma` in `meta` says which collection it is, up to which chunk it has been filled, and how far
it has followed the log. Not here: when that happens (`sync`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from dt6_lsp.index import vector_rows
from dt6_lsp.index.chroma import GRAPH, ChromaFailed, NotTheLedgers, Place, ServerAway, remove_folder
from dt6_lsp.index.chroma_process import ChromaProcess, RemoteShelf
from dt6_lsp.index.rows import meta, set_meta
from dt6_lsp.index.sizes import chroma_is_bloated
from dt6_lsp.index.vector_rows import LogPosition
from dt6_lsp.models.consent import require_consent
from dt6_lsp.syntax.parser import CHUNKER_VERSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vector_rows import StoredFingerprint
    from dt6_lsp.index.vectors import DenseIndex
    from dt6_lsp.settings import Settings

_BATCH = 250  # a tenth of a second: who searches there or closes does not wait for longer
_FULL = -1
_PROBES = 30
_MOST_MISSED = 3  # of these; of 4,200 vectors that a sound graph held, its search missed none
_SAME = 0.999  # float32 in, float32 out; the rest is ChromaDB's own rounding


@dataclass(frozen=True, slots=True)
class Progress:
    """What is recorded. `filled` is the last chunk id that was put in by filling, `_FULL` when that is over."""

    folder: str
    collection: str
    epoch: str
    seq: int
    filled: int


class Shelving:
    """Holds ChromaDB open between two rounds."""

    def __init__(self, root: Path, store: Store, dense: DenseIndex, settings: Settings) -> None:
        self._root, self._store, self._dense = root, store, dense
        self._url, self._allowed_hosts = settings.chroma.url, settings.privacy.allowed_hosts
        self._search_above = settings.chroma.search_above
        self._client: ChromaProcess | None = None
        self._shelf: RemoteShelf | None = None
        self._verified = ""
        self._searched = False

    def catch_up(self, stop: CancelToken, tell: Callable[[int, int], None]) -> None:
        """Until ChromaDB holds what the ledger has. ChromaFailed, ConsentRequired, StoreError or Cancelled."""
        with self._store.ledger.read() as connection:
            fingerprint = vector_rows.current_fingerprint(connection)
            progress = read_progress(connection)
            vectors = vector_rows.count_embedded(connection)
        if fingerprint is None:
            return
        if self._client is not None and not self._client.alive:
            self.close()  # it ended over a search, which changes nothing: what it holds is verified when opened again
        if progress and chroma_is_bloated(self._store.folder / progress.folder, vectors, fingerprint.dimension):
            self.close()
            self._forget_progress()
            progress = None
        shelf, progress = self._open(fingerprint, progress, stop)
        progress = self._fill(shelf, fingerprint, progress, stop, tell)
        progress = self._follow(shelf, fingerprint, progress, stop, tell)
        if self._verify(shelf, fingerprint, progress):
            if self._searched or self.counts()[1] > self._search_above:
                self._dense.attach(shelf, LogPosition(progress.epoch, progress.seq))
                self._searched = True
            self._remove_others(progress)

    @property
    def open(self) -> bool:
        return self._client is not None

    @property
    def idle(self) -> bool:
        """It is open, and nobody searches in it."""
        return self.open and not self._searched

    @property
    def name(self) -> str:
        """For people."""
        return f"the Chroma server at {self._url}" if self._url else "ChromaDB"

    def give_up(self, error: ChromaFailed) -> str:
        """Throws away what ChromaDB has; returns the sentence that says so. A server keeps it: it may be back soon."""
        if self._client is not None:
            self._client.kill()
        self.close()
        if self._url:
            return ""
        self._forget_progress()
        self._remove_old_folders("")
        return f"ChromaDB's copy of the vectors could not be used and is made anew from the ledger. It said: {error}."

    def close(self) -> None:
        """It can be opened again by `catch_up`."""
        if self._searched:
            self._dense.detach()
        client, self._client, self._shelf, self._verified, self._searched = self._client, None, None, "", False
        if client is not None:
            client.close()

    def _open(
        self, fingerprint: StoredFingerprint, found: Progress | None, stop: CancelToken
    ) -> tuple[RemoteShelf, Progress]:
        with self._store.ledger.write() as connection:
            position = vector_rows.log_position(connection)
            wanted = collection_name(self._root, _identity(connection), fingerprint)
            reachable = position.epoch, vector_rows.log_start(connection)
        folder = found.folder if found else f"chroma-{uuid4().hex[:8]}"
        if self._client is None:
            self._client = self._connect(folder, stop)
        elif not self._url and not (self._store.folder / folder).is_dir():
            raise ChromaFailed("its folder is gone")
        if found is None or found.collection != wanted or found.epoch != reachable[0] or found.seq < reachable[1]:
            self._client.remove(wanted)
            found = self._record(Progress(folder, wanted, position.epoch, position.seq, filled=0))
            self._shelf = None
        if self._shelf is None:
            self._shelf = self._client.collection(wanted, _metadata(self._root, fingerprint))
        return self._shelf, found

    def _connect(self, folder: str, stop: CancelToken) -> ChromaProcess:
        if self._url:
            require_consent(self._url, self._allowed_hosts)
        self._remove_old_folders(folder)
        try:
            return ChromaProcess.open(Place(self._store.folder / folder, self._url), stop)
        except ChromaFailed as error:
            if self._url:
                raise ServerAway(str(error)) from error
            raise

    def _fill(
        self,
        shelf: RemoteShelf,
        fingerprint: StoredFingerprint,
        progress: Progress,
        stop: CancelToken,
        tell: Callable[[int, int], None],
    ) -> Progress:
        while progress.filled != _FULL:
            stop.raise_if_cancelled()
            with self._store.ledger.read() as connection:
                chunk_ids = vector_rows.embedded_after(connection, progress.filled, _BATCH)
                ids, matrix = vector_rows.vectors_of(connection, fingerprint, chunk_ids)
                done, total = vector_rows.counts_up_to(connection, progress.filled)
            tell(done, total)
            if ids:
                shelf.put(ids, matrix)
            progress = self._record(replace(progress, filled=chunk_ids[-1] if chunk_ids else _FULL))
        return progress

    def _follow(
        self,
        shelf: RemoteShelf,
        fingerprint: StoredFingerprint,
        progress: Progress,
        stop: CancelToken,
        tell: Callable[[int, int], None],
    ) -> Progress:
        while True:
            stop.raise_if_cancelled()
            with self._store.ledger.read() as connection:
                if vector_rows.log_position(connection).epoch != progress.epoch:
                    return progress  # the model changed meanwhile: the next round begins anew
                changes = vector_rows.changes_since(connection, progress.seq, _BATCH)
                live = [change.chunk_id for change in changes if change.live]
                ids, matrix = vector_rows.vectors_of(connection, fingerprint, live)
            if not changes:
                return progress
            gone = {change.chunk_id for change in changes} - set(ids)
            if ids:
                shelf.put(ids, matrix)
            if gone:
                shelf.remove(sorted(gone))
            progress = self._record(replace(progress, seq=changes[-1].seq))
            tell(*self.counts())

    def counts(self) -> tuple[int, int]:
        """Vectors that ChromaDB holds by the ledger's account, and all of them."""
        with self._store.ledger.read() as connection:
            return count_synced(connection), vector_rows.count_embedded(connection)

    def _forget_progress(self) -> None:
        with self._store.ledger.write() as connection:
            connection.execute("DELETE FROM meta WHERE key = 'chroma'")

    def _verify(self, shelf: RemoteShelf, fingerprint: StoredFingerprint, progress: Progress) -> bool:
        """The count each time, and more once for each time that the collection was opened. What is not the ledger's is
        filled from the beginning. False when more has come meanwhile: the next round will verify."""
        with self._store.ledger.read() as connection:
            if vector_rows.log_position(connection) != LogPosition(progress.epoch, progress.seq):
                return False
            expected = vector_rows.count_embedded(connection)
            probes = vector_rows.some_embedded(connection, _PROBES) if self._verified != progress.collection else []
            ids, matrix = vector_rows.vectors_of(connection, fingerprint, probes)
        try:
            _compare(shelf, expected, ids, matrix)
        except NotTheLedgers:
            self._forget_progress()
            raise
        self._verified = progress.collection
        return True

    def _record(self, progress: Progress) -> Progress:
        with self._store.ledger.write() as connection:
            set_meta(connection, {"chroma": json.dumps(asdict(progress))})
            if progress.filled == _FULL:
                vector_rows.trim_log(connection, progress.seq)
        return progress

    def _remove_others(self, progress: Progress) -> None:
        """Collections of earlier models, once the new one is complete. On a server, only our own."""
        assert self._client is not None
        for name in self._client.names():
            if name != progress.collection and name.startswith(_prefix(progress.collection)):
                self._client.remove(name)

    def _remove_old_folders(self, current: str) -> None:
        for folder in self._store.folder.glob("chroma-*"):
            if folder.name != current:
                remove_folder(folder)


def read_progress(connection: sqlite3.Connection) -> Progress | None:
    found = meta(connection, "chroma")
    return Progress(**json.loads(found)) if found else None


def count_synced(connection: sqlite3.Connection) -> int:
    """How many of the current vectors ChromaDB holds, by the ledger's own account."""
    progress = read_progress(connection)
    if progress is None or progress.epoch != vector_rows.log_position(connection).epoch:
        return 0
    if progress.filled != _FULL:
        return vector_rows.counts_up_to(connection, progress.filled)[0]
    return vector_rows.count_embedded(connection) - vector_rows.count_gained_since(connection, progress.seq)


def collection_name(root: Path, identity: str, fingerprint: StoredFingerprint) -> str:
    """The first part tells the ledger (whose chunk ids these are), the second the model, what shapes its vectors, and
    how ChromaDB joins them."""
    what = "\n".join((fingerprint.key, CHUNKER_VERSION, str(vector_rows.PATH_SHARE), str(sorted(GRAPH.items()))))
    return f"dt6-{_short(str(root) + identity)}-{_short(what)}"


def _prefix(collection: str) -> str:
    return collection.rpartition("-")[0] + "-"


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _identity(connection: sqlite3.Connection) -> str:
    """A random name that this ledger keeps; a ledger that was built anew has other chunk ids, and another name."""
    found = meta(connection, "identity") or uuid4().hex
    set_meta(connection, {"identity": found})
    return found


def _metadata(root: Path, fingerprint: StoredFingerprint) -> dict[str, str | int | float]:
    return {
        "root": str(root),
        "model": fingerprint.model,
        "dimension": fingerprint.dimension,
        "chunker": CHUNKER_VERSION,
        "path_share": vector_rows.PATH_SHARE,
    }


def _compare(shelf: RemoteShelf, expected: int, ids: list[int], matrix: NDArray[np.float32]) -> None:
    """The count, some vectors, and a search for each."""
    found = shelf.count()
    if found != expected:
        raise NotTheLedgers(f"it holds {found} vectors where the ledger has {expected}")
    stored = shelf.vectors(ids) if ids else {}
    missed = 0
    for chunk_id, vector in zip(ids, matrix, strict=True):
        if chunk_id not in stored or not np.allclose(stored[chunk_id], vector, atol=1e-4):
            raise NotTheLedgers("a vector in it is not the ledger's")
        missed += bool(vector.any()) and not _is_found(shelf, vector)
    if missed > _MOST_MISSED or 0 < missed == len(ids):
        raise NotTheLedgers(f"searching for {len(ids)} vectors that it holds did not find {missed} of them")


def _is_found(shelf: RemoteShelf, vector: NDArray[np.float32]) -> bool:
    best = shelf.search(vector, 1)
    return bool(best) and best[0][1] >= _SAME
