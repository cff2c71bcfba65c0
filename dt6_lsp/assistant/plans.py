"""What is retrieved for a question, by its intent: one row of a table each.

A plan orders and cuts what search found, and may search a second time; search itself knows no intent, so that
`dt6-lsp search` finds the same whatever is asked.
Not here: doing it (`retrieval`), and how parts share a prompt's room (`parts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.assistant.events import Intent


@dataclass(frozen=True, slots=True)
class Plan:
    """`hits`: chunks for a model, at most. `prose`: up to so many of them come from documentation, by turns with the
    others, documentation first: a model with little room sees both, and search knows best which file it is. `trace`:
    what a stack trace names goes in, innermost first, and its error is searched for. `named`: files named in the
    question that go in, at most. `map`: the map of the workspace goes in, also where the question asks for none of its
    facts by name."""

    hits: int
    words: str
    one_per_file: bool = False
    prose: int = 0
    trace: bool = False
    named: int = 5
    map: bool = False


PLANS: Mapping[Intent, Plan] = {
    "code": Plan(20, "the 20 best places"),
    "docs": Plan(20, "documentation and code by turns, 20 places", prose=12),
    "debug": Plan(
        20,
        "the lines that a stack trace names, then 20 places that fit the error and the question",
        trace=True,
        named=8,
    ),
    "arch": Plan(20, "the map of the workspace, and the best place of each of 20 files", one_per_file=True, map=True),
    "general": Plan(6, "the 6 best places, in case the workspace bears on it"),
}
