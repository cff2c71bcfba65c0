"""A root's import graph, kept until the ledger changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.facts import facts
from dt6_lsp.index.imports.model import Sources
from dt6_lsp.index.imports.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.store import Store


class Graphs:
    """Thread-safe. Threads that ask at once wait for one that resolves."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._version = -1
        self._sources = Sources()
        self._graph: ImportGraph | None = None

    def graph(self) -> ImportGraph:
        with self._lock:
            self._look()
            if self._graph is None:
                self._graph = resolve(self._sources)
            return self._graph

    def over(self, hidden: Collection[str], more: Iterable[Sources]) -> ImportGraph:
        """With other files in place of the `hidden` ones; resolved anew, since any file may mean another then."""
        with self._lock:
            self._look()
            sources = self._sources
        return resolve(sources.replacing(hidden, more))

    def _look(self) -> None:
        """Most changes of a ledger are of no import: the graph stays then. The version is taken before the rows: what
        is written meanwhile is seen the next time."""
        version = self._store.guard(self._store.ledger.version)
        if version != self._version:
            sources = self._store.ask(facts)
            if sources != self._sources:
                self._sources, self._graph = sources, None
            self._version = version
