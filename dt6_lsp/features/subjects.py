"""What somebody wants to be told about: the definition that a place in a text means, or else its lines.

A name means its definition, wherever that is; a place without one the innermost definition around it; marked lines
themselves, but for those that are all of a definition. Not here: telling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.parts import Passage
from dt6_lsp.features.explaining import Subject, subject_of
from dt6_lsp.features.hover import located
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from dt6_lsp.index.model import Reader

AROUND = 40  # lines before and after a place that is in no definition


@dataclass(frozen=True, slots=True)
class Marked:
    """Lines of a text (from 1, both included), with the column in the first; `selected`: the user marked them. `path`
    names the text for a model, `inside` as the engine does: "" for what has no place in the workspace."""

    path: str
    text: str
    start_line: int
    end_line: int
    column: int = 0
    selected: bool = False
    inside: str = ""


def subject_at(reader: Reader, place: Marked) -> Subject | Passage:
    """Blocking."""
    outline = reader.outline(place.inside) if place.inside else []
    lines = lines_of(place.text)
    first, last = _within(place, lines)
    if place.selected:
        whole = [item for item in outline if (item.start_line, item.end_line) == (first, last)]
        return subject_of(reader, whole[0]) if whole else _passage(place, lines, first, last)
    found = located(reader, place.inside or place.path, place.text, place.start_line, place.column)
    if found is not None:
        return subject_of(reader, found.definition)
    around = [item for item in outline if item.start_line <= first <= item.end_line]
    if around:
        return subject_of(reader, min(around, key=lambda item: item.end_line - item.start_line))
    return _passage(place, lines, max(1, first - AROUND), min(len(lines), first + AROUND))


def subject_called(reader: Reader, name: str, near: str = "") -> Subject | None:
    """The one in the file `near`, if there is one; else whichever comes first. Blocking."""
    found = reader.definitions(name, near)
    return subject_of(reader, found[0]) if found else None


def _within(place: Marked, lines: list[str]) -> tuple[int, int]:
    """The lines without blank ones around them, as somebody marks a function."""
    first, last = min(place.start_line, max(1, len(lines))), min(place.end_line, len(lines))
    while first < last and not lines[first - 1].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return first, max(first, last)


def _passage(place: Marked, lines: list[str], first: int, last: int) -> Passage:
    return Passage(place.path, first, last, "\n".join(lines[first - 1 : last]))
