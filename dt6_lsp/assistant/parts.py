"""What may go into a prompt, part by part, and how its parts share the room.

Always in: the system's words, what the user selected or named, and the question. The rest takes the room that these
leave, in this order; a later part keeps a share free of those before it, and what it does not need of that is theirs:

    chunks that search found    all that is not kept
    map of the workspace        a tenth; two fifths where the question is about the architecture
    turns of the conversation   a fifth
    summary of older turns      a twentieth

Not here: how a part is cut (`context`) and how it is worded (`prompts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dt6_lsp.assistant.turns import History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.assistant.events import LeftOut
    from dt6_lsp.index.model import Hit
    from dt6_lsp.models.base import Message

Count = Callable[[str], int]
Shared = Literal["chunks", "map", "turns", "summary"]

ORDER: tuple[Shared, ...] = ("chunks", "map", "turns", "summary")
KEPT: dict[Shared, float] = {"map": 0.10, "turns": 0.20, "summary": 0.05}
KEPT_FOR_MAP: dict[str, float] = {"arch": 0.40}


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole lines of one file. `note` says why it is there, where that is not search."""

    path: str
    start_line: int
    end_line: int
    text: str
    note: str = ""

    @property
    def source(self) -> str:
        return f"{self.path}:{self.start_line}-{self.end_line}" if self.start_line else self.path

    def holds(self, hit: Hit) -> bool:
        return self.path == hit.path and self.start_line <= hit.start_line and hit.end_line <= self.end_line


@dataclass(frozen=True, slots=True)
class Parts:
    """`intent` is the question's, or the name of another task. `given` is what the user selected or named; `hits` are
    in rank order; of the map the first lines matter most."""

    question: str
    intent: str
    given: Sequence[Passage] = ()
    hits: Sequence[Hit] = ()
    map_text: str = ""
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Packed:
    """`passages` are all that may be cited, what the user gave first, then by rank. `hits` are those that are in, as
    far as they are; `tokens` counts all messages rather too high, and `expected` is what the server will most likely
    count; `left_out` names what is not in, by part; `notices` are sentences about what the user gave and had to be
    cut. `leans`: something that was said before is in."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    hits: tuple[Hit, ...]
    dropped: int
    tokens: int
    left_out: tuple[LeftOut, ...] = ()
    notices: tuple[str, ...] = ()
    expected: int = 0
    leans: bool = False

    @property
    def texts(self) -> list[str]:
        return [message.content for message in self.messages]


def kept(intent: str) -> dict[Shared, float]:
    return {**KEPT, "map": KEPT_FOR_MAP.get(intent, KEPT["map"])}


def room_of(part: Shared, wants: Mapping[Shared, int], room: int, left: int, intent: str) -> int:
    """Of `left` tokens, what is not kept for the parts after this one; `room` is what all of them began with. `wants`
    is what each would take whole."""
    later = ORDER[ORDER.index(part) + 1 :]
    shares = kept(intent)
    return max(0, left - sum(min(wants[other], int(shares[other] * room)) for other in later))
