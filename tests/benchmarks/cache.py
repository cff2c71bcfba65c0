"""`python -m tests.benchmarks.cache`: whether the response cache takes two questions for the same.

False hits over pairs that ask different things (none may be), true hits over pairs that ask the same, by half, and what
similarity alone would do at .95; then how long it takes to read a question.
Not here: a hit's way through the engine (`cache_hits`).
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from dt6_lsp.assistant.cache.identity import judge
from dt6_lsp.assistant.cache.meaning import Meanings
from dt6_lsp.models.static import StaticEmbeddings
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, quantile
from tests.cache_pairs import Pair, different, same

if TYPE_CHECKING:
    from collections.abc import Sequence

ALIKE = 0.95
HALVES = ("tuned", "held")


def main() -> int:
    options = arguments(__doc__).parse_args()
    return conclude("cache", options.json, measure)


def measure() -> Measured:
    meanings, embeddings = Meanings(), StaticEmbeddings()
    figures: list[Figure] = []
    wrong: list[str] = []
    for half in HALVES:
        apart, alike = _half(different(), half), _half(same(), half)
        false = [pair for pair in apart if _hit(meanings, pair)]
        wrong += [f"{pair.a} | {pair.b}" for pair in false]
        true = sum(_hit(meanings, pair) for pair in alike)
        figures += [
            Figure(f"false hits among {len(apart)} pairs, {half}", len(false), "pairs", budget=0),
            Figure(f"true hits among {len(alike)} pairs, {half}", 100 * true / len(alike), "%"),
            Figure(f"  false hits by similarity alone at {ALIKE}", _near(embeddings, apart), "pairs"),
            Figure("  true hits by similarity alone", 100 * _near(embeddings, alike) / len(alike), "%"),
        ]
    times = [_milliseconds(meanings, pair.b) for pair in (*different(), *same())]
    figures.append(Figure("reading a question, p95", quantile(times, 0.95), "ms", budget=2.0))
    for pair in wrong:
        print(f"  false hit: {pair}")
    return Measured(figures, {"false": wrong})


def _half(pairs: Sequence[Pair], half: str) -> list[Pair]:
    return [pair for pair in pairs if pair.half == half]


def _hit(meanings: Meanings, pair: Pair) -> bool:
    return judge(meanings.of(pair.a), meanings.of(pair.b)).same


def _near(embeddings: StaticEmbeddings, pairs: Sequence[Pair]) -> int:
    """How many pairs are as near to each other, as they are written."""
    one = embeddings.embed_documents([pair.a for pair in pairs])
    other = embeddings.embed_documents([pair.b for pair in pairs])
    return int(((one * other).sum(axis=1) >= ALIKE).sum())


def _milliseconds(meanings: Meanings, question: str) -> float:
    start = time.perf_counter()
    meanings.of(question)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    sys.exit(main())
