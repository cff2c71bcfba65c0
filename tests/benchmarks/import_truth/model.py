"""What a language's own tool says of a workspace's imports."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

Pair = tuple[str, str]  # a file, and one that it imports


class SkippedError(Exception):
    """A sentence that says which tool is missing."""


@dataclass(frozen=True, slots=True)
class Truth:
    """`judged` are the files whose imports the tool has read: what is found between others is not looked at. `unknown`
    are a file and what it has written, where the tool can neither confirm nor deny what that means. `lines` are the
    places of the imports that it has read, where it does not read all of them (None where it does)."""

    edges: frozenset[Pair]
    judged: frozenset[str]
    unknown: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    lines: frozenset[tuple[str, int]] | None = None


Tool = Callable[[Path, Collection[str], Path], Truth]
"""Of a workspace's folder and its files, as the index has them; what it needs, it keeps in the second folder."""
