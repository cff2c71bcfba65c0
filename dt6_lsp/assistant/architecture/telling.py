"""What is told of a workspace's architecture: blocks of Markdown, and the places that they name.

Every sentence is a fixed phrase or text of the workspace, made harmless; every place that is named is noted. Not here:
what is told (`overview`, `replies`, `routes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.sanitize import inline, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Told:
    """`blocks` follow one another as paragraphs, each with the places that it names."""

    parts: tuple[tuple[str, tuple[Citation, ...]], ...]

    @property
    def blocks(self) -> tuple[str, ...]:
        return tuple(block for block, _ in self.parts)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """In the order of the text, once each."""
        return tuple(dict.fromkeys(place for _, places in self.parts for place in places))

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)

    def without_last(self) -> Told:
        return Told(self.parts[:-1])


class Teller:
    """One text in the making. A block holds the places that were named since the one before."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, tuple[Citation, ...]]] = []
        self._named: list[Citation] = []

    def say(self, block: str) -> None:
        if block:
            self._parts.append((block, tuple(self._named)))
            self._named.clear()

    def at(self, path: str, start: int, end: int = 0) -> str:
        """A place, as text; noted."""
        return self.cite(Citation(path, start, max(start, end)))

    def cite(self, place: Citation) -> str:
        self._named.append(place)
        return place_text(place)

    def told(self) -> Told:
        return Told(tuple(self._parts))


def place_text(place: Citation) -> str:
    return inline(str(place) if place.end_line > place.start_line else f"{place.path}:{place.start_line}")


def counted(number: int, what: str, several: str = "") -> str:
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def some(items: Sequence[str], most: int) -> str:
    """The first of a list, and how many more there are."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more:,} more" if more > 0 else "")


def bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def cell(text: str) -> str:
    """Inside a row of a table."""
    return sanitize(text).replace("|", "\\|")
