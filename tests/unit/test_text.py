"""Lines."""

from __future__ import annotations

import pytest

from dt6_lsp.text import lines_of


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\rc\n\n", ["a", "b", "c", ""]),
        ("a\x0cb\u2028c\x85d", ["a\x0cb\u2028c\x85d"]),
    ],
)
def test_only_line_ends_that_editors_know_split_lines(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines
