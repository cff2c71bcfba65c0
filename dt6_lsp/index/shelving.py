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
from dt6_lsp.index.chroma import ChromaFailed, Client, Place, Shelf, remove_folder
from dt6_lsp.index.rows import meta, set_meta
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

_BATCH = 500
_FULL = -1
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
        self._client: Client | None = None
        self._shelf: Shelf | None = None
        self._verified = ""

    def catch_up(self, stop: CancelToken, tell: Callable[[int, int], None]) -> None:
        """Until ChromaDB holds what the ledger has. ChromaFailed, ConsentRequired, StoreError or Cancelled."""
        with self._store.ledger.read() as connection:
            fingerprint = vector_rows.current_fingerprint(connection)
            progress = read_progress(connection)
        if fingerprint is None:
            return
        shelf, progress = self._open(fingerprint, progress, stop)
        progress = self._fill(shelf, fingerprint, progress, stop, tell)
        progress = self._follow(shelf, fingerprint, progress, stop, tell)
        if self._verify(shelf, fingerprint, progress):
            self._dense.attach(shelf, LogPosition(progress.epoch, progress.seq))
            self._remove_others(progress)

    def give_up(self, error: ChromaFailed) -> str:
        """Throws away what ChromaDB has (a server keeps it); returns the notice that says so."""
        self.close(seal=False)
        if self._url:
            return f"The Chroma server at {self._url} can't be used; vectors are searched in memory. It said: {error}."
        with self._store.ledger.write() as connection:
            connection.execute("DELETE FROM meta WHERE key = 'chroma'")
        self._remove_old_folders("")
        return f"ChromaDB's copy of the vectors could not be used and is made anew from the ledger. It said: {error}."

    def close(self, *, seal: bool = True) -> None:
        client, self._client, self._shelf, self._verified = self._client, None, None, ""
        if client is not None:
            client.close(seal=seal)

    def _open(
        self, fingerprint: StoredFingerprint, found: Progress | None, stop: CancelToken
    ) -> tuple[Shelf, Progress]:
        with self._store.ledger.write() as connection:
            position = vector_rows.log_position(connection)
            wanted = collection_name(self._root, _identity(connection), fingerprint)
            reachable = position.epoch, vector_rows.log_start(connection)
        folder = found.folder if found else f"chroma-{uuid4().hex[:8]}"
        if self._client is None:
            self._client = self._connect(folder, stop)
        if found is None or found.collection != wanted or found.epoch != reachable[0] or found.seq < reachable[1]:
            self._client.remove(wanted)
            found = self._record(Progress(folder, wanted, position.epoch, position.seq, filled=0))
            self._shelf = None
        if self._shelf is None:
            self._shelf = self._client.collection(wanted, _metadata(self._root, fingerprint))
        return self._shelf, found

    def _connect(self, folder: str, stop: CancelToken) -> Client:
        if self._url:
            require_consent(self._url, self._allowed_hosts)
        self._remove_old_folders(folder)
        return Client.open(Place(self._store.folder / folder, self._url), stop)

    def _fill(
        self,
        shelf: Shelf,
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
        shelf: Shelf,
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

    def _verify(self, shelf: Shelf, fingerprint: StoredFingerprint, progress: Progress) -> bool:
        """Once for each time that the collection was opened: the count, some vectors, and a search for each.

        False when more has come meanwhile: the next round will verify."""
        if self._verified == progress.collection:
            return True
        with self._store.ledger.read() as connection:
            if vector_rows.log_position(connection) != LogPosition(progress.epoch, progress.seq):
                return False
            expected = vector_rows.count_embedded(connection)
            ids, matrix = vector_rows.vectors_of(connection, fingerprint, vector_rows.some_embedded(connection))
        found = shelf.count()
        if found != expected:
            raise ChromaFailed(f"it holds {found} vectors where the ledger has {expected}")
        probes = [(chunk_id, vector) for chunk_id, vector in zip(ids, matrix, strict=True) if vector.any()]
        for chunk_id, vector in probes:
            _verify_stored(shelf, chunk_id, vector)
        # ChromaDB's search is approximate: at times it misses a vector that it holds. One that finds none is broken.
        if probes and not any(_is_found(shelf, vector) for _, vector in probes):
            raise ChromaFailed("searching for vectors that it holds did not find them")
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
    """The first part tells the ledger (whose chunk ids these are), the second the model and what shapes its vectors."""
    what = "\n".join((fingerprint.key, CHUNKER_VERSION, str(vector_rows.PATH_SHARE)))
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


def _verify_stored(shelf: Shelf, chunk_id: int, vector: NDArray[np.float32]) -> None:
    stored = shelf.vector(chunk_id)
    if stored is None or not np.allclose(stored, vector, atol=1e-4):
        raise ChromaFailed("a vector in it is not the ledger's")


def _is_found(shelf: Shelf, vector: NDArray[np.float32]) -> bool:
    best = shelf.search(vector, 1)
    return bool(best) and best[0][1] >= _SAME
