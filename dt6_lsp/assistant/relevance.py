"""How much of a question a piece of text bears on, by its words alone.

A word weighs more the rarer it is among what was found (the inverse document frequency of Sparck Jones, 1972), and
words that only ask weigh nothing. Not here: search over the workspace, which the index does.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable

ASKING = frozenset(
    "a an the is are was were be been do does did how what where when why which who whom whose can could "  # noqa: SIM905
    "should would "
    "will may might of in on at to for from by with without and or not no if then than that this these those it its i "
    "we you me my our your there here into out up about as has have had so any all some me tell show explain find give "
    "please work works working happen happens code function method class file module project workspace".split()
)


class Relevance:
    """`background` is the texts among which rarity is measured: the hits."""

    def __init__(self, question: str, background: Iterable[str]) -> None:
        self._terms = Terms()
        asking = {stem for word in ASKING for stem in self._terms.of(word)}
        wanted = set(self._terms.of(question))
        texts = [set(self._terms.of(text)) for text in background]
        seen = Counter(term for text in texts for term in wanted & text)
        useful = (wanted - asking) or wanted
        self._weights = {term: math.log(2 + len(texts) / (1 + seen[term])) for term in useful}
        self._total = sum(self._weights.values()) or 1.0

    def coverage(self, text: str) -> float:
        """The share of the question's weight whose words stand in the text, 0 to 1."""
        return sum(self._weights[term] for term in self._weights.keys() & set(self._terms.of(text))) / self._total
