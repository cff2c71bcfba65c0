"""The one stream of events that every long answer is, whatever the face that renders it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from dt6_lsp.index.model import Hit, IndexState
    from dt6_lsp.models.base import Usage

Intent = Literal["code", "docs", "debug", "arch", "general"]
INTENTS: tuple[Intent, ...] = get_args(Intent)
Part = Literal["question", "given", "chunks", "map", "turns", "summary"]


@dataclass(frozen=True, slots=True)
class Citation:
    path: str
    start_line: int
    end_line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.start_line}-{self.end_line}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Only of a follow-up, first of all: the question as it was understood, by the turns before, and how it shows that
    it leans on them."""

    question: str
    why: str


@dataclass(frozen=True, slots=True)
class Routed:
    """What kind of question it is, why it was taken for that, and in words what is then looked at. `probabilities` are
    those of all intents, in the order of INTENTS."""

    intent: Intent
    probability: float
    why: str
    plan: str = ""
    probabilities: tuple[float, ...] = ()

    @property
    def margin(self) -> float:
        """How much likelier the likeliest intent is than the next; 1 where nothing else was weighed."""
        first, second, *_ = sorted((*self.probabilities, 0.0, 0.0), reverse=True)
        return first - second if self.probabilities else 1.0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of one part of the prompt `whole` pieces did not find room, and `cut` ones only in part."""

    part: Part
    whole: int
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What goes into the context, how many hits were left out for want of room, and what of all parts was.
    `prompt_tokens` is what the model's server will most likely count."""

    hits: tuple[Hit, ...]
    dropped: int
    prompt_tokens: int
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """`answer` is the whole text with citations that were checked; `backend` is "none" for the digest."""

    answer: str
    citations: tuple[Citation, ...]
    removed_citations: int
    intent: Intent
    backend: str
    model: str
    cached: bool
    usage: Usage
    index: IndexState
    notice: str = ""  # why no model wrote it, or that it broke off
    broken: bool = False  # the model's stream ended early: `answer` is what had come
    conversation: str = ""  # what a follow-up names to go on from here; "" where nothing is remembered
    resolved: str = ""  # a follow-up as it was understood
    route: Routed | None = None
    left_out: tuple[LeftOut, ...] = ()  # of the prompt, for want of room
    leans: bool = False  # on what was said before, which the model was told: nobody else may be given this answer


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing could be answered. `cause` and `mend` as in `errors`."""

    cause: str
    mend: str


Event = Resolved | Routed | Retrieved | Token | Done | Failed
