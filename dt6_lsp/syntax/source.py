"""A file's text as tree-sitter and an editor both see it: bytes, and lines that end only at \\n, \\r\\n or \\r.

`str.splitlines` also ends lines at form feeds and U+2028, and tree-sitter counts only \\n; editors do neither, so lines
are found here and every position is made from a byte offset.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

_LONE_RETURN = re.compile(rb"\r(?!\n)")
_CONTINUATION = re.compile(rb"[\x80-\xbf]+")
_NEAR = 200  # bytes; a line of a megabyte must not be copied for each of its names


class Source(NamedTuple):
    """`data` is UTF-8. `starts` holds the byte at which each line begins. Line numbers count from 1."""

    data: bytes
    ascii: str  # the same as text, when each of its characters is one byte; else ""
    starts: tuple[int, ...]
    lines: tuple[str, ...]  # without their ends
    runs: tuple[int, ...]  # where a run of UTF-8 continuation bytes begins
    counts: tuple[int, ...]  # how many of them stand before each run, and at last how many there are

    def line_of(self, byte: int) -> int:
        return bisect_right(self.starts, byte)

    def column_of(self, byte: int, line: int) -> int:
        """In characters, from 0."""
        start = self.starts[line - 1]
        if not self.runs:
            return byte - start
        return byte - start - self.counts[bisect_left(self.runs, byte)] + self.counts[bisect_left(self.runs, start)]

    def text(self, start: int, end: int) -> str:
        return self.ascii[start:end] or self.data[start:end].decode("utf-8", "replace")

    def before(self, byte: int, line: int) -> bytes:
        """What stands on the line before this byte, or the end of it."""
        return self.data[max(self.starts[line - 1], byte - _NEAR) : byte]

    def after(self, byte: int, line: int) -> bytes:
        """What stands on the line from this byte on, or the beginning of it."""
        return self.data[byte : min(self.starts[line] if line < len(self.starts) else len(self.data), byte + _NEAR)]


def source_of(text: str) -> Source:
    """NUL ends the input for some grammars, a lone surrogate is no UTF-8 and a lone return no line end to them: each is
    replaced by one character, so that columns still hold."""
    data = text.encode("utf-8", "replace")
    if b"\0" in data:
        data = data.replace(b"\0", b" ")
    if b"\r" in data:
        data = _LONE_RETURN.sub(b"\n", data)
    starts = tuple(accumulate(map((1).__add__, map(len, data.split(b"\n"))), initial=0))[:-1]
    lines = tuple(split_lines(text))
    if data.isascii():
        return Source(data, data.decode("ascii"), starts, lines, (), (0,))
    runs = tuple(found.span() for found in _CONTINUATION.finditer(data))
    counts = tuple(accumulate((end - start for start, end in runs), initial=0))
    return Source(data, "", starts, lines, tuple(start for start, _ in runs), counts)


def split_lines(text: str) -> list[str]:
    """Lines without their ends. Text that ends with a line end has an empty last line."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")
