"""Hybrid search: words (BM25 of FTS5) and meaning (cosine of vectors), fused, with no file filling the list.

Not here: the vectors themselves (`vectors`), how words are split (`terms`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from dt6_lsp.index.model import Hit

CANDIDATES = 200
_WORDS_SHARE = 0.5
_SATURATION = 0.6  # what the second, third, ... chunk of a file is multiplied by, cumulatively
_WEIGHTS = "1.0, 1.5, 2.0"  # body, path, symbol


def lexical(connection: sqlite3.Connection, terms: list[str], n: int = CANDIDATES) -> dict[int, float]:
    """Chunk ids with their BM25 score (higher is better), best first. `terms` as `Terms.of` gives them."""
    if not terms:
        return {}
    match = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms))
    rows = connection.execute(
        f"SELECT rowid, -bm25(fts, {_WEIGHTS}) AS score FROM fts WHERE fts MATCH ? ORDER BY score DESC LIMIT ?",
        (match, n),
    )
    return dict(rows.fetchall())


def fuse(words: Mapping[int, float], meaning: Mapping[int, float]) -> dict[int, float]:
    """Each list scaled to 0..1 over its own range, then added by share."""
    scaled = ((_scale(words), _WORDS_SHARE), (_scale(meaning), 1 - _WORDS_SHARE))
    return {
        chunk_id: sum(scores.get(chunk_id, 0.0) * share for scores, share in scaled)
        for chunk_id in {**words, **meaning}
    }


def rank(hits: Mapping[int, Hit], scores: Mapping[int, float], n: int) -> list[Hit]:
    """Best first; every further chunk of a file counts for less."""
    seen: Counter[str] = Counter()
    ranked = []
    for chunk_id in sorted(hits, key=lambda chunk_id: (-scores[chunk_id], chunk_id)):
        hit = hits[chunk_id]
        ranked.append(replace(hit, score=scores[chunk_id] * _SATURATION ** seen[hit.path]))
        seen[hit.path] += 1
    return sorted(ranked, key=lambda hit: (-hit.score, hit.path, hit.start_line))[:n]


def _scale(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {chunk_id: (score - low) / (high - low) if high > low else 1.0 for chunk_id, score in scores.items()}
