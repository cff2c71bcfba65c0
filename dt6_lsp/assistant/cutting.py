"""A hit cut to the run of its lines that bears most on the question, where the whole of it would take too much room.

A run and no more: what a model cites is a range of lines, and it has seen all of them. Not here: how much room a hit
may take (`context`), and the excerpts of answers without a model (`excerpts`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.relevance import Relevance
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dt6_lsp.index.model import Hit

_QUESTION_CHARACTERS = 2_000  # the beginning of a long question (a pasted log) says enough
_DECLARATION = 0.3  # worth of the line that names the hit's definition; one with all words of the question has 1
_ANY_LINE = 0.002  # of two runs that say the same, the one with more code


@dataclass(slots=True)
class Cutter:
    """Knows what the question's words are worth among these hits, once a hit has to be cut."""

    question: str
    hits: Sequence[Hit]
    _relevance: Relevance | None = None

    def cut(self, hit: Hit, cost: Callable[[str], int], most: int) -> Hit | None:
        """The best run of lines whose `cost` is `most` at most, without blank lines around it; None where no line
        that says anything fits."""
        lines = lines_of(hit.text)
        worths = self._worths(hit, lines)
        start, end = _best_run(worths, [cost(line + "\n") for line in lines], most)
        while start < end and not lines[start].strip():
            start += 1
        while start < end and not lines[end - 1].strip():
            end -= 1
        if start == end:
            return None
        first = hit.start_line + start
        return replace(hit, start_line=first, end_line=first + end - start - 1, text="\n".join(lines[start:end]))

    def _worths(self, hit: Hit, lines: Sequence[str]) -> list[float]:
        if self._relevance is None:
            self._relevance = Relevance(self.question[:_QUESTION_CHARACTERS], (hit.text for hit in self.hits))
        worths = [self._relevance.coverage(line) ** 2 + _ANY_LINE * bool(line.strip()) for line in lines]
        name = hit.symbol.rpartition(".")[2]
        declared = next((place for place, line in enumerate(lines) if name and name in line), None)
        if declared is not None:
            worths[declared] += _DECLARATION
        return worths


def _best_run(worths: Sequence[float], costs: Sequence[int], most: int) -> tuple[int, int]:
    """Start and end (exclusive) of the run worth most of those that cost at most `most`; the first of equals."""
    best, best_worth = (0, 0), 0.0
    start, worth, spent = 0, 0.0, 0
    for end in range(len(worths)):
        worth += worths[end]
        spent += costs[end]
        while spent > most:
            worth -= worths[start]
            spent -= costs[start]
            start += 1
        if worth > best_worth + _ANY_LINE / 2:
            best, best_worth = (start, end + 1), worth
    return best
