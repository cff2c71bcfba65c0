"""How well the chunks of a buffer fit a question, in numbers that compare with those of the ledger's chunks: BM25 with
the ledger's counts of terms, and the cosine of vectors made as the ledger's are.

Not here: what is asked of a buffer otherwise (`overlay`), and what the numbers are worth (`ranking`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.errors import Dt6Error
from dt6_lsp.index import reads, vector_rows
from dt6_lsp.index.prepare import path_text
from dt6_lsp.index.search import COLUMNS, term_uses

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dt6_lsp.index.buffers import Buffer
    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.prepare import Prepared
    from dt6_lsp.index.question import Question
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vector_rows import StoredFingerprint

_K1, _B = 1.2, 0.75  # of FTS5
_LEAST_WEIGHT = 1e-6
_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class Statistics:
    """`weights` are the inverse frequencies of the question's terms; `length` is that of a chunk on average. Lengths
    are in characters, which stand for terms: they are only compared."""

    weights: Mapping[str, float]
    length: float


def statistics(connection: sqlite3.Connection, question: Question) -> Statistics:
    uses, chunks = term_uses(connection, question), reads.count(connection, "chunks")
    select = "SELECT avg(length(text)) FROM (SELECT text FROM chunks ORDER BY id DESC LIMIT ?)"
    length = connection.execute(select, (_SAMPLE,)).fetchone()[0] or 1.0
    return Statistics({term: _weight(count, chunks) for term, count in uses.items()}, length)


def _weight(uses: int, chunks: int) -> float:
    """The definition that FTS5 has it from: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009)."""
    return max(math.log((chunks - uses + 0.5) / (uses + 0.5)), _LEAST_WEIGHT)


def by_words(buffer: Buffer, known: Statistics) -> dict[int, float]:
    """BM25 by chunk id, of the chunks that have a term of the question."""
    if buffer.prepared is None:
        return {}
    uses, chunks = buffer.remembered("uses of terms", uses_of_terms), buffer.prepared.chunks
    scores: dict[int, float] = {}
    for term, weight in known.weights.items():
        for place, often in uses.get(term, {}).items():
            norm = _K1 * (1 - _B + _B * len(chunks[place].chunk.text) / known.length)
            scores[place] = scores.get(place, 0.0) + weight * often * (_K1 + 1) / (often + norm)
    return {buffer.first_id + place: score for place, score in sorted(scores.items()) if score > 0}


def uses_of_terms(prepared: Prepared) -> dict[str, dict[int, float]]:
    """By term, how often each chunk has it, by the chunk's place: what each column says times the column's weight."""
    uses: dict[str, dict[int, float]] = defaultdict(dict)
    for place, item in enumerate(prepared.chunks):
        for share, terms in zip(COLUMNS, (item.body_terms, prepared.path_terms, item.symbol_terms), strict=True):
            for term, count in Counter(terms.split()).items():
                uses[term][place] = uses[term].get(place, 0.0) + share * count
    return dict(uses)


class BufferVectors:
    """Search vectors of a buffer's chunks. A text that the ledger has a vector of is not embedded again."""

    def __init__(self, store: Store, embedder: TextEmbedder) -> None:
        self._store, self._embedder = store, embedder

    def cosines(
        self, buffer: Buffer, vector: NDArray[np.float32] | None, fingerprint: StoredFingerprint | None
    ) -> dict[int, float]:
        """By chunk id; none while there is no model."""
        if vector is None or fingerprint is None or buffer.prepared is None or not buffer.prepared.chunks:
            return {}
        try:
            matrix = buffer.remembered(fingerprint.key, lambda prepared: self._matrix(prepared, fingerprint))
        except Dt6Error as error:
            self._store.notice(f"Unsaved texts are searched by words only for now: {error}")
            return {}
        return dict(enumerate((matrix @ vector).tolist(), buffer.first_id))

    def _matrix(self, prepared: Prepared, fingerprint: StoredFingerprint) -> NDArray[np.float32]:
        texts = {item.text_hash: item.chunk.text for item in prepared.chunks}
        texts[prepared.path_hash] = path_text(prepared.path)
        vectors = self._store.ask(vector_rows.known_vectors, fingerprint.id, texts)
        lacking = {text_hash: text for text_hash, text in texts.items() if text_hash not in vectors}
        if lacking:
            vectors.update(zip(lacking, self._embedder.documents(list(lacking.values())), strict=True))
        rows = np.stack([vectors[item.text_hash] for item in prepared.chunks])
        return vector_rows.combined(rows, vectors[prepared.path_hash])
