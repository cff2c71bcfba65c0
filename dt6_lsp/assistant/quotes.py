"""Paragraphs of the workspace's documents that answer a question, each with the code or list that it introduces.

Not here: cutting a document into paragraphs (`prose`), how they are shown (`digest`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import translations
from dt6_lsp.assistant.prose import Paragraph, file_doc, is_prose, paragraphs
from dt6_lsp.assistant.relevance import Relevance
from dt6_lsp.assistant.values import asks_for_value, holds_value, subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.index.model import Hit

Quote = tuple[Paragraph, Paragraph | None]
_QUOTES: dict[Intent, int] = {"code": 1, "debug": 1, "docs": 3, "arch": 0, "general": 2}
_QUOTE_FITS: dict[Intent, float] = {"code": 0.5, "debug": 0.5, "docs": 0.34, "arch": 1.0, "general": 0.4}
"""The share of the question's weight that a paragraph must hold."""
_CHANGES = re.compile(r"(?:^|/)(?:change|news|history|release)", re.IGNORECASE)
_SHORTEST_QUOTE = 40
_SHORTEST_OPENING = 15
_MOST_OPENINGS = 3
_LONGEST_ADDITION = 10  # lines of code or of a list that belong to the paragraph before them
_LONGEST_EXAMPLE = 12  # lines; a longer one is cut
_EXAMPLE_FITS = 0.5
_CHANGED = 0.6  # a paragraph of a changelog
_DECAY = 0.02  # a rank less is worth so much less
_VALUE = (
    1.0  # what a paragraph with a value gains where one is asked for, by how much it speaks of what the value is of
)


def best_quotes(
    question: str, hits: Sequence[Hit], heads: Mapping[str, Hit], relevance: Relevance, intent: Intent
) -> list[Quote]:
    """Paragraphs that hold enough of the question, best first, each with the code or list that it introduces. `heads`
    are the beginnings of files, by path; they rank as the first hit of their file does."""
    scored: list[tuple[float, Paragraph, Paragraph | None]] = []
    about = Relevance(subject(question), (hit.text for hit in hits)) if asks_for_value(question) else None
    ranks = {hit.path: rank for rank, hit in reversed(list(enumerate(hits)))}
    for rank, hit in (*enumerate(hits), *((ranks[path], head) for path, head in heads.items())):
        for first, following in _prose_of(hit):
            more = _addition(first, following)
            fit = _fit(first, more, relevance) * translations.weight(question, hit.path, first.text)
            if about is not None and fit and holds_value(question, first.text):
                fit += _VALUE * about.coverage(f"{first.path} {first.heading} {first.text}")
            if fit >= _QUOTE_FITS[intent]:
                scored.append((fit / (1 + _DECAY * rank), first, more))
    scored.sort(key=lambda item: (-item[0], item[1].path, item[1].start_line))
    chosen: list[Quote] = []
    for _, first, more in scored:
        if len(chosen) < _QUOTES[intent] and not any(_repeats(first, *pair) for pair in chosen):
            chosen.append((_cut(first), more))
    return chosen


def openings(hits: Sequence[Hit]) -> list[Quote]:
    """The first words of each file, for a question that tells nothing of them apart."""
    first: dict[str, Quote] = {}
    for hit in hits:
        told = (pair for pair in _prose_of(hit) if len(pair[0].text) >= _SHORTEST_OPENING)
        for paragraph, following in told:
            first.setdefault(paragraph.path, (_cut(paragraph), _addition(paragraph, following)))
    return list(first.values())[:_MOST_OPENINGS]


def _fit(first: Paragraph, more: Paragraph | None, relevance: Relevance) -> float:
    """How much of the question a paragraph holds; an example that no words introduce is known by its heading."""
    heading = relevance.coverage(f"{first.path} {first.heading}")
    if first.code:
        words = heading if relevance.coverage(first.heading) >= _EXAMPLE_FITS else 0.0
    elif more is not None or len(first.text) >= _SHORTEST_QUOTE:
        words = relevance.coverage(first.text)
    else:
        words = 0.0
    return (_CHANGED if _CHANGES.search(first.path) else 1.0) * (words + 0.4 * heading) if words else 0.0


def _cut(paragraph: Paragraph) -> Paragraph:
    """A long example is told by its beginning."""
    lines = paragraph.text.splitlines()
    if not paragraph.code or len(lines) <= _LONGEST_EXAMPLE:
        return paragraph
    shown = "\n".join(lines[:_LONGEST_EXAMPLE])
    return replace(paragraph, text=f"{shown}\n…", end_line=paragraph.start_line + _LONGEST_EXAMPLE - 1)


def _repeats(paragraph: Paragraph, first: Paragraph, more: Paragraph | None) -> bool:
    last = (more or first).end_line
    return paragraph.path == first.path and first.start_line <= paragraph.start_line <= last


def _addition(first: Paragraph, following: Paragraph | None) -> Paragraph | None:
    if following is None or following.text.count("\n") >= _LONGEST_ADDITION:
        return None
    return following if following.code or first.text.rstrip().endswith(":") else None


def _prose_of(hit: Hit) -> list[Quote]:
    if is_prose(hit.path):
        found = paragraphs(hit)
        return list(zip(found, [*found[1:], None], strict=False))
    said = file_doc(hit.text) if hit.start_line < 5 else ""
    if not said:
        return []
    last = hit.text.splitlines().index(next(line for line in hit.text.splitlines() if said.splitlines()[-1] in line))
    return [(Paragraph(hit.path, hit.start_line, hit.start_line + last, said), None)]
