"""Which imports are for types or tests only: those do nothing when the program runs, so they make no cycle and no
layer. And which stand inside of a function: those do run, but late, which is how a cycle is often lived with.

Told from the line itself: `import type` in TypeScript, a block under `if TYPE_CHECKING:` in Python, a module of tests
in Rust. Looked at are only
imports that lie on a cycle, as elsewhere it makes no difference worth reading files for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dt6_lsp.index.graph import Edge
    from dt6_lsp.index.model import Reader

MOST_FILES = 2_000
_TYPESCRIPT = frozenset({"typescript", "tsx"})
_STATEMENT = re.compile(r"^\s*(?:import|export)\b(?P<type>\s+type\b(?!\s*(?:,|from\b)))?")
_GUARD = re.compile(r"^\s*if\s+(?:[\w.]+\.)?TYPE_CHECKING\s*:")
_TEST_MODULE = re.compile(r"^\s*(?:pub\s+)?mod\s+\w*tests?\w*\b")
_TELLING = re.compile(r"TYPE_CHECKING|\btype\b|\bmod\s+\w*test")
_FUNCTION = re.compile(r"^\s*(?:async\s+)?def\b")
_LONGEST_STATEMENT = 60  # lines


def types_only(edges: Iterable[Edge], reader: Reader) -> frozenset[tuple[str, str]]:
    """(source, target) of those `edges` that no other import of the same file makes real."""
    by_source: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if language_of(edge.source) in ("python", "rust", *_TYPESCRIPT):
            by_source[edge.source].append(edge)
    found: set[tuple[str, str]] = set()
    for path in sorted(by_source)[:MOST_FILES]:
        lines = _lines(path, reader)
        if not any(_TELLING.search(line) for line in lines.values()):
            continue
        imports = reader.imports(path)
        for edge in by_source[path]:
            places = {edge.line, *(item.line for item in imports if _same(item.module, edge.module))}
            if all(_is_for_types(line, lines, path) for line in places):
                found.add((edge.source, edge.target))
    return frozenset(found)


def _lines(path: str, reader: Reader) -> dict[int, str]:
    lines: dict[int, str] = {}
    for chunk in reader.chunks(path):
        lines.update(enumerate(chunk.text.splitlines(), chunk.start_line))
    return lines


def _same(one: str, other: str) -> bool:
    """Whether `one` names the file that `other` does, or something in it."""
    return one == other or one.startswith(f"{other}.")


def _is_for_types(line: int, lines: Mapping[int, str], path: str) -> bool:
    if language_of(path) in _TYPESCRIPT:
        above = (lines.get(number, "") for number in range(line, max(0, line - _LONGEST_STATEMENT), -1))
        statement = next((match for text in above if (match := _STATEMENT.match(text))), None)
        return statement is not None and statement["type"] is not None
    wanted = _TEST_MODULE if language_of(path) == "rust" else _GUARD
    return any(wanted.match(text) for text in _around(line, lines))


def is_late(edge: Edge, reader: Reader) -> bool:
    """Whether an import of Python stands inside of a function."""
    if language_of(edge.source) != "python":
        return False
    return any(_FUNCTION.match(text) for text in _around(edge.line, _lines(edge.source, reader)))


def _around(line: int, lines: Mapping[int, str]) -> Iterator[str]:
    """The lines that begin the blocks in which a line stands, the innermost first."""
    indent = _indent(lines.get(line, ""))
    for number in range(line - 1, 0, -1):
        if not indent:
            return
        text = lines.get(number, "")
        if text.strip() and _indent(text) < indent:
            indent = _indent(text)
            yield text


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
