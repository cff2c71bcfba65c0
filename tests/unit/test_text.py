"""Lines and runs of words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.text import lines_of, word_runs


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


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_runs_of_words_are_those_of_the_regular_expression(text: str) -> None:
    assert word_runs(text) == re.findall(r"\w+", text)
