"""Questions for a value (which variable, what default, which port) and the lines of code that hold one.

Such a line seldom repeats the question: the words stand in the lines around it and in the name of the file.
Not here: paragraphs, which `quotes` chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.assistant.prose import is_prose
from dt6_lsp.assistant.relevance import Relevance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.index.model import Hit

MOST = 2
LEAST_FIT = 0.35
_ASKED = re.compile(
    r"\b(?:which|what(?:'s)?|name of|how (?:many|long|large|big|much|often))\b[^.?!]*"
    r"\b(?:variable|env|option|flag|setting|default|limit|maximum|max|minimum|min|port|time-?out|size|constant|header"
    r"|status code|exit code|version|long|many)s?\b",
    re.IGNORECASE,
)
_OF_THE_KIND = re.compile(
    r"\b(?:environment|env|variables?|options?|flags?|settings?|constants?|sets?|names?|called|values?|controls?)\b",
    re.IGNORECASE,
)
_OF_ENVIRONMENT = re.compile(r"\benv(?:ironment)?\b", re.IGNORECASE)
_NAME = r"[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]"
_VALUE = re.compile(rf"\b{_NAME}\b|[=:]\s*-?\d|#\s*define\s+\w+\s+\S|\bdefault")
_ENVIRONMENT = re.compile(
    rf"(?:[gG]et_?[eE]nv|environ|ENV|\benv)\w*\W{{0,12}}[A-Z][A-Z0-9_]{{2,}}|[`\"']{_NAME}[`\"'=]"
)
_AROUND = 2
_LONGEST_LINE = 300  # what is longer is data


@dataclass(frozen=True, slots=True)
class Spot:
    """A few lines around one that holds a value."""

    hit: Hit
    start_line: int
    end_line: int
    text: str
    fit: float


def asks_for_value(question: str) -> bool:
    return _ASKED.search(question) is not None


def holds_value(question: str, text: str) -> bool:
    """Whether a text has what such a question asks for: a name in capitals, a number that is set; of the environment,
    a name that is read from there."""
    wanted = _ENVIRONMENT if _OF_ENVIRONMENT.search(question) else _VALUE
    return wanted.search(text) is not None


def subject(question: str) -> str:
    """What the value is of: "number of threads" where the question is which variable sets it."""
    return _OF_THE_KIND.sub(" ", question)


def spots(question: str, pool: Sequence[Hit]) -> list[Spot]:
    """The best places in code, one of each file, best first; none for a question that asks for no value."""
    if not asks_for_value(question):
        return []
    about = Relevance(subject(question), (hit.text for hit in pool))
    code = (hit for hit in pool if not is_prose(hit.path) and not is_side(hit.path))
    found = sorted(
        (spot for hit in code for spot in _in_hit(question, hit, about) if spot.fit >= LEAST_FIT),
        key=lambda spot: (-spot.fit, spot.hit.path, spot.start_line),
    )
    best: dict[str, Spot] = {}
    for spot in found:
        best.setdefault(spot.hit.path, spot)
    return [spot for spot in best.values() if spot.fit >= 0.75 * found[0].fit][:MOST]


def _in_hit(question: str, hit: Hit, relevance: Relevance) -> Iterable[Spot]:
    lines = hit.text.splitlines()
    around = relevance.terms(f"{hit.path} {hit.symbol}")
    for place, line in enumerate(lines):
        if len(line) > _LONGEST_LINE or not holds_value(question, line):
            continue
        first, last = max(0, place - _AROUND), min(len(lines), place + _AROUND + 1)
        while not lines[first].strip():
            first += 1
        while not lines[last - 1].strip():
            last -= 1
        window = lines[first:last]
        near, own = relevance.terms("\n".join(window)), relevance.coverage(line)
        both = {word: max(near.get(word, 0.0), 0.8 * around.get(word, 0.0)) for word in near.keys() | around.keys()}
        if near:
            fit = hit.score**0.3 * (relevance.of_terms(both) + 0.5 * own)
            yield Spot(hit, hit.start_line + first, hit.start_line + last - 1, "\n".join(window), fit)
