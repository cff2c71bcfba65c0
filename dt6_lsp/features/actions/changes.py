"""Changes to a text: as few and as small as make one text into the other, so that cursors, folds and marks survive.

Places are offsets into the text, in characters. Not here: where the new text comes from, and an editor's positions.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands from `start` up to `end` becomes `text`."""

    start: int
    end: int
    text: str


def lines_with_ends(text: str) -> list[str]:
    """Joined, they are the text again."""
    return _LINE.findall(text)


def span_of_lines(text: str, first: int, last: int) -> tuple[int, int]:
    """Offsets of these lines (from 1, both included), with their ends; of lines past the text, its end."""
    starts = [0, *accumulate(map(len, lines_with_ends(text)))]
    return starts[min(first - 1, len(starts) - 1)], starts[min(last, len(starts) - 1)]


def line_end(text: str) -> str:
    """The one that most lines of a text have."""
    counts = Counter(_LINE_END.findall(text))
    return counts.most_common(1)[0][0] if counts else "\n"


def apply(text: str, changes: Iterable[Replacement]) -> str:
    """The text with all of them made. They must not overlap."""
    parts: list[str] = []
    done = 0
    for change in sorted(changes, key=lambda each: each.start):
        parts += (text[done : change.start], change.text)
        done = change.end
    return "".join((*parts, text[done:]))


def replacements(text: str, start: int, end: int, new: str) -> tuple[Replacement, ...]:
    """What makes `text[start:end]` into `new`, by whole lines, in order."""
    old_lines, new_lines = lines_with_ends(text[start:end]), lines_with_ends(new)
    offsets = [start, *(start + size for size in accumulate(map(len, old_lines)))]
    matcher = SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    return tuple(
        Replacement(offsets[old_first], offsets[old_last], "".join(new_lines[new_first:new_last]))
        for what, old_first, old_last, new_first, new_last in matcher.get_opcodes()
        if what != "equal"
    )
