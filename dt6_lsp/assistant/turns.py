"""What was said before in a conversation, as a prompt takes it. Not here: where it is kept (`memory`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, the citations in it as they were checked then."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class History:
    """`turns` are the latest, oldest first; `older` are earlier ones that bear on the question, found by meaning;
    `summary` is of the turns that are in neither."""

    turns: tuple[Turn, ...] = ()
    older: tuple[Turn, ...] = ()
    summary: str = ""
