"""A whole hover, within a few milliseconds: what the index says at once, and what else is known by then.

Related code is waited for briefly; the last change is shown when git has told it (`changes`), and an explanation when a
model has written it (`explaining`). Whatever comes late is there at the next hover. Nothing here calls a model or runs
a program while somebody waits. Not here: the words of it (`hover_text`).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.assistant.blocking import Patience
from dt6_lsp.features.definition_text import definition_lines
from dt6_lsp.features.explaining import Subject, subject_of
from dt6_lsp.features.hover import described, located
from dt6_lsp.features.related import related_definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.features.changes import Changes
    from dt6_lsp.features.explaining import Explainer
    from dt6_lsp.features.explanations import Explanation
    from dt6_lsp.features.hover import Hover
    from dt6_lsp.index.model import Definition, Reader

RELATED_SECONDS = 0.009  # from the beginning of the hover
_MOST_REMEMBERED = 50


class _Seen(NamedTuple):
    reader: Reader
    found: Hover
    subject: Subject | None  # where an explanation may be shown
    known: tuple[Explanation, ...]
    definition: Definition


class Hovering:
    """Belongs to one event loop. `run` is for what blocks."""

    def __init__(
        self, run: Blocking, changes: Changes, explainer: Explainer, related_seconds: float = RELATED_SECONDS
    ) -> None:
        self._run, self._changes, self._explainer = run, changes, explainer
        self._related = Patience(run, related_seconds)
        self._related_to: dict[tuple[str, str], tuple[Definition, ...]] = {}

    async def at(
        self, services: Services, over: Callable[[], Reader], path: str, text: str, line: int, column: int
    ) -> Hover | None:
        """As `features.hover.hover`, over the reader that `over` gives."""
        began = asyncio.get_running_loop().time()
        explains = services.settings.hover.explain != "off"
        seen = await self._run(lambda: self._look(over(), path, text, line, column, explains=explains))
        if seen is None:
            return None
        item = seen.definition
        late = self._related_to.get((item.path, item.qualified), ())
        related = await self._related.wait_for(lambda: self._relate(seen.reader, item), late, since=began)
        shown = None
        if seen.subject is not None:
            shown = await self._explainer.shown(seen.subject, seen.known, seen.reader, services)
        return replace(seen.found, related=related, explanation=shown)

    def _relate(self, reader: Reader, item: Definition) -> tuple[Definition, ...]:
        """One at a time, and remembered: in a large workspace it comes too late for the hover that asked."""
        found = self._related_to[item.path, item.qualified] = related_definitions(reader, item)
        while len(self._related_to) > _MOST_REMEMBERED:
            del self._related_to[next(iter(self._related_to))]
        return found

    def _look(self, reader: Reader, path: str, text: str, line: int, column: int, *, explains: bool) -> _Seen | None:
        place = located(reader, path, text, line, column)
        if place is None:
            return None
        item = place.definition
        changed = self._changes.of(item.path, lambda: definition_lines(reader, item))
        subject = subject_of(reader, item) if explains else None
        known = self._explainer.known(subject) if subject is not None else ()
        return _Seen(reader, replace(described(reader, place, path), changed=changed), subject, known, item)
