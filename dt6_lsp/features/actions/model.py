"""What code actions are made of: a place, what is offered there, what of it is wanted, and what a model drafted.

Not here: anything that needs a grammar; faces import this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from dt6_lsp.features.actions.changes import span_of_lines

if TYPE_CHECKING:
    from dt6_lsp.features.actions.changes import Replacement

Edit = Literal["document", "fix", "rewrite", "types", "tests"]
Say = Literal["explain", "review", "ask"]
Kind = Edit | Say
EDITS: tuple[Edit, ...] = get_args(Edit)
SAYS: tuple[Say, ...] = get_args(Say)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a tool says of these lines."""

    message: str
    start_line: int
    end_line: int
    code: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a document that are selected, or the one with the cursor. `path` is the file as the engine names it; of
    a nameless one, a name with the extension of its language."""

    path: str
    language: str
    text: str
    first_line: int
    last_line: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done, with the lines that it is about: an edit touches no other. `name` is that of the
    definition they are, or ""; `problem` says which of the problems that were told is to be fixed."""

    kind: Kind
    title: str
    start_line: int
    end_line: int
    name: str = ""
    problem: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A draft of this kind for these lines of a text. `path` names the file; `problem` is what a fix mends; `new_path`
    is where tests go."""

    kind: Edit
    path: str
    language: str
    text: str
    start_line: int
    end_line: int
    problem: Problem | None = None
    new_path: str = ""
    span: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "span", span_of_lines(self.text, self.start_line, self.end_line))

    @property
    def lines(self) -> str:
        """What the draft is of, with its line ends."""
        return self.text[slice(*self.span)]


@dataclass(frozen=True, slots=True)
class Draft:
    """`changes` are of the text that was given, in order; `new_path`, where it is not "", is a file that does not exist
    yet, with `new_text`. Written by `model`; `notices` are sentences."""

    changes: tuple[Replacement, ...]
    new_path: str
    new_text: str
    backend: str
    model: str
    notices: tuple[str, ...] = ()
