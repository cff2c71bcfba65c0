"""How much of a question a piece of text bears on, by its words alone.

A word weighs more the rarer it is among what was found (the inverse document frequency of Sparck Jones, 1972), and
words that only ask weigh nothing. Code shortens words and joins them: `params` speaks of parameters and `nthreads` of
threads, so a part of a word counts for a share of it. Not here: search over the workspace, which the index does.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ASKING = frozenset(
    "a an the is are was were be been do does did how what where when why which who whom whose can could "  # noqa: SIM905
    "should would "
    "will may might of in on at to for from by with without and or not no if then than that this these those it its i "
    "we you me my our your there here into out up about as has have had so any all some me tell show explain find give "
    "please work works working happen happens become becomes code function method class file module project "
    "workspace".split()
)
_BEGINS, _HOLDS = 0.7, 0.5  # the share of a word that its beginning, or a longer word around it, counts for
_SHORTEST_BEGINNING, _SHORTEST_HELD = 3, 4


class Relevance:
    """`background` is the texts among which rarity is measured: the hits."""

    def __init__(self, question: str, background: Iterable[str]) -> None:
        self._terms = Terms()
        asking = {stem for word in ASKING for stem in self._terms.of(word)}
        in_order = self._terms.of(question)
        wanted = set(in_order)
        texts = [set(self._terms.of(text)) for text in background]
        seen = Counter(term for text in texts for term in wanted & text)
        useful = (wanted - asking) or wanted
        self._weights = {term: math.log(2 + len(texts) / (1 + seen[term])) for term in useful}
        self._joined = {a + b: (a, b) for a, b in pairwise(in_order) if a in useful and b in useful}
        self._total = sum(self._weights.values()) or 1.0
        self._near: dict[str, Mapping[str, float]] = {}

    def coverage(self, text: str) -> float:
        """The share of the question's weight whose words stand in the text, 0 to 1."""
        return self.of_terms(self.terms(text))

    def terms(self, text: str) -> dict[str, float]:
        """The question's words that stand in the text, each with how much of it does, to 1."""
        found: dict[str, float] = {}
        for term in set(self._terms.of(text)):
            near = self._near.get(term)
            if near is None:
                near = self._near[term] = self._likeness(term)
            for word, share in near.items():
                found[word] = max(share, found.get(word, 0.0))
        return found

    def of_terms(self, terms: Mapping[str, float]) -> float:
        return sum(self._weights[word] * share for word, share in terms.items()) / self._total

    def _likeness(self, term: str) -> dict[str, float]:
        shares = {word: _share(term, word) for word in self._weights}
        shares.update(dict.fromkeys(self._joined.get(term, ()), 1.0))
        return {word: share for word, share in shares.items() if share}


def _share(term: str, word: str) -> float:
    """How much of a question's word a term of a text is."""
    if term == word:
        return 1.0
    short, long = sorted((term, word), key=len)
    if len(short) >= _SHORTEST_BEGINNING and long.startswith(short) and len(long) <= 3 * len(short):
        return _BEGINS
    return _HOLDS if len(word) >= _SHORTEST_HELD and word in term and len(term) <= 3 * len(word) else 0.0
