"""Where a name stands now, in a text that may have changed since the index saw it.

Not here: what stands there, and positions as an editor counts them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.syntax.source import split_lines
from dt6_lsp.workspace import content
from dt6_lsp.workspace.documents import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.features.roots import Roots

_MOST_BYTES = 5_000_000


class Seen(NamedTuple):
    """A name, where the index has it: the line from 1, the column in code points."""

    path: str
    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class NamePlace:
    """`line` from 1, the columns in code points, the end exclusive; `text` is that line."""

    line: int
    start: int
    end: int
    text: str


def name_places(roots: Roots, seen: Iterable[Seen], texts: Mapping[str, str]) -> list[NamePlace]:
    """In `texts`, by path, else in the files as they are on disk, each read once. Of a file that can't be read it is
    where the index has it, on a line of spaces."""
    lines: dict[str, Sequence[str] | None] = {}
    places = []
    for path, name, line, column in seen:
        if path not in lines:
            text = texts[path] if path in texts else on_disk(roots, path)
            lines[path] = None if text is None else split_lines(text)
        known = lines[path]
        unknown = NamePlace(line, column, column + len(name), " " * column + name)
        places.append(unknown if known is None else name_place(known, name, line, column))
    return places


def on_disk(roots: Roots, path: str) -> str | None:
    """The text of a file; None for one that is outside, behind a link, too large or no text. Blocking."""
    try:
        root, inside = roots.split(path)
    except WorkspaceError:
        return None
    data = read_bytes(root, inside, _MOST_BYTES)
    decoded = None if isinstance(data, str) else content.decode(data)
    return decoded[0] if decoded else None


def name_place(lines: Sequence[str], name: str, line: int, column: int) -> NamePlace:
    """The name where it was last seen, or the nearest line that has it; where none has, the line that it was on."""
    if _at(lines, line)[column : column + len(name)] == name:
        return NamePlace(line, column, column + len(name), _at(lines, line))
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    found = [
        (number, at.start()) for number, text in enumerate(lines, 1) if name in text and (at := whole.search(text))
    ]
    if not found:
        near = max(1, min(line, len(lines)))
        return NamePlace(near, 0, 0, _at(lines, near))
    number, start = min(found, key=lambda place: (abs(place[0] - line), place[1] != column, place))
    return NamePlace(number, start, start + len(name), _at(lines, number))


def _at(lines: Sequence[str], line: int) -> str:
    return lines[line - 1] if 1 <= line <= len(lines) else ""
