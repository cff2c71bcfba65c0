"""A question as named numbers: clues, how many of each group, pairs of those with the question's form, words.

The same code runs when the weights are learned and when they are used, so the two can't drift apart. Nothing here
depends on the intent in question; a feature that never was in a question of the training set has no weight.
Not here: the patterns (`clues`), and the vector of the whole text (the static embedding).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dt6_lsp.assistant.mentions import identifiers, places
from dt6_lsp.assistant.routing.clues import CLUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_LINE = 300  # characters of a pasted line that are looked at: some patterns are quadratic in it
_FIRST, _LAST = 4_000, 1_000  # characters of a paste that are looked at; the question stands before or after it
_MOST_WORDS, _MOST_CUT = 200, 60
_LONGEST = 40  # letters of a word that are looked at in runs
_MOST_OF_A_GROUP = 4
# How much a feature of a kind weighs beside a clue: less is learned from what is seen more seldom.
_COUNT, _PAIR, _WORD = 0.5, 0.5, 0.6

_ERROR_NAME = re.compile(r"(?:Error|Exception|Panic)$")
_LETTERS = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[?!{}();:=<>`]")

TOPICS = ("debug", "arch", "docs", "general")  # groups of clues that speak against plain code when one is there
NAMED = ("names code", "names a file", "names a line")
_GROUPS = (*TOPICS, "code")
_OF_WORKSPACE = ("the thing", "ours", "selected", "this project", "names code", "names a file", "where")
_FORMS = (
    *(clue.name for clue in CLUES["form"] if clue.name.startswith("begins")),
    "how do i", "few words", "one or two words", "ends in ?", "several lines", "edit", "names code",
    "names nothing of the workspace", "nothing else",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """`text` is what of the question is looked at; `clues` are the names of its clues, each in words for people;
    `features` are all numbers, by name."""

    text: str
    clues: Mapping[str, str]
    features: Mapping[str, float]


def read(question: str) -> Read:
    text = shortened(question)
    clues, counts = _seen(text)
    features = {f"clue {name}": 1.0 for name in clues}
    features |= {f"count {group}": _COUNT * number for group, number in counts.items()}
    features |= {f"pair {name}": value for name, value in _pairs(clues, counts)}
    features |= dict.fromkeys((f"word {word}" for word in _words(text)), _WORD)
    return Read(text, clues, features)


def shortened(question: str) -> str:
    """All that a person types; of a paste its two ends, and of its lines the start."""
    if len(question) > _FIRST + _LAST:
        question = f"{question[:_FIRST]}\n{question[-_LAST:]}"
    return "\n".join(line[:LONGEST_LINE] for line in question.splitlines() if line.strip())


def _seen(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """The clues in a text, and how many of each group there are."""
    found = {group: [clue for clue in rows if clue.pattern.search(text)] for group, rows in CLUES.items()}
    clues = {clue.name: clue.why for rows in found.values() for clue in rows} | _named(text) | _size(text)
    if not any(name in clues for name in _OF_WORKSPACE):
        clues["names nothing of the workspace"] = "it names nothing of the workspace"
    if not any(found[group] for group in TOPICS):
        clues["nothing else"] = "nothing in it speaks for another kind"
    counts = {group: len(found[group]) for group in _GROUPS}
    counts["code"] += sum(name in clues for name in NAMED)
    return clues, {group: min(number, _MOST_OF_A_GROUP) for group, number in counts.items() if number}


def _named(text: str) -> dict[str, str]:
    names = [name for name in identifiers(text) if not _ERROR_NAME.search(name)]
    files = places(text)
    lined = [place for place in files if place.line]
    found = {}
    if names:
        found["names code"] = f"it names `{names[0]}`"
    if files:
        found["names a file"] = f"it names the file {files[0].path}"
    if lined:
        found["names a line"] = f"it names a line of {lined[0].path}"
    return found


def _size(text: str) -> dict[str, str]:
    words = len(_LETTERS.findall(text))
    told = {
        "one or two words": (words <= 2, "it is a word or two"),
        "few words": (words <= 5, "it is short"),
        "many words": (words > 25, "it is long"),
        "several lines": ("\n" in text, "it has several lines"),
    }
    return {name: why for name, (so, why) in told.items() if so}


def _pairs(clues: Mapping[str, str], counts: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """What a group of clues means depends on how the question is put, and on what else is in it."""
    for form in _FORMS:
        if form in clues:
            yield from ((f"{form}, {group}", _PAIR * _COUNT * number) for group, number in counts.items())
    present = [group for group in _GROUPS if group in counts]
    for place, first in enumerate(present):
        yield from ((f"{first}, {second}", _PAIR) for second in present[place + 1 :])


def _words(text: str) -> set[str]:
    """Words, pairs of neighbours and of those with one word between (`^` and `$` are the ends of the text), and the
    runs of three letters in words, by which inflections and misspellings are still known."""
    tokens = _TOKEN.findall(text.lower())[:_MOST_WORDS]
    words = ["^", *tokens, "$"]
    near = {f"{first} {second}" for first, second in pairwise(words)}
    apart = {f"{first} _ {second}" for first, second in zip(words, words[2:], strict=False)}
    parts = {f"<{word}>"[at : at + 3] for word in tokens[:_MOST_CUT] for at in range(max(1, min(len(word), _LONGEST)))}
    return {*tokens, *near, *apart, *(f"#{part}" for part in parts)}
