"""Definitions that are about the same as another: nothing is embedded for it, the vectors are there.

Not here: who uses it and whom it uses (`index.reads`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.features.symbols import definition_of

if TYPE_CHECKING:
    from dt6_lsp.index.model import Definition, Reader

MOST = 3
_LOOKED_AT = 8
_VALUES = frozenset({"constant", "variable", "field", "property", "key"})  # they say little of what is done
_LEAST = 0.5  # cosine; what is less near is about something else


def related_definitions(reader: Reader, item: Definition, most: int = MOST) -> tuple[Definition, ...]:
    """The nearest first. Not the definition itself, what holds it, or what it holds."""
    found: dict[tuple[str, int], Definition] = {}
    for hit in reader.related(item.path, item.qualified, item.name_line, _LOOKED_AT):
        other = definition_of(reader, hit) if hit.score >= _LEAST else None
        if other is not None and other.kind not in _VALUES and not _overlap(other, item):
            found.setdefault((other.path, other.name_line), other)
    return tuple(found.values())[:most]


def _overlap(one: Definition, other: Definition) -> bool:
    return one.path == other.path and one.start_line <= other.end_line and other.start_line <= one.end_line
