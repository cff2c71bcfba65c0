"""Lines and the spans of definitions -> chunks: a pure function of (lines, spans, sizes).

A definition with what stands above it is the unit. One that is larger than `Sizes.max` is split at the definitions in
it, and where there are none at blank lines and low indentation; small neighbours are merged up to `Sizes.target`.
Chunks are runs of whole lines that do not overlap, are in order and cover every line that is not blank. The text of a
chunk is cut at `Sizes.text` characters, which only very long lines reach: such a line is still covered by its chunk's
line numbers, but its end can't be searched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.syntax.model import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.syntax.model import Kind

CHUNKER_VERSION = "2"


@dataclass(frozen=True, slots=True)
class Sizes:
    """In characters that are no white space, but `text`, which counts all."""

    target: int = 1_000
    max: int = 1_600
    scrap: int = 40  # a piece so small (a closing brace) joins its neighbour even past the target
    text: int = 8_000


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Span:
    """Lines, from 1 and inclusive, of a definition with its comments. No `symbol`: lines that stay together."""

    start: int
    end: int
    kind: Kind
    symbol: str


@dataclass(slots=True)
class _Node:
    """A span with the spans in it; `parent` numbers the family, within which pieces may be merged."""

    span: Span
    children: list[_Node]


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    kind: Kind
    symbol: str
    family: int
    part: str  # "opens" a definition that was split ("class A:"), is the "rest" between its children, or a "unit"
    size: int  # of the largest part, which gives a merged piece its name


def chunk(lines: Sequence[str], spans: Iterable[Span], sizes: Sizes = SIZES) -> tuple[Chunk, ...]:
    weights = _Weights(lines)
    root = _tree(len(lines), spans)
    pieces = _merge(_pieces(root, weights, sizes), weights, sizes)
    return tuple(_chunk(lines, piece, sizes) for piece in pieces)


class _Weights:
    """How many characters that are no white space a run of lines holds."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        total = 0
        self._sums = [0]
        for line in lines:
            total += len("".join(line.split()))
            self._sums.append(total)

    def of(self, start: int, end: int) -> int:
        return self._sums[end] - self._sums[start - 1]

    def blank(self, line: int) -> bool:
        return self._sums[line] == self._sums[line - 1]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        while start <= end and self.blank(start):
            start += 1
        while end > start and self.blank(end):
            end -= 1
        return start, end


def _tree(count: int, spans: Iterable[Span]) -> _Node:
    """Spans as a tree. Of two that share a line without one holding the other, the later one loses the line."""
    root = _Node(Span(1, count, "text", ""), [])
    stack = [root]
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        while len(stack) > 1 and span.start > stack[-1].span.end:
            stack.pop()
        while len(stack) > 1 and (span.end > stack[-1].span.end or _same(span, stack[-1].span)):
            stack.pop()
        siblings = stack[-1].children
        start = max(span.start, siblings[-1].span.end + 1 if siblings else 1)
        end = min(span.end, stack[-1].span.end)
        if start <= end:
            node = _Node(Span(start, end, span.kind, span.symbol), [])
            siblings.append(node)
            stack.append(node)
    return root


def _same(one: Span, other: Span) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _pieces(root: _Node, weights: _Weights, sizes: Sizes) -> list[_Piece]:
    """Whole definitions where they fit, else what lies between their children, and the children."""
    pieces: list[_Piece] = []
    todo: list[tuple[_Node, Span, int]] = [(root, root.span, 0)]
    families = 0
    while todo:
        node, label, family = todo.pop()
        span = node.span
        if node is not root and (not node.children or weights.of(span.start, span.end) <= sizes.max):
            part = "unit" if span.symbol else "rest"
            pieces.extend(_cut(span.start, span.end, label, family, part, weights, sizes))
            continue
        families += 1
        parts = _parts(node)
        if node is not root and not parts[0].span.symbol:
            pieces.extend(_cut(span.start, parts[0].span.end, label, families, "opens", weights, sizes))
            parts = parts[1:]
        todo.extend(reversed([(each, _label(each, label), families) for each in parts]))
    return pieces


def _label(part: _Node, around: Span) -> Span:
    return part.span if part.span.symbol else around


def _parts(node: _Node) -> list[_Node]:
    """A node's children and the lines between them, in order."""
    parts: list[_Node] = []
    line = node.span.start
    for child in node.children:
        if child.span.start > line:
            parts.append(_Node(Span(line, child.span.start - 1, "text", ""), []))
        parts.append(child)
        line = child.span.end + 1
    if line <= node.span.end:
        parts.append(_Node(Span(line, node.span.end, "text", ""), []))
    return parts


def _cut(
    start: int, end: int, label: Span, family: int, part: str, weights: _Weights, sizes: Sizes
) -> Iterable[_Piece]:
    """A run of lines, in pieces of at most `sizes.max` (but for a single line that is longer)."""
    while True:
        start, end = weights.trimmed(start, end)
        if start > end or weights.of(start, end) == 0:
            return
        last = end if weights.of(start, end) <= sizes.max else _cut_after(start, end, weights, sizes)
        yield _Piece(start, last, label.kind, label.symbol, family, part, weights.of(start, last))
        start = last + 1


def _cut_after(start: int, end: int, weights: _Weights, sizes: Sizes) -> int:
    """The best last line for a piece that begins at `start`: before a blank line or little indentation, near the
    target."""
    best, best_cost = start, float("inf")
    line = start
    while line < end and (line == start or weights.of(start, line) <= sizes.max):
        weight = weights.of(start, line)
        if weight >= sizes.target // 2 or line == start:
            cost = _cost(line, weights) + 12 * abs(weight - sizes.target) / sizes.target
            if cost < best_cost or best == start:
                best, best_cost = line, cost
        line += 1
    return best


def _cost(line: int, weights: _Weights) -> float:
    """How bad it is to cut after a line."""
    following = weights.lines[line]
    if weights.blank(line + 1):
        return 0.0
    indent = len(following) - len(following.lstrip())
    closes = 4 if following.strip()[:1] in ("}", ")", "]") else 0
    return (0 if weights.blank(line) else 6) + min(indent, 40) / 4 + closes


def _merge(pieces: Iterable[_Piece], weights: _Weights, sizes: Sizes) -> list[_Piece]:
    merged: list[_Piece] = []
    for piece in pieces:
        if merged and _fits(merged[-1], piece, weights, sizes):
            merged[-1] = _join(merged[-1], piece)
        else:
            merged.append(piece)
    return merged


def _fits(one: _Piece, other: _Piece, weights: _Weights, sizes: Sizes) -> bool:
    total = weights.of(one.start, other.end)
    if weights.of(other.start, other.end) <= sizes.scrap and other.part == "rest":
        return total <= sizes.max
    if weights.of(one.start, one.end) <= sizes.scrap and one.part == "opens":
        return total <= sizes.max
    return one.family == other.family and total <= sizes.target


def _join(one: _Piece, other: _Piece) -> _Piece:
    biggest = other if other.size > one.size else one
    return replace(biggest, start=one.start, end=other.end, family=one.family, part=one.part)


def _chunk(lines: Sequence[str], piece: _Piece, sizes: Sizes) -> Chunk:
    text = "\n".join(lines[piece.start - 1 : piece.end])[: sizes.text]
    return Chunk(piece.start, piece.end, piece.kind, piece.symbol, text)
