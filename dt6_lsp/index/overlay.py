"""A root's index as it would be if an editor's unsaved texts were saved, for that editor's own questions.

The ledger's rows of these files are hidden, and those of the buffers answer in their place. Nothing is written. Not
here: which texts those are, and their rows (`buffers`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.index import buffer_evidence, candidates, reads, symbols
from dt6_lsp.index.imports.facts import facts
from dt6_lsp.index.model import Version
from dt6_lsp.index.search import BY_MEANING, BY_WORDS, gather

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.buffer_evidence import BufferVectors
    from dt6_lsp.index.buffers import Buffer
    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.imports.cache import Graphs
    from dt6_lsp.index.index import Index
    from dt6_lsp.index.model import Definition, Hit, IndexState, NameUse, Use
    from dt6_lsp.index.question import Question
    from dt6_lsp.index.ranking import Evidence
    from dt6_lsp.index.search import Searcher
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vectors import DenseIndex
    from dt6_lsp.syntax.model import Import

Item = TypeVar("Item", "Definition", "Use")

_HIDDEN_SYMBOLS = 200  # asked for beyond the limit, in place of those that are hidden


class Overlay:
    """A `Reader` of one root. Thread-safe, and made anew for each question."""

    def __init__(
        self,
        index: Index,
        store: Store,
        searcher: Searcher,
        dense: DenseIndex,
        vectors: BufferVectors,
        graphs: Graphs,
        buffers: Sequence[Buffer],
    ) -> None:
        self.root: Path = index.root
        self._index, self._store, self._searcher = index, store, searcher
        self._dense, self._vectors, self._graphs = dense, vectors, graphs
        self._buffers = {buffer.path: buffer for buffer in buffers}

    @property
    def unsaved(self) -> bool:
        return True

    def over(self, texts: Mapping[str, str]) -> Index | Overlay:
        return self._index.over(texts)

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]:
        return self._store.guard(self._searcher.search, query, n, near, self)

    def symbols(self, query: str, limit: int = 50) -> list[Definition]:
        found = self._seen(self._index.symbols(query, limit + _HIDDEN_SYMBOLS))
        found += [item for buffer in self._buffers.values() for item in buffer.ask(symbols.find, query, limit)]
        return sorted(found, key=lambda item: symbols.place(item, query))[:limit]

    def definitions(self, name: str, near: str = "", limit: int = -1) -> list[Definition]:
        found = self._seen(self._index.definitions(name, near, limit))
        found += [item for buffer in self._buffers.values() for item in buffer.ask(reads.definitions, name)]
        found.sort(key=lambda item: (item.path != near, item.path, item.start_line))
        return found if limit < 0 else found[:limit]

    def uses(self, name: str, limit: int = 200) -> list[Use]:
        found = self._seen(self._index.uses(name, limit + self._hidden_uses(name)))
        found += [use for buffer in self._buffers.values() for use in buffer.ask(reads.uses, name, limit)]
        return sorted(found, key=lambda use: (use.path, use.line, use.column))[:limit]

    def count_uses(self, name: str) -> int:
        own = sum(buffer.ask(reads.count_uses, name) for buffer in self._buffers.values())
        return self._index.count_uses(name) - self._hidden_uses(name) + own

    def name_uses(self) -> list[NameUse]:
        """Those that are saved: an edit moves what is central too little to be worth reading it all again."""
        return self._index.name_uses()

    def outline(self, path: str) -> list[Definition]:
        buffer = self._buffers.get(path)
        return self._index.outline(path) if buffer is None else buffer.ask(reads.outline, path)

    def defined_in(self, path: str, first: int, last: int) -> list[Definition]:
        buffer = self._buffers.get(path)
        return (self._store if buffer is None else buffer).ask(reads.outline, path, first, last)

    def imports(self, path: str) -> list[Import]:
        buffer = self._buffers.get(path)
        return self._index.imports(path) if buffer is None else buffer.ask(reads.imports, path)

    def graph(self) -> ImportGraph:
        return self._graphs.over(self._buffers, (buffer.ask(facts) for buffer in self._buffers.values()))

    def files(self) -> list[str]:
        own = (path for buffer in self._buffers.values() for path in buffer.ask(reads.files))
        return sorted({*(path for path in self._index.files() if path not in self._buffers), *own})

    def chunks(self, path: str) -> list[Hit]:
        buffer = self._buffers.get(path)
        return self._index.chunks(path) if buffer is None else buffer.ask(reads.chunks, path)

    def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
        return self._index.related(path, symbol, line, n)

    def version(self) -> Version:
        texts = ((path, buffer.prepared.hash if buffer.prepared else "") for path, buffer in self._buffers.items())
        return Version(self._index.version().saved, tuple(sorted(texts)))

    def state(self) -> IndexState:
        return self._index.state()

    def joined(self, evidence: Evidence, question: Question, vector: NDArray[np.float32] | None, near: str) -> Evidence:
        """The ledger's evidence without the hidden files, with that of the buffers. Of their chunks those count that
        would have been found in the ledger, too."""
        known = self._store.ask(buffer_evidence.statistics, question)
        fingerprint = self._dense.fingerprint()
        enough_words, enough_meaning = _least(evidence.words, BY_WORDS), _least(evidence.meaning, BY_MEANING)
        evidence = replace(
            evidence, chunks={key: chunk for key, chunk in evidence.chunks.items() if chunk.path not in self._buffers}
        )
        for buffer in self._buffers.values():
            words = buffer_evidence.by_words(buffer, known)
            words = {chunk_id: score for chunk_id, score in words.items() if score >= enough_words}
            meaning = self._vectors.cosines(buffer, vector, fingerprint)
            close = {chunk_id: cosine for chunk_id, cosine in meaning.items() if cosine >= enough_meaning}
            more = buffer.ask(gather, question, close, near, words)
            evidence = _with(evidence, more, meaning)
        return evidence

    def hits(self, scores: Mapping[int, float]) -> list[Hit]:
        return [hit for buffer in self._buffers.values() for hit in buffer.ask(candidates.hits, scores)]

    def _seen(self, items: Iterable[Item]) -> list[Item]:
        return [item for item in items if item.path not in self._buffers]

    def _hidden_uses(self, name: str) -> int:
        return self._store.ask(reads.count_uses, name, tuple(self._buffers))


def _least(scores: Mapping[int, float], most: int) -> float:
    """The lowest score that is among the best `most`; anything counts where there are fewer."""
    best = sorted(scores.values(), reverse=True)[:most]
    return best[-1] if len(best) == most else 0.0


def _with(evidence: Evidence, more: Evidence, meaning: Mapping[int, float]) -> Evidence:
    cosines = {chunk_id: meaning[chunk_id] for chunk_id in more.chunks if chunk_id in meaning}
    return replace(
        evidence,
        chunks={**evidence.chunks, **more.chunks},
        words={**evidence.words, **more.words},
        meaning={**evidence.meaning, **cosines},
        defines=[*evidence.defines, *more.defines],
        sizes={**evidence.sizes, **more.sizes},
        near={**evidence.near, **more.near},
    )
