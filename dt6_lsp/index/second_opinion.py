"""What the built-in static model makes of chunks that another model found.

The static model was trained on code and DT6's ranking was found with it: with a general transformer in its place search
gets worse (docs/embeddings.md has the figures). So that choosing one costs nothing, both have a say on the candidates.
Static vectors are made when they are first needed, without a queue (it is arithmetic in the thread that asks), and
kept in memory. Not here: finding candidates, which the chosen
model does.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.errors import EmbeddingError
from dt6_lsp.index.candidates import texts
from dt6_lsp.index.prepare import path_text
from dt6_lsp.index.segment import cosines
from dt6_lsp.index.vector_rows import combined
from dt6_lsp.models.static import StaticEmbeddings, packaged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.index.candidates import Candidate
    from dt6_lsp.index.store import Store

SHARE = 0.7  # of the static model's word against the chosen one's
_REMEMBERED = 20_000  # vectors of 1 KB


class SecondOpinion:
    """Thread-safe."""

    def __init__(self, store: Store, share: float = SHARE) -> None:
        self._store, self._share = store, share
        self._static: StaticEmbeddings | None = None
        self._vectors: dict[int, NDArray[np.float32]] = {}  # by chunk id, which one ledger never gives twice
        self._generation = store.ledger.generation  # of which these are
        self._lock = threading.Lock()

    def joined(self, query: str, chunks: Mapping[int, Candidate], meaning: dict[int, float]) -> dict[int, float]:
        """`meaning` with the static model's view in it, on the same scale: what is beside these chunks (an unsaved
        text) can still be compared with them by its cosine alone."""
        asked = [chunk_id for chunk_id in meaning if chunk_id in chunks]
        if len(asked) < 2:  # nothing to compare
            return meaning
        try:
            other = self._cosines(query, [chunks[chunk_id] for chunk_id in asked])
        except EmbeddingError as error:
            self._store.notice(f"The built-in model has no say in searches: {error}")
            return meaning
        own = np.array([meaning[chunk_id] for chunk_id in asked], np.float32)
        spread = np.ptp(other)
        if not spread:
            return meaning
        other = own.min() + np.ptp(own) * (other - other.min()) / spread
        mixed = (1 - self._share) * own + self._share * other
        return {**meaning, **dict(zip(asked, mixed.tolist(), strict=True))}

    def _cosines(self, query: str, chunks: Sequence[Candidate]) -> NDArray[np.float32]:
        with self._lock:
            static = self._static = self._static or packaged()
            self._know(chunks, static)
            rows = np.stack([self._vectors[chunk.id] for chunk in chunks])
        return cosines(rows, static.embed_query(query))

    def _know(self, chunks: Sequence[Candidate], static: StaticEmbeddings) -> None:
        generation = self._store.ledger.generation
        if generation != self._generation or len(self._vectors) > _REMEMBERED:
            self._vectors, self._generation = {}, generation
        new = [chunk for chunk in chunks if chunk.id not in self._vectors]
        if not new:
            return
        said = self._store.ask(texts, [chunk.id for chunk in new])
        rows = static.embed_documents([said.get(chunk.id, "") for chunk in new])
        paths = static.embed_documents([path_text(chunk.path) for chunk in new])
        self._vectors.update(zip((chunk.id for chunk in new), combined(rows, paths), strict=True))
