"""The few lines of a definition that bear most on a question: its declaration, then the densest run of its body.

Lines left out are marked by an ellipsis. Not here: choosing the definition (`candidates`).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.assistant.relevance import Relevance
    from dt6_lsp.index.model import Definition

MOST_LINES = 12
_WHOLE = 14  # a body up to this long is shown whole
_DECLARATION = 6
_LINE_WIDTH = 140
_STEP = 4  # an ellipsis is indented at most this much deeper than the line above it
_QUOTES = ('"""', "'''", 'r"""', 'f"""')

Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`start_line` and `end_line` are the first and the last line shown."""

    text: str
    start_line: int
    end_line: int


def excerpt(definition: Definition, lines: Mapping[int, str], relevance: Relevance) -> Excerpt | None:
    """None when the file's lines are not at hand."""
    span = range(definition.start_line, definition.end_line + 1)
    body = _without_docstring([(number, lines.get(number, "")) for number in span])
    if not any(text.strip() for _, text in body):
        return None
    shown = body if len(body) <= _WHOLE else _densest(definition, body, relevance)
    return Excerpt(_rendered(shown, body), shown[0][0], shown[-1][0])


def _without_docstring(body: Sequence[Line]) -> list[Line]:
    """A docstring is told in words above the excerpt."""
    kept: list[Line] = []
    closing = ""
    for number, text in body:
        stripped = text.strip()
        if closing:
            closing = "" if stripped.endswith(closing) else closing
        elif not stripped and kept and kept[-1][1].rstrip().endswith(":"):
            continue  # a blank line after the declaration, or where the docstring was
        elif stripped.startswith(_QUOTES) and kept and kept[-1][1].rstrip().endswith(":"):
            quote = stripped.lstrip("rfbu")[:3]
            closing = "" if len(stripped) > 5 and stripped.endswith(quote) else quote
        else:
            kept.append((number, text))
    return _trimmed(kept)


def _trimmed(lines: list[Line]) -> list[Line]:
    while lines and not lines[-1][1].strip():
        lines = lines[:-1]
    while lines and not lines[0][1].strip():
        lines = lines[1:]
    return lines


def _densest(definition: Definition, body: Sequence[Line], relevance: Relevance) -> list[Line]:
    head = _declaration(definition, body)
    rest = [line for line in body if line[0] > head[-1][0]]
    size = MOST_LINES - len(head)
    scores = [relevance.coverage(text) ** 2 for _, text in rest]
    starts = range(max(1, len(rest) - size + 1))
    peak = max(range(len(rest)), key=lambda place: (scores[place], -place), default=0)
    best = max(starts, key=lambda start: (sum(scores[start : start + size]), -abs(start + size // 2 - peak)))
    return head + _trimmed(rest[best : best + size])


def _declaration(definition: Definition, body: Sequence[Line]) -> list[Line]:
    """From the line of the name until its brackets close."""
    head: list[Line] = []
    depth = 0
    for number, text in body:
        if number < definition.name_line:
            continue
        head.append((number, text))
        depth += sum(text.count(mark) for mark in "([") - sum(text.count(mark) for mark in ")]")
        if depth <= 0 or len(head) >= _DECLARATION:
            break
    return head or list(body[:1])


def _rendered(shown: Sequence[Line], body: Sequence[Line]) -> str:
    """`shown` with an ellipsis wherever lines of `body` are left out."""
    shown = _bridged(shown, body)
    order = {number: place for place, (number, _) in enumerate(body)}
    lines: list[str] = []
    previous = None
    for number, text in shown:
        if previous is not None and order[number] != order[previous] + 1:
            lines.append(min(_indent(text), _indent(lines[-1]) + " " * _STEP, key=len) + "…")
        lines.append(text.expandtabs(4)[:_LINE_WIDTH] if len(text) > _LINE_WIDTH else text.expandtabs(4))
        previous = number
    if previous is not None and previous != body[-1][0]:
        lines.append(_indent(lines[-1]) + "…")
    return textwrap.dedent("\n".join(line.rstrip() for line in lines))


def _bridged(shown: Sequence[Line], body: Sequence[Line]) -> list[Line]:
    """A single line left out between two shown ones takes no more room than the ellipsis for it."""
    numbers = [number for number, _ in shown]
    kept = set(numbers)
    for before, line, after in zip(body, body[1:], body[2:], strict=False):
        if before[0] in kept and after[0] in numbers:
            kept.add(line[0])
    return [line for line in body if line[0] in kept]


def _indent(line: str) -> str:
    plain = line.expandtabs(4)
    return plain[: len(plain) - len(plain.lstrip())]
