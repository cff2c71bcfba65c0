"""Chunks: they cover every line that is not blank, in order, without overlap, and are cut where definitions begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.syntax.chunks import SIZES, Sizes, Span, chunk
from dt6_lsp.syntax.parser import parse
from dt6_lsp.syntax.source import split_lines

if TYPE_CHECKING:
    from dt6_lsp.syntax.model import Chunk

MIDDLE = Sizes(target=500, max=800)
TINY = Sizes(target=20, max=40, scrap=2, text=200)
FRAGMENTS = st.sampled_from([
    "class A:", "def f(a, b):", "    return 1", "}", "{", "(", ")", "function g() {", "# comment", "// c", "/**",
    " */", '"""', "'", "`", "<a>", "</a>", "- x: 1", "key = 2", "[t]", "## Heading", "===", "```", "end", "do",
    "@dec", "impl A {", "fn x() {}", ";", "\t", "  ",
    "", "\f", "é\u2028ü", "\ufeff", "\0", "\ud800", "x" * 300,
])  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.tuples(FRAGMENTS, st.sampled_from(["\n", "\r\n", "\r", " "])), max_size=40).map(
        lambda parts: "".join(text + end for text, end in parts)
    ),
)


def check_chunks(lines: list[str], chunks: tuple[Chunk, ...], sizes: Sizes) -> None:
    covered: set[int] = set()
    last = 0
    for one in chunks:
        assert last < one.start_line <= one.end_line <= len(lines)
        assert lines[one.start_line - 1].strip()
        assert lines[one.end_line - 1].strip()
        assert one.text == "\n".join(lines[one.start_line - 1 : one.end_line])[: sizes.text]
        assert weight(one.text) <= sizes.max or one.start_line == one.end_line
        covered.update(range(one.start_line, one.end_line + 1))
        last = one.end_line
    assert {number for number, line in enumerate(lines, 1) if line.strip()} <= covered


def weight(text: str) -> int:
    return len("".join(text.split()))


@given(
    lines=st.lists(st.sampled_from(["", "  ", "a", "  bb", "{", "}", "x = 1", "y" * 50]), max_size=60),
    spans=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 30), st.sampled_from(["", "A", "A.b"])), max_size=12),
)
def test_any_lines_and_spans(lines: list[str], spans: list[tuple[int, int, str]]) -> None:
    inside = [Span(start, min(start + more, len(lines)), "class", symbol) for start, more, symbol in spans]
    check_chunks(lines, chunk(lines, [one for one in inside if one.start <= one.end], TINY), TINY)


@pytest.mark.parametrize(
    "path", ["a.py", "a.js", "a.c", "a.rs", "a.rb", "a.md", "a.html", "a.yaml", "a.hs", "a.sh", "a"]
)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_any_text(path: str, text: str) -> None:
    found = parse(path, text, TINY)
    lines = split_lines(text)
    check_chunks(lines, found.chunks, TINY)
    for one in found.symbols:
        assert 1 <= one.start_line <= one.name_line <= one.end_line <= len(lines)
        assert 0 <= one.name_column <= len(lines[one.name_line - 1])
        assert one.name
        assert "\n" not in one.signature
    for use in found.references:
        assert lines[use.line - 1].replace("\0", " ")[use.column :].startswith(use.name.partition("\n")[0][:1])


def boundaries(path: str, text: str, sizes: Sizes = MIDDLE) -> list[tuple[int, int, str]]:
    return [(one.start_line, one.end_line, one.symbol) for one in parse(path, text, sizes).chunks]


def test_a_definition_that_fits_is_one_chunk_with_its_comment_and_decorators() -> None:
    body = "    x = compute(1, 2, 3)\n" * 30
    text = f"import os\n\n\n# why\n@dec\ndef one():\n{body}\n\ndef two():\n{body}"
    assert boundaries("a.py", text) == [(1, 1, ""), (4, 36, "one"), (39, 69, "two")]


def test_a_class_that_does_not_fit_is_cut_at_its_methods_and_keeps_its_header() -> None:
    method = "    def m{}(self):\n" + "        x = compute(1, 2, 3)\n" * 35 + "\n"
    text = "class A:\n" + '    """' + "about " * 40 + '"""\n\n' + method.format(1) + method.format(2)
    assert boundaries("a.py", text) == [(1, 2, "A"), (4, 39, "A.m1"), (41, 76, "A.m2")]


def test_a_long_function_is_cut_at_blank_lines() -> None:
    block = "    x = compute(1, 2, 3)\n" * 30 + "\n"
    text = "def f():\n" + block * 4
    assert [end for _, end, symbol in boundaries("a.py", text) if symbol == "f"] == [31, 62, 93, 124]


def test_a_closing_brace_is_no_chunk_of_its_own() -> None:
    method = "  m{}() {{\n" + "    compute(1, 2, 3);\n" * 40 + "  }}\n"
    text = "class A {\n" + method.format(1) + method.format(2) + "}\n"
    assert boundaries("a.js", text) == [(1, 43, "A.m1"), (44, 86, "A.m2")]


def test_small_neighbours_are_merged_and_named_after_the_biggest() -> None:
    assert boundaries("a.py", "A = 1\n\n\ndef f():\n    return A\n\n\nB = 2\n") == [(1, 8, "f")]


def test_a_code_fence_is_kept_whole() -> None:
    prose = "word " * 150
    fence = "```\n" + "code line\n\n" * 60 + "```\n"
    assert (5, 126, "H") in boundaries("a.md", f"# H\n\n{prose}\n\n{fence}\n{prose}\n")


def test_a_line_too_long_for_a_chunk_is_cut_but_stays_covered() -> None:
    found = parse("a.txt", "short\n" + "x" * 20_000 + "\nshort\n")
    assert [(one.start_line, one.end_line, len(one.text)) for one in found.chunks] == [
        (1, 1, 5),
        (2, 2, SIZES.text),
        (3, 3, 5),
    ]


@pytest.mark.parametrize("text", ["", "\n", " \t\n\r\n\f\n", "\ufeff"])
def test_a_file_without_text_has_no_chunks_but_of_what_is_there(text: str) -> None:
    assert [one.text for one in parse("a.py", text).chunks] == [line for line in [text] if line.strip()]
