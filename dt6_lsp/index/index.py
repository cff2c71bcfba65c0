"""The index of one workspace root: what the layers above may ask of it, and the order in which its parts open and
close.

One process per store writes (an OS file lock elects it); others follow: they read the ledger, see what the writer
writes, and take over when it has ended. Not here: how any of it is done (see the modules that this one puts
together).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken
from dt6_lsp.index import reads, symbols, vector_rows
from dt6_lsp.index.buffer_evidence import BufferVectors
from dt6_lsp.index.buffers import Buffers
from dt6_lsp.index.imports.cache import Graphs
from dt6_lsp.index.model import IndexProgress, IndexStats, Version
from dt6_lsp.index.overlay import Overlay
from dt6_lsp.index.pipeline import Result
from dt6_lsp.index.related import related
from dt6_lsp.index.search import Searcher
from dt6_lsp.index.second_opinion import SecondOpinion
from dt6_lsp.index.shelving import count_synced
from dt6_lsp.index.single_flight import Request, SingleFlight
from dt6_lsp.index.sizes import sizes
from dt6_lsp.index.store import Store
from dt6_lsp.index.sync import Syncer
from dt6_lsp.index.updating import Updater
from dt6_lsp.index.vectors import DenseIndex
from dt6_lsp.workspace.watcher import EVERYTHING, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.model import Definition, Hit, IndexReport, IndexState, NameUse, Use
    from dt6_lsp.settings import Settings
    from dt6_lsp.syntax.model import Import

_TAKE_OVER_SECONDS = 1.0


class Index:
    """A `Reader` that can bring itself up to date. Thread-safe; every call blocks."""

    def __init__(self, root: Path, store: Store, embedder: TextEmbedder, settings: Settings) -> None:
        self.root = root
        self._store = store
        self._settings = settings.workspace
        self._dense = DenseIndex(store.ledger)
        second = SecondOpinion(store) if settings.embedding.backend != "static" else None
        self._searcher = Searcher(store, self._dense, embedder, second)
        self._buffers = Buffers(root, store, settings.workspace)
        self._buffer_vectors = BufferVectors(store, embedder)
        self._graphs = Graphs(store)
        self._updater = Updater(root, store.ledger, embedder, settings.workspace)
        self._syncer = Syncer(root, store, self._dense, settings)
        self._flight = SingleFlight(self._run)

    @classmethod
    def open(cls, root: Path, store: Path, embedder: TextEmbedder, settings: Settings) -> Index:
        """`store` is a folder of its own outside the workspace. StoreError when it can't be used."""
        return cls(root, Store.open(store, root), embedder, settings)

    @property
    def writer(self) -> bool:
        """Whether this process is the one that writes the store."""
        return self._store.writer

    @property
    def unsaved(self) -> bool:
        return False

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences that the user should read, oldest first."""
        return self._store.notices

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
        if wait_sync and self.writer:
            self._syncer.wait(cancel, listener)
            report = replace(report, vectors_synced=self._store.ask(count_synced))
        listener(IndexProgress("done", report.files, report.files, report=report))
        return report

    def changes(self, cancel: CancelToken) -> Iterator[frozenset[str]]:
        """Batches of paths that changed on disk, as `update` takes them, until cancelled; "" is everything, and the
        first batch. While another process writes, its watching is enough: this one waits until it may take over."""
        if not self._store.become_writer():
            yield frozenset((EVERYTHING,))
        while not self._store.become_writer():
            if cancel.wait(_TAKE_OVER_SECONDS):
                return
        yield from watch(self.root, self._settings, cancel, self._store.notice, also=self._store.ledger.path)

    def wants(self, path: str) -> bool:
        """Whether the file is, or once it is saved would be, one of those that are indexed."""
        return self._buffers.is_wanted(path)

    def over(self, texts: Mapping[str, str]) -> Index | Overlay:
        """What answers as if these texts (by path, the one that changed last at the end) were saved."""
        buffers = self._buffers.of(texts) if texts else ()
        if not buffers:
            return self
        return Overlay(self, self._store, self._searcher, self._dense, self._buffer_vectors, self._graphs, buffers)

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]:
        return self._store.guard(self._searcher.search, query, n, near)

    def symbols(self, query: str, limit: int = 50) -> list[Definition]:
        return self._store.ask(symbols.find, query, limit)

    def definitions(self, name: str, near: str = "", limit: int = -1) -> list[Definition]:
        return self._store.ask(reads.definitions, name, near, limit)

    def uses(self, name: str, limit: int = 200) -> list[Use]:
        return self._store.ask(reads.uses, name, limit)

    def count_uses(self, name: str) -> int:
        return self._store.ask(reads.count_uses, name)

    def name_uses(self) -> list[NameUse]:
        return self._store.ask(reads.name_uses)

    def outline(self, path: str) -> list[Definition]:
        return self._store.ask(reads.outline, path)

    def defined_in(self, path: str, first: int, last: int) -> list[Definition]:
        return self._store.ask(reads.outline, path, first, last)

    def imports(self, path: str) -> list[Import]:
        return self._store.ask(reads.imports, path)

    def graph(self) -> ImportGraph:
        return self._graphs.graph()

    def files(self) -> list[str]:
        return self._store.ask(reads.files)

    def chunks(self, path: str) -> list[Hit]:
        return self._store.ask(reads.chunks, path)

    def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
        return self._store.guard(related, self._store, self._dense, path, symbol, line, n)

    def version(self) -> Version:
        return Version((self._store.ledger.generation, self._store.ask(reads.version)))

    def state(self) -> IndexState:
        return self._store.guard(self._updater.state)

    def stats(self) -> IndexStats:
        report = self._store.guard(self._updater.report, Result(), 0)
        return IndexStats(
            root=str(self.root),
            files=report.files,
            chunks=report.chunks,
            symbols=self._store.ask(reads.count, "symbols"),
            references=self._store.ask(reads.count_references),
            languages=report.languages,
            model=report.model,
            dimension=report.dimension,
            vectors=self._store.ask(vector_rows.count_embedded),
            vectors_synced=report.vectors_synced,
            sizes=self._store.ask(sizes, self._store.folder),
            writer=self.writer,
            notices=self.notices,
        )

    def close(self) -> None:
        """Ends what runs in the background and gives up the store. The index can't be used afterwards."""
        self._syncer.close()
        self._searcher.close()
        self._store.close()

    def _seen_so_far(self) -> IndexProgress:
        return IndexProgress("waiting", self.state().indexed, 0)

    def _run(self, request: Request, cancel: CancelToken, progress: Callable[[IndexProgress], None]) -> IndexReport:
        generation = self._store.ledger.generation
        self._store.prepare_to_write()
        followed = not self.writer
        if not self._store.wait_for_writer(cancel, lambda: progress(self._seen_so_far()), self._updater.filled):
            return self._updater.report(Result(), 0)
        if followed:  # nobody did what was asked of this one before
            request = Request(None, request.rebuild)

        def run() -> IndexReport:
            self._store.require_writer()
            begun_anew = self._store.ledger.generation != generation
            return self._updater.run(replace(request, paths=None) if begun_anew else request, cancel, progress)

        with self._store.indexing():
            report = self._store.guard(run)
        self._syncer.nudge()
        return report


def _ignore(_: IndexProgress) -> None:
    """For callers who do not watch."""
