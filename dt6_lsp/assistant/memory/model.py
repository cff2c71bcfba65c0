"""What is remembered, as plain values. Imports nothing heavy: the engine hands some of it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent

RECENT = 16  # turns that go to a model as they were, at most; what is older is folded into a summary


@dataclass(frozen=True, slots=True)
class Cited:
    """Lines that an answer rested on. `mark` is the hash of their text then."""

    path: str
    start_line: int
    end_line: int
    mark: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """One turn. `meant` is the question as it stands by itself; `names` are the definitions that it is about, first
    those that the question names; `id` is 0 until it is kept."""

    conversation: str
    asked: float
    question: str
    meant: str
    answer: str
    intent: Intent
    model: str
    names: tuple[str, ...] = ()
    cited: tuple[Cited, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is kept; the oldest turns go first. Bytes are of texts, in UTF-8, and of vectors."""

    turns: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Kept:
    turns: int
    conversations: int
    bytes: int
