"""Files that no grammar may see, because a grammar would crash or not come back: each was met, and is in the tests.

Deadlines can't help with these: the parser asks for the time between steps, and here one step takes minutes or never
returns. Real code is far from every limit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_LEFT_OPEN = 1_500
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_RUNS = tuple(mark * 2_000 for mark in (b"#", b"`", b'"', b"'"))
# YAML's scanner keeps its indentations in 1,024 bytes, three for each, and writes past the end.
_MAX_YAML_DEPTH = 200
_YAML_INDICATORS = re.compile(rb"^( *)((?:[-?:][ \t]+)*)", re.MULTILINE)
# The query cursor looks at all later siblings of each node. Grammars balance long lists, but an error node is flat, and
# a file that is one error of 100,000 tokens would cost minutes: about 0.8 ns x the square of the children.
_MAX_ERROR_WORK = 400_000_000
_MAX_ERROR_NODES = 50_000


def refusal(language: str, data: bytes) -> str:
    """A sentence that says why the file must not be parsed; "" when it may be."""
    if _left_open(data) > max(_MAX_LEFT_OPEN, len(data) // 50):
        return "The file opens far more brackets than it closes, so it is read as text."
    if any(run in data for run in _RUNS):
        return "The file repeats one mark thousands of times, so it is read as text."
    if language == "yaml" and _yaml_depth(data) > _MAX_YAML_DEPTH:
        return "The file is nested more deeply than its grammar can take, so it is read as text."
    return ""


def _left_open(data: bytes) -> int:
    """Recovering at the end of a file costs the square of what is left open. `<` counts as a bracket, but for shifts
    and comparisons with =."""
    count = data.count
    angles = count(b"<") - 2 * count(b"<<") - count(b"<=") - count(b">")
    return max(0, angles) + sum(max(0, count(opening) - count(closing)) for opening, closing in _BRACKETS)


def _yaml_depth(data: bytes) -> int:
    """At most so many indentations are open at once: one for each column that lines start at, and one for each further
    "- " on such a line."""
    deepest: dict[int, int] = {}
    for spaces, indicators in _YAML_INDICATORS.findall(data):
        column = len(spaces)
        deepest[column] = max(deepest.get(column, 1), len(indicators.split()))
    return sum(deepest.values())


def too_broken(root: Node) -> bool:
    """Whether running a query would cost out of proportion. Walks only into nodes that hold an error."""
    work, seen, todo = 0, 0, [root]
    while todo:
        node = todo.pop()
        seen += 1
        count = node.child_count
        work += count * count if node.is_error else 0
        if work > _MAX_ERROR_WORK or seen > _MAX_ERROR_NODES:
            return True
        todo.extend(child for child in node.children if child.has_error)
    return False
