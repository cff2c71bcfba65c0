"""Hybrid search: words (BM25 of FTS5) and meaning (cosine of vectors), fused, with no file filling the list.

Not here: the vectors themselves (`vectors`), how words are split (`terms`), what is fetched of chunks (`candidates`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dt6_lsp.errors import Dt6Error
from dt6_lsp.index.candidates import Candidate, candidates, hits
from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.model import Hit
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vectors import DenseIndex

_CANDIDATES = 200
_WORDS_SHARE = 0.5
_SATURATION = 0.6  # what the second, third, ... chunk of a file is multiplied by, cumulatively
_WEIGHTS = "1.0, 1.5, 2.0"  # body, path, symbol


class Searcher:
    """Thread-safe. Without vectors, or while the model does not answer, it goes by words."""

    def __init__(self, store: Store, dense: DenseIndex, embedder: TextEmbedder) -> None:
        self._store, self._dense, self._embedder = store, dense, embedder
        self._terms = Terms()

    def search(self, query: str, n: int, near: str) -> list[Hit]:
        """As `Reader.search`."""
        terms = self._terms.of(query)
        if not terms:
            return []
        vector = self._embed(query)
        meaning = {} if vector is None else self._dense.search(vector, _CANDIDATES)
        return self._store.ask(_ranked, terms, meaning, n)

    def _embed(self, query: str) -> NDArray[np.float32] | None:
        """None while there are no vectors that this model's could be compared with."""
        stored = self._dense.fingerprint()
        if stored is None:
            return None
        try:
            return self._embedder.query(query) if self._embedder.fingerprint().key == stored.key else None
        except Dt6Error as error:
            self._store.notice(f"Search goes by words only for now: {error}")
            return None


def _ranked(connection: sqlite3.Connection, terms: list[str], meaning: Mapping[int, float], n: int) -> list[Hit]:
    scores = fuse(lexical(connection, terms), meaning)
    return hits(connection, saturate(candidates(connection, scores), scores, n))


def lexical(connection: sqlite3.Connection, terms: list[str], n: int = _CANDIDATES) -> dict[int, float]:
    """Chunk ids with their BM25 score (higher is better), best first. `terms` as `Terms.of` gives them."""
    match = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms))
    rows = connection.execute(
        f"SELECT rowid, -bm25(fts, {_WEIGHTS}) AS score FROM fts WHERE fts MATCH ? ORDER BY score DESC LIMIT ?",
        (match, n),
    )
    return dict(rows.fetchall())


def fuse(words: Mapping[int, float], meaning: Mapping[int, float]) -> dict[int, float]:
    """Each list scaled to 0..1 over its own range, then added by share."""
    scaled = ((_scale(words), _WORDS_SHARE), (_scale(meaning), 1 - _WORDS_SHARE))
    ids = {**words, **meaning}
    return {chunk_id: sum(scores.get(chunk_id, 0.0) * share for scores, share in scaled) for chunk_id in ids}


def saturate(found: Mapping[int, Candidate], scores: Mapping[int, float], n: int) -> dict[int, float]:
    """The best `n`, best first; every further chunk of a file counts for less."""
    seen: Counter[str] = Counter()
    saturated = {}
    for chunk_id in sorted(found, key=lambda chunk_id: (-scores[chunk_id], chunk_id)):
        path = found[chunk_id].path
        saturated[chunk_id] = scores[chunk_id] * _SATURATION ** seen[path]
        seen[path] += 1
    best = sorted(saturated, key=lambda chunk_id: (-saturated[chunk_id], chunk_id))[:n]
    return {chunk_id: saturated[chunk_id] for chunk_id in best}


def _scale(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {chunk_id: (score - low) / (high - low) if high > low else 1.0 for chunk_id, score in scores.items()}
