"""One run of a language's query over a tree, sorted into what the captures say (queries/python.scm lists them).

Byte offsets only: turning them into lines, containers, signatures and docs is `symbols`' work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from tree_sitter import QueryCursor

if TYPE_CHECKING:
    from tree_sitter import Node

    from dt6_lsp.syntax.grammars import Condition, Grammar
    from dt6_lsp.syntax.model import Kind

_MAX_DEPTH = 4_000  # the cursor counts depth in 16 bits, and never ends on a tree that is deeper
_MATCH_LIMIT = 20_000  # of matches under way at once
_LABELS = ("definition.", "scope.", "heading.", "skip.")  # what a capture that is a definition begins with

Captures = dict[str, "list[Node]"]
Span = tuple[int, int]


class Found(NamedTuple):
    """`sort` is "definition", "heading", "scope" or "skip". `body` is 0 where the whole node is the declaration."""

    kind: Kind
    start: int
    end: int
    name_start: int
    name_end: int
    body: int
    container: tuple[int, int] | None
    sort: str
    pattern: int
    level: int  # of a heading, from 1; 0 for all else


class Prefix(NamedTuple):
    """Something that belongs to the definition below it. `doc` spans the text that documents, if it does."""

    start: int
    end: int
    is_comment: bool
    doc: tuple[int, int] | None


@dataclass(slots=True)
class Matches:
    """Everything that the query found, each in the order of the query."""

    definitions: dict[int, Found] = field(default_factory=dict)  # by where the name starts
    references: list[tuple[int, int]] = field(default_factory=list)
    imports: list[tuple[int, Span, Span | None]] = field(default_factory=list)  # start, module, a name
    tokens: list[Span] = field(default_factory=list)
    prefixes: list[Prefix] = field(default_factory=list)
    docstrings: dict[int, tuple[int, int]] = field(default_factory=dict)  # by where their definition starts
    wraps: dict[int, int] = field(default_factory=dict)  # where it ends: where it starts
    blocks: list[tuple[int, int]] = field(default_factory=list)


def run_query(loaded: Grammar, root: Node, data: bytes) -> Matches:
    found = Matches()
    cursor = QueryCursor(loaded.query, match_limit=_MATCH_LIMIT)
    cursor.set_max_start_depth(_MAX_DEPTH)
    conditions_of, refer = loaded.conditions, found.references.append
    for pattern, captures in cursor.matches(root):
        if pattern in conditions_of and not all(_holds(one, captures, data) for one in conditions_of[pattern]):
            continue
        if "reference" in captures:
            for node in captures["reference"]:
                refer(node.byte_range)
        elif "name" in captures:
            _add_definition(found, pattern, captures, data)
        else:
            _add_other(found, captures)
    return found


def _holds(condition: Condition, captures: Captures, data: bytes) -> bool:
    nodes = captures.get(condition.capture)
    return nodes is not None and condition.holds(data[nodes[0].start_byte : nodes[0].end_byte])


def _add_definition(found: Matches, pattern: int, captures: Captures, data: bytes) -> None:
    name = captures["name"][0]
    known = found.definitions.get(name.start_byte)
    if known is not None and known.pattern <= pattern:
        return
    label = ""
    for label in captures:
        if label.startswith(_LABELS):
            break
    (start, end), container = captures[label][0].byte_range, captures.get("container")
    sort, _, kind = label.partition(".")
    name_start, name_end = name.byte_range
    found.definitions[name_start] = Found(
        kind="section" if sort == "heading" else cast("Kind", kind),
        start=start,
        end=end,
        name_start=name_start,
        name_end=name_end,
        body=_signature_end(captures),
        container=container[0].byte_range if container else None,
        sort=sort,
        pattern=pattern,
        level=_level(kind, captures, data) if sort == "heading" else 0,
    )


def _level(kind: str, captures: Captures, data: bytes) -> int:
    """A heading's level is in the capture's name, or the last character of what @level captured ("h2")."""
    if kind.isdigit():
        return int(kind)
    return int(data[captures["level"][0].end_byte - 1 : captures["level"][0].end_byte])


def _signature_end(captures: Captures) -> int:
    if "body" in captures:
        return captures["body"][0].start_byte
    return captures["end"][-1].end_byte if "end" in captures else 0


def _add_other(found: Matches, captures: Captures) -> None:
    if "comment" in captures:
        for node in captures["comment"]:
            span = node.byte_range
            found.prefixes.append(Prefix(*span, True, span))
    elif "prefix" in captures:
        node, docs = captures["prefix"][0], captures.get("docstring")
        found.prefixes.append(Prefix(*node.byte_range, False, docs[0].byte_range if docs else None))
    elif "import" in captures:
        start, names = captures["import"][0].start_byte, captures.get("names")
        taken = [name.byte_range for name in names] if names else (None,)
        found.imports.extend(
            (start, module.byte_range, name) for module in captures.get("module", ()) for name in taken
        )
    elif "tokens" in captures:
        found.tokens.append(captures["tokens"][0].byte_range)
    elif "docstring" in captures:
        found.docstrings.setdefault(captures["of"][0].start_byte, captures["docstring"][0].byte_range)
    elif "wrap" in captures:
        start, end = captures["wrap"][0].byte_range
        found.wraps[end] = min(start, found.wraps.get(end, start))
    elif "block" in captures:
        found.blocks.append(captures["block"][0].byte_range)
