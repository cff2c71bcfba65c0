"""The suggestions of the last minutes: who types on along one is answered from it, and no model is asked.

In memory, and few. A suggestion without text says that there is none at this place. Not here: how one is made.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.features.completion.gap import Gap

MOST = 32
_BEFORE = 2_000  # characters that must be the same
_AFTER = 500


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to insert at the gap, and who wrote it."""

    text: str
    model: str


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    place: int
    before: str
    after: str
    suggestion: Suggestion

    def left(self, gap: Gap) -> str | None:
        """What is left of it to suggest; None where something else stands there now."""
        typed = gap.before[self.place :]
        same = (
            gap.path == self.path
            and len(gap.before) >= self.place
            and gap.after[:_AFTER] == self.after
            and gap.before.startswith(self.before, self.place - len(self.before))
            and self.suggestion.text.startswith(typed)
        )
        if not same or (typed and typed == self.suggestion.text):
            return None
        return self.suggestion.text[len(typed) :]


class Kept:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque(maxlen=MOST)

    def keep(self, gap: Gap, suggestion: Suggestion) -> None:
        before, after = gap.before[-_BEFORE:], gap.after[:_AFTER]
        self._entries.appendleft(_Entry(gap.path, len(gap.before), before, after, suggestion))

    def find(self, gap: Gap) -> Suggestion | None:
        """The newest that fits."""
        for entry in self._entries:
            if (left := entry.left(gap)) is not None:
                return replace(entry.suggestion, text=left)
        return None

    def clear(self) -> None:
        self._entries.clear()
