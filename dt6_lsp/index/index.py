"""The index of one workspace root: what the layers above may ask of it, and the order in which its parts open and
close.

One process per store writes (an OS file lock elects it); others follow: they read the ledger, see what the writer
writes, and take over when it has ended. Not here: how any of it is done (see the modules that this one puts
together).
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import Dt6Error, StoreError
from dt6_lsp.index import reads, search, symbols, vector_rows
from dt6_lsp.index.ledger import Ledger, is_corrupt, store_errors
from dt6_lsp.index.model import IndexProgress, IndexStats
from dt6_lsp.index.pipeline import Result
from dt6_lsp.index.single_flight import Request, SingleFlight
from dt6_lsp.index.terms import Terms
from dt6_lsp.index.updating import Updater
from dt6_lsp.index.vectors import DenseIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.model import Definition, Hit, IndexReport, IndexState, Use
    from dt6_lsp.settings import Settings
    from dt6_lsp.syntax.model import Import

P = ParamSpec("P")
T = TypeVar("T")
_LOCK_NAME = "writer.lock"
_DAMAGED = "was damaged"


class Index:
    """A `Reader` that can bring itself up to date. Thread-safe; every call blocks."""

    def __init__(
        self,
        root: Path,
        ledger: Ledger,
        lock: FileLock,
        embedder: TextEmbedder,
        settings: Settings,
        notices: tuple[str, ...],
    ) -> None:
        self.root = root
        self._ledger, self._lock, self._embedder = ledger, lock, embedder
        self._notices = list(notices)
        self._heal_lock = threading.Lock()
        self._terms = Terms()
        self._dense = DenseIndex(ledger)
        self._updater = Updater(root, ledger, embedder, settings.workspace)
        self._flight = SingleFlight(self._run)

    @classmethod
    def open(cls, root: Path, store: Path, embedder: TextEmbedder, settings: Settings) -> Index:
        """`store` is a folder of its own outside the workspace. StoreError when it can't be used."""
        with store_errors(store):
            store.mkdir(parents=True, exist_ok=True)
            lock = FileLock(store / _LOCK_NAME, thread_local=False)
            writer = _try(lock)
        try:
            ledger, notices = Ledger.open(store, root, may_replace=writer)
        except BaseException:
            lock.release()
            raise
        return cls(root, ledger, lock, embedder, settings, notices)

    @property
    def writer(self) -> bool:
        """Whether this process is the one that writes the store."""
        return self._lock.is_locked

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences that the user should read, oldest first."""
        return tuple(self._notices)

    def update(
        self,
        *,
        cancel: CancelToken | None = None,
        progress: Callable[[IndexProgress], None] | None = None,
        paths: Iterable[str] | None = None,
        rebuild: bool = False,
        wait_sync: bool = False,
    ) -> IndexReport:
        """Brings the index in line with the files: all, or `paths` (relative, `/`; a folder means what is in it).

        Calls that come while one runs share the next run. A follower that can't take over reports what the writer has.
        """
        cancel, listener = cancel or CancelToken(), progress or _ignore
        request = Request(None if paths is None else frozenset(paths), rebuild)
        report = self._flight.call(request, cancel, listener)
        listener(IndexProgress("done", report.files, report.files, report=report))
        return report

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]:
        terms = self._terms.of(query)
        words = self._ask(search.lexical, terms)
        vector = self._embed_query(query) if terms else None
        meaning = {} if vector is None else self._dense.search(vector, search.CANDIDATES)
        scores = search.fuse(words, meaning)
        return search.rank(self._ask(reads.hits, list(scores)), scores, n)

    def symbols(self, query: str, limit: int = 50) -> list[Definition]:
        return self._ask(symbols.find, query, limit)

    def definitions(self, name: str) -> list[Definition]:
        return self._ask(reads.definitions, name)

    def uses(self, name: str, limit: int = 200) -> list[Use]:
        return self._ask(reads.uses, name, limit)

    def count_uses(self, name: str) -> int:
        return self._ask(reads.count_uses, name)

    def outline(self, path: str) -> list[Definition]:
        return self._ask(reads.outline, path)

    def imports(self, path: str) -> list[Import]:
        return self._ask(reads.imports, path)

    def files(self) -> list[str]:
        return self._ask(reads.files)

    def chunks(self, path: str) -> list[Hit]:
        return self._ask(reads.chunks, path)

    def state(self) -> IndexState:
        return self._updater.state()

    def stats(self) -> IndexStats:
        report = self._updater.report(Result(), 0)
        return IndexStats(
            root=str(self.root),
            files=report.files,
            chunks=report.chunks,
            symbols=self._ask(reads.count, "symbols"),
            references=self._ask(reads.count, "refs"),
            languages=report.languages,
            model=report.model,
            dimension=report.dimension,
            vectors=self._ask(vector_rows.count_embedded),
            vectors_synced=report.vectors_synced,
            store_bytes=self._ledger.size(),
            writer=self.writer,
            notices=self.notices,
        )

    def close(self) -> None:
        """Ends what runs in the background and gives up the store. The index can't be used afterwards."""
        self._ledger.close()
        self._lock.release()

    def _run(self, request: Request, cancel: CancelToken, progress: Callable[[IndexProgress], None]) -> IndexReport:
        if not self.writer and not _try(self._lock):
            return self._updater.report(Result(), 0)
        generation = self._ledger.generation
        try:
            return self._updater.run(request, cancel, progress)
        except sqlite3.DatabaseError as error:
            self._heal(error, generation)
        return self._updater.run(Request(), cancel, progress)

    def _ask(self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        generation = self._ledger.generation
        try:
            with self._ledger.read() as connection:
                return question(connection, *args, **kwargs)
        except sqlite3.DatabaseError as error:
            self._heal(error, generation)
        with self._ledger.read() as connection:
            return question(connection, *args, **kwargs)

    def _heal(self, error: sqlite3.DatabaseError, generation: int) -> None:
        """Keeps a ledger that turns out broken aside and starts an empty one, once; any other error is raised."""
        if not is_corrupt(error):
            raise error
        with self._heal_lock:
            if self._ledger.generation != generation:
                return
            if not self.writer:
                raise StoreError(
                    f"The ledger in {self._ledger.path.parent} is damaged, and another process is using it.",
                    "Close the other editor, then index again.",
                ) from error
            self._notices.append(self._ledger.set_aside(_DAMAGED))

    def _embed_query(self, query: str) -> NDArray[np.float32] | None:
        """None while there are no vectors that this model's could be compared with."""
        stored = self._dense.fingerprint()
        if stored is None:
            return None
        try:
            if self._embedder.fingerprint().key != stored.key:
                return None
            return self._embedder.query(query)
        except Dt6Error as error:
            self._notice(f"Search goes by words only for now: {error}")
            return None

    def _notice(self, sentence: str) -> None:
        if sentence not in self._notices:
            self._notices.append(sentence)


def _try(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _ignore(_: IndexProgress) -> None:
    """For callers who do not watch."""
