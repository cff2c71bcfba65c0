"""A whole hover, within a few milliseconds: what the index says at once, and what else is known by then.

Related code is waited for briefly; the last change is shown when git has told it (`changes`). Whatever comes late is
there at the next hover. Nothing here calls a model or runs a program while somebody waits. Not here: the words of it
(`hover_text`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.assistant.blocking import Patience
from dt6_lsp.features.definition_text import definition_lines
from dt6_lsp.features.hover import described, located
from dt6_lsp.features.related import related_definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.features.changes import Changes
    from dt6_lsp.features.hover import Hover
    from dt6_lsp.index.model import Definition, Reader

RELATED_SECONDS = 0.008


class _Seen(NamedTuple):
    reader: Reader
    found: Hover
    definition: Definition


class Hovering:
    """Belongs to one event loop. `run` is for what blocks."""

    def __init__(self, run: Blocking, changes: Changes, related_seconds: float = RELATED_SECONDS) -> None:
        self._run, self._changes = run, changes
        self._related = Patience(run, related_seconds)

    async def at(self, over: Callable[[], Reader], path: str, text: str, line: int, column: int) -> Hover | None:
        """As `features.hover.hover`, over the reader that `over` gives."""
        seen = await self._run(lambda: self._look(over(), path, text, line, column))
        if seen is None:
            return None
        nothing: tuple[Definition, ...] = ()
        related = await self._related.wait_for(lambda: related_definitions(seen.reader, seen.definition), nothing)
        return replace(seen.found, related=related)

    def close(self) -> None:
        self._changes.close()

    def _look(self, reader: Reader, path: str, text: str, line: int, column: int) -> _Seen | None:
        place = located(reader, path, text, line, column)
        if place is None:
            return None
        item = place.definition
        changed = self._changes.of(item.path, lambda: definition_lines(reader, item))
        return _Seen(reader, replace(described(reader, place, path), changed=changed), item)
