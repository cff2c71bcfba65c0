"""The outline of a text: its definitions, each with those inside it.

From the text alone, so it is right for what is not saved, not indexed, or no file at all. Positions are lines and
columns; what an editor calls the kinds is the server's. Not here: parsing (`syntax`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.syntax.languages import language_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.syntax.model import Symbol

MOST_CHARACTERS = 5_000_000  # of a text; parsing more takes seconds, and nobody reads its outline
MOST_SYMBOLS = 5_000  # the outermost ones, where there are more
MOST_KEPT = 8
MOST_LEVELS = 30  # definitions that are deeper stand at this level


@dataclass(frozen=True, slots=True)
class Item:
    """`name` is qualified where the definition does not stand inside of what it belongs to (a method of Go or Rust)."""

    symbol: Symbol
    name: str
    children: list[Item] = field(default_factory=list)


class Outlines:
    """The symbols of the texts that were asked of last, kept for as long as a text is the same. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[str, tuple[Symbol, ...]]] = {}

    def symbols(self, path: str, text: str, language_id: str = "") -> tuple[Symbol, ...]:
        key = (path, language_id)
        with self._lock:
            kept = self._kept.pop(key, None)
        found = kept if kept is not None and kept[0] == text else (text, symbols(path, text, language_id))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return found[1]


def symbols(path: str, text: str, language_id: str = "") -> tuple[Symbol, ...]:
    """Of a text that may be no file. `language_id` is the editor's, for what has no telling name."""
    if len(text) > MOST_CHARACTERS:
        return ()
    from dt6_lsp.syntax import parser  # late: the engine's module is imported where no grammar is needed

    return parser.outline(path, text, language_by_id(language_id))


def outline(path: str, text: str, language_id: str = "") -> list[Item]:
    """The outermost definitions, in the order of the text."""
    return nested(symbols(path, text, language_id))


def nested(found: Sequence[Symbol]) -> list[Item]:
    """`found` in the order of the text, what encloses before what is inside."""
    top: list[Item] = []
    for _, item, siblings in _kept(_placed(found, top)):
        siblings.append(item)
    return top


def _placed(found: Iterable[Symbol], top: list[Item]) -> list[tuple[int, Item, list[Item]]]:
    """Each with its level and the list that it belongs in."""
    placed: list[tuple[int, Item, list[Item]]] = []
    around: list[Item] = []
    for symbol in found:
        if not symbol.name.strip():
            continue
        while around and not _holds(around[-1].symbol, symbol):
            around.pop()
        own = around[-1].symbol.qualified if around else ""
        item = Item(symbol, symbol.name if symbol.container == own else symbol.qualified.removeprefix(f"{own}."))
        placed.append((len(around), item, around[-1].children if around else top))
        if len(around) < MOST_LEVELS:
            around.append(item)
    return placed


def _kept(placed: list[tuple[int, Item, list[Item]]]) -> list[tuple[int, Item, list[Item]]]:
    """At most `MOST_SYMBOLS`, the outermost, still in order: what is kept has its parents."""
    if len(placed) <= MOST_SYMBOLS:
        return placed
    outermost = sorted(range(len(placed)), key=lambda number: (placed[number][0], number))[:MOST_SYMBOLS]
    return [placed[number] for number in sorted(outermost)]


def _holds(outer: Symbol, inner: Symbol) -> bool:
    """By lines, and by name where both stand on the same ones."""
    if inner.start_line < outer.start_line or inner.end_line > outer.end_line:
        return False
    same = (inner.start_line, inner.end_line) == (outer.start_line, outer.end_line)
    return not same or inner.container == outer.qualified
