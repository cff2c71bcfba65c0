"""Who uses a definition, and which tests: what a lens above it counts, and the list behind the count.

Uses are found by name, as in a hover. Not here: the words of a lens, and places as an editor counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import HOLDERS
from dt6_lsp.features.hover import MOST_DEFINITIONS, used
from dt6_lsp.index.path_facts import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.index.model import Definition, Reader, Use

MOST = 1_000  # definitions of a file that have lenses
LISTED = 1_000  # uses
_FUNCTIONS = frozenset({"function", "method", "constructor", "macro"})
_TYPES = HOLDERS - {"namespace", "module"}


@dataclass(frozen=True, slots=True)
class Uses:
    """`count` are all uses by others; `places` are the first of them, and `tests` those of them that are in
    tests, one for each test."""

    definition: Definition
    count: int
    places: tuple[Use, ...]
    tests: tuple[Use, ...]


def worth_a_lens(reader: Reader, path: str) -> list[Definition]:
    """Functions and types of a file, but those inside of functions. Nothing in a file of tests, which nobody uses."""
    if is_test(path):
        return []
    found = reader.outline(path)
    inside = {item.qualified for item in found if item.kind in _FUNCTIONS}
    return [item for item in found if item.kind in _FUNCTIONS | _TYPES and not _within(item, inside)][:MOST]


def uses_of(reader: Reader, name: str, path: str = "", line: int = 0) -> Uses | None:
    """Of the definition called `name` that is in this file and nearest to this line, as far as these are told."""
    found = reader.definitions(name, path, MOST_DEFINITIONS)
    here = [item for item in found if item.path == path] if path else found
    if not here:
        return None
    item = min(here, key=lambda each: abs(each.name_line - line))
    count, places = used(reader, item, LISTED)
    return Uses(item, count, tuple(places), _tests(places))


def is_test(path: str) -> bool:
    return ROLES["test"].search(path) is not None


def _within(item: Definition, functions: set[str]) -> bool:
    parts = item.container.split(".") if item.container else []
    return any(".".join(parts[:end]) in functions for end in range(1, len(parts) + 1))


def _tests(places: Sequence[Use]) -> tuple[Use, ...]:
    """The first use of each test; a use at the top of a file of tests (an import) is by none."""
    return tuple(
        {(use.path, use.inside): use for use in reversed(places) if use.inside and is_test(use.path)}.values()
    )[::-1]
