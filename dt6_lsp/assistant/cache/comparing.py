"""`dt6-lsp cache compare`: of two questions, whether one would be served the other's answer, and why.

Needs no index and no model. Not here: the judgement itself (`identity`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dt6_lsp.assistant.cache.identity import judge
from dt6_lsp.assistant.cache.meaning import Meanings
from dt6_lsp.models.static import StaticEmbeddings


@dataclass(frozen=True, slots=True)
class Comparison:
    """`similarity` is the cosine of the two as they are written, by the built-in embedding. It decides nothing."""

    hit: bool
    similarity: float
    reason: str


class Comparer:
    def __init__(self) -> None:
        self._meanings = Meanings()
        self._embeddings = StaticEmbeddings()

    def compare(self, one: str, other: str) -> Comparison:
        verdict = judge(self._meanings.of(one), self._meanings.of(other))
        vectors = self._embeddings.embed_documents([one, other])
        similarity = float(np.clip(vectors[0] @ vectors[1], -1.0, 1.0))
        return Comparison(verdict.same, round(similarity, 4), verdict.reason)
