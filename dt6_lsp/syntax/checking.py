"""What a grammar says of a text that somebody is about to change: how much of it is wrong, and where a body begins.

Not here: symbols (`parser`), and what is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.syntax.parser import UnparsableError, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_MOST_NODES = 50_000  # that are looked at: a text with more of them in its errors is no code


def faults(path: str, text: str) -> int | None:
    """How many places the grammar can't read; None where there is no grammar, or it gives up."""
    try:
        _, tree = tree_of(path, text)
    except UnparsableError:
        return None
    count = 0
    for seen, node in enumerate(_faulty(tree.root_node)):
        if seen > _MOST_NODES:
            return None
        count += node.is_error or node.is_missing
    return count


def body_start(path: str, text: str, line: int, column: int) -> tuple[int, int] | None:
    """Line and column (in characters) where the body of the definition begins whose name stands at this place; None
    where that is no definition with a body. What is no code before it, such as a comment, is not the body's."""
    try:
        source, tree = tree_of(path, text)
    except UnparsableError:
        return None
    if not 1 <= line <= len(source.lines):
        return None
    byte = source.starts[line - 1] + len(source.lines[line - 1][:column].encode("utf-8", "replace"))
    node = tree.root_node.descendant_for_byte_range(byte, byte + 1)
    while node is not None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None and name.start_byte <= byte < name.end_byte:
            start = source.line_of(body.start_byte)
            return start, source.column_of(body.start_byte, start)
        node = node.parent
    return None


def _faulty(root: Node) -> Iterator[Node]:
    """Every node that is or holds an error; without recursion, as broken code is deep."""
    todo = [root] if root.has_error else []
    while todo:
        node = todo.pop()
        yield node
        todo.extend(child for child in node.children if child.has_error or child.is_missing)
