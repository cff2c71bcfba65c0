"""A question that leans on those before, said so that it stands by itself. Local, and the same every time.

A word that stands for something ("where is that called?") gives way to the name that the conversation is about; what
is only a part of a question is joined to the question before. What stands by itself is left as it is.
Not here: how such a question is told (`cues`), and a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.memory.cues import cue
from dt6_lsp.assistant.mentions import identifiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.memory.cues import Cue
    from dt6_lsp.assistant.memory.model import Remembered

_TURNS = 3  # further back nobody points with one word
_NAMES = 3
_LONGEST = 240  # characters of a question that is repeated in the next one
_PLURAL = re.compile(r"^(?:they|them|their|those|these|both|deren)\b", re.IGNORECASE)
_OWNER = re.compile(r"^(?:its|their|seine\w?|ihre\w?|dessen|deren)$", re.IGNORECASE)
_CONNECTIVE = re.compile(r"^(?:and|but|so|then|also|und|aber|dann)\b[\s,]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meant:
    """`question` stands by itself; `why` says how it leans on those before, "" where it is as it was asked. `near` is
    the file that the conversation is about."""

    question: str
    said: str
    why: str = ""
    near: str = ""

    @property
    def follows(self) -> bool:
        return bool(self.why)

    @property
    def for_model(self) -> str:
        """As it was asked, too: a model reads nuances that the rules here do not know."""
        return f"{self.said}\n(In this conversation: {self.question})" if self.follows else self.question


def resolve(question: str, turns: Sequence[Remembered], *, selected: bool = False, open_file: bool = False) -> Meant:
    """`turns` are the last of the conversation, oldest first."""
    found = cue(question, selected=selected, open_file=open_file) if turns else None
    if found is None:
        return Meant(question, question)
    recent = turns[::-1][:_TURNS]
    near = next((turn.cited[0].path for turn in recent if turn.cited), "")
    return Meant(_filled(question, found, recent), question, found.why, near)


def _filled(question: str, found: Cue, recent: Sequence[Remembered]) -> str:
    names = next((turn.names for turn in recent if turn.names), ())
    if found.kind == "word" and names:
        return _with_name(question, found, names)
    if found.kind == "what-about" and (swapped := _swapped(question[found.start : found.end], recent[0].meant)):
        return swapped
    return _joined(question, recent[0], names)


def _with_name(question: str, found: Cue, names: Sequence[str]) -> str:
    word = question[found.start : found.end]
    several = names[:_NAMES] if _PLURAL.match(word) else names[:1]
    name = " and ".join(f"`{each}`" for each in several)
    if _OWNER.match(word):
        name += "'s"
    text = question[: found.start] + name + question[found.end :]
    rest = _CONNECTIVE.sub("", text)
    return rest[:1].upper() + rest[1:]


def _swapped(other: str, before: str) -> str:
    """ "What about b?" after "How does a work?" is "How does b work?", where both name one thing by a name of code."""
    ours, theirs = identifiers(other), identifiers(before)
    alone = len(ours) == 1 and ours[0] == other.strip(" `?!.()")
    if not alone or len(theirs) != 1 or len(before) > _LONGEST:
        return ""
    swapped, count = re.subn(rf"`?{re.escape(theirs[0])}(?:\(\))?`?", lambda _: f"`{ours[0]}`", before)
    return swapped if count else ""


def _joined(question: str, last: Remembered, names: Sequence[str]) -> str:
    """The question before, then this one; of one that has become long only the names that it is about."""
    before = last.meant.strip()
    if len(before) > _LONGEST:
        about = " and ".join(f"`{name}`" for name in names[:_NAMES])
        before = f"About {about}." if about else before[:_LONGEST].rsplit(" ", 1)[0] + " …"
    ended = before if before.endswith(("?", ".", "!", "…")) else f"{before}."
    said = question.strip()
    return f"{ended} {said[:1].upper()}{said[1:]}"
