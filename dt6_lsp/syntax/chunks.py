"""Lines and the spans of definitions -> chunks: a pure function of (lines, spans, sizes).

A definition with what stands above it is the unit. One that is larger than `Sizes.max` is split at the definitions in
it, and where there are none at blank lines and low indentation; small neighbours are merged up to `Sizes.target`.
Chunks are runs of whole lines that do not overlap, are in order and cover every line that is not blank. The text of a
chunk is cut at `Sizes.text` characters, which only very long lines reach: such a line is still covered by its chunk's
line numbers, but its end can't be searched.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

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
_SPACES = b" \t\r\v\f\x1c\x1d\x1e\x1f"  # all that str.split() splits ASCII at, but \n
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")


class Span(NamedTuple):
    """Lines, from 1 and inclusive, of a definition with its comments. No `symbol`: lines that stay together."""

    start: int
    end: int
    kind: Kind
    symbol: str


class _Node(NamedTuple):
    """A span with the spans in it."""

    span: Span
    children: list[_Node]


class _Piece(NamedTuple):
    """`family` numbers what was split, within which pieces may be merged."""

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
    """How many characters that are no white space a run of lines holds: `sums[n]` are those of the first n lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.sums = list(accumulate(_weights(lines), initial=0))

    def of(self, start: int, end: int) -> int:
        return self.sums[end] - self.sums[start - 1]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        sums = self.sums
        while start <= end and sums[start] == sums[start - 1]:
            start += 1
        while end > start and sums[end] == sums[end - 1]:
            end -= 1
        return start, end


def _weights(lines: Sequence[str]) -> Iterable[int]:
    """Of each line. There are very many lines: all of a file are counted in a few steps where its characters allow."""
    text = "\n".join(lines)
    if not text.isascii() and _WIDE_SPACE.search(text):
        return (len("".join(line.split())) for line in lines)
    return map(len, text.encode("ascii", "replace").translate(None, _SPACES).split(b"\n"))


def _tree(count: int, spans: Iterable[Span]) -> _Node:
    """Spans as a tree. Of two that share a line without one holding the other, the later one loses the line."""
    root = _Node(Span(1, count, "text", ""), [])
    stack = [root]
    for span in sorted(spans, key=_outermost_first):
        while len(stack) > 1 and span.start > stack[-1].span.end:
            stack.pop()
        while len(stack) > 1 and (span.end > stack[-1].span.end or span[:2] == stack[-1].span[:2]):
            stack.pop()
        around, siblings = stack[-1]
        start = max(span.start, siblings[-1].span.end + 1 if siblings else 1)
        end = min(span.end, around.end)
        if start <= end:
            node = _Node(Span(start, end, span.kind, span.symbol), [])
            siblings.append(node)
            stack.append(node)
    return root


def _outermost_first(span: Span) -> tuple[int, int]:
    return span.start, -span.end


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
        whole = start == end or weights.of(start, end) <= sizes.max
        last = end if whole else _cut_after(start, end, weights, sizes)
        yield _Piece(start, last, label.kind, label.symbol, family, part, weights.of(start, last))
        start = last + 1


def _cut_after(start: int, end: int, weights: _Weights, sizes: Sizes) -> int:
    """The best last line for a piece that begins at `start`: before a blank line or little indentation, near the
    target."""
    sums, before = weights.sums, weights.sums[start - 1]
    best, best_cost = start, float("inf")
    first = bisect_left(sums, before + sizes.target // 2, start, end)  # shorter pieces are not worth a look
    for line in (start, *range(max(first, start + 1), end)):
        weight = sums[line] - before
        if line > start and weight > sizes.max:
            break
        cost = 12 * abs(weight - sizes.target) / sizes.target
        if best > start and cost >= best_cost:
            continue
        cost += _cost(line, weights)
        if cost < best_cost or best == start:
            best, best_cost = line, cost
    return best


def _cost(line: int, weights: _Weights) -> float:
    """How bad it is to cut after a line."""
    sums = weights.sums
    if sums[line + 1] == sums[line]:
        return 0.0
    following = weights.lines[line]
    stripped = following.lstrip()
    indent = len(following) - len(stripped)
    closes = 4 if stripped[0] in "})]" else 0
    return (0 if sums[line] == sums[line - 1] else 6) + min(indent, 40) / 4 + closes


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
    if total <= sizes.target and one.family == other.family:
        return True
    if total > sizes.max:
        return False
    if other.part == "rest" and weights.of(other.start, other.end) <= sizes.scrap:
        return True
    return one.part == "opens" and weights.of(one.start, one.end) <= sizes.scrap


def _join(one: _Piece, other: _Piece) -> _Piece:
    biggest = other if other.size > one.size else one
    return biggest._replace(start=one.start, end=other.end, family=one.family, part=one.part)


def _chunk(lines: Sequence[str], piece: _Piece, sizes: Sizes) -> Chunk:
    text = "\n".join(lines[piece.start - 1 : piece.end])[: sizes.text]
    return Chunk(piece.start, piece.end, piece.kind, piece.symbol, text)
