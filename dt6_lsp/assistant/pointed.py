"""Lines that a question points to, "src/a.py:12" or a frame of a stack trace, with what is around them. Blocking.

Not here: how they are shown (`digest`), and what a model is given of them (`retrieval`).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from dt6_lsp.assistant.mentions import located, places
from dt6_lsp.assistant.traces import innermost_first
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from dt6_lsp.index.model import Definition, Reader

_MOST = 3
_AROUND = 3  # lines before and after


@dataclass(frozen=True, slots=True)
class Pointed:
    """`inside` is the innermost definition that holds the line."""

    path: str
    line: int
    text: str
    language: str
    inside: Definition | None


def pointed(question: str, reader: Reader) -> list[Pointed]:
    """The innermost first, once each; a line that the file doesn't have is none."""
    asked = [place for place in innermost_first(question, places(question)) if place.line]
    files = reader.files() if asked else []
    known = dict.fromkeys((located(place, files, reader), place.line) for place in asked)
    found = (_look(path, line, reader) for path, line in known if path is not None)
    return list(islice((each for each in found if each is not None), _MOST))  # no more files are read than are shown


def _look(path: str, line: int, reader: Reader) -> Pointed | None:
    lines: dict[int, str] = {}
    language = ""
    for chunk in reader.chunks(path):
        lines.update(enumerate(lines_of(chunk.text), chunk.start_line))
        language = chunk.language
    if line not in lines:
        return None
    near = [lines[number] for number in range(line - _AROUND, line + _AROUND + 1) if number in lines]
    holders = [item for item in reader.outline(path) if item.start_line <= line <= item.end_line]
    inside = min(holders, key=lambda item: item.end_line - item.start_line, default=None)
    return Pointed(path, line, textwrap.dedent("\n".join(near)).strip("\n"), language, inside)
