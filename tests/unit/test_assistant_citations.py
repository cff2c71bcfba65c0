"""Citations that hold are kept and written in one way; the others are taken out and counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.citations import check, spans
from dt6_lsp.assistant.context import Passage

ALLOWED = {
    "src/app/io.py": [(1, 20), (40, 60)],
    "lib/[id].tsx": [(1, 9)],
    "my docs/read me.md": [(1, 5)],
    "test/io.py": [(1, 3)],
}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("See `src/app/io.py:3-9`.", "See `src/app/io.py:3-9`."),
        ("(src/app/io.py:3)", "(src/app/io.py:3)"),
        ("[src/app/io.py:1-2]", "[src/app/io.py:1-2]"),
        ("at src\\app\\io.py:3-9 it", "at src/app/io.py:3-9 it"),
        ("C:\\work\\src\\app\\io.py:12", "src/app/io.py:12"),
        ("src/app/io.py#L1-L2", "src/app/io.py:1-2"),
        ("./src/app/io.py:9-3", "src/app/io.py:3-9"),
        ("app/io.py:50–55", "src/app/io.py:50-55"),
        ("io.py:45", "src/app/io.py:45"),
        ("SRC/App/IO.py:3", "src/app/io.py:3"),
        ("src/app/io.py:3:14", "src/app/io.py:3"),
        ("lib/[id].tsx:2-3 and my docs/read me.md:1", "lib/[id].tsx:2-3 and my docs/read me.md:1"),
        ("src/app/io.py:1-2,45-50", "src/app/io.py:1-2, src/app/io.py:45-50"),
        ("[the reader](src/app/io.py#L1-L2)", "[the reader](src/app/io.py#L1-L2)"),
    ],
)
def test_a_citation_of_the_context_is_kept_in_the_canonical_form(written: str, kept: str) -> None:
    checked = check(written, ALLOWED)
    assert checked.text == kept
    assert checked.citations
    assert checked.removed == 0


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("It reads lines (see src/app/io.py:21-30).", "It reads lines."),
        ("It reads lines `nowhere/x.py:1-2`.", "It reads lines."),
        ("Both [x.py:1-2, src/app/io.py:2] say so", "Both [src/app/io.py:2] say so"),
        ("Both (src/app/io.py:2; y.go:7) say so", "Both (src/app/io.py:2) say so"),
        ("[the reader](nowhere/x.py:3) reads", "the reader reads"),
        ("in `io.py:2` it", "in it"),  # two files have these lines
        ("src/app/io.py:1-2, 90-99 say", "src/app/io.py:1-2 say"),
        ("across src/app/io.py:15-45 it", "across it"),
    ],
)
def test_any_other_is_taken_out_with_what_held_it(written: str, left: str) -> None:
    checked = check(written, ALLOWED)
    assert checked.text == left
    assert checked.removed == 1


@pytest.mark.parametrize(
    "text",
    [
        "It listens on localhost:8080 or 127.0.0.1:80, at 12:30.",
        "See https://example.com:8080/a/b.py:3 and db.example.com:5432.",
        "Use std::vector, ratio 3:4, key:1 and `a: 1`.",
        "```\nnowhere/x.py:3: error\n```",
    ],
)
def test_what_is_no_citation_is_left_alone(text: str) -> None:
    checked = check(text, ALLOWED)
    assert (checked.text, checked.citations, checked.removed) == (text, (), 0)


def test_a_citation_may_run_across_the_blank_lines_between_two_chunks() -> None:
    near = spans([Passage("a.py", 1, 9, ""), Passage("a.py", 12, 20, ""), Passage("a.py", 30, 31, "")])
    assert near == {"a.py": [(1, 20), (30, 31)]}


def test_each_is_listed_once_in_the_order_of_the_text() -> None:
    checked = check("test/io.py:1 then src/app/io.py:2-3 and test/io.py:1", ALLOWED)
    assert [str(citation) for citation in checked.citations] == ["test/io.py:1-1", "src/app/io.py:2-3"]


pieces = st.sampled_from(
    [*ALLOWED, "x.py", "nowhere/y.ts", "io.py", ":3", ":1-2", ":19-41", "#L2", "#L1-L9", "`", "(", ")", "[", "]", "](",
     ", ", "; ", " ", " see ", "\n", "```\n", "word", ".", "\\", "/", "\x00", "C:", "http://h:1/", "é"]
)  # fmt: skip
answers = st.lists(pieces, max_size=30).map("".join) | st.text(max_size=200)


@given(answers)
def test_every_citation_that_is_kept_lies_in_the_context(text: str) -> None:
    for citation in check(text, ALLOWED).citations:
        ranges = ALLOWED[citation.path]
        assert any(low <= citation.start_line <= citation.end_line <= high for low, high in ranges)


@given(answers)
def test_a_checked_answer_stays_as_it_is_when_nothing_was_removed(text: str) -> None:
    checked = check(text, ALLOWED)
    again = check(checked.text, ALLOWED)
    if checked.removed == 0:
        assert (again.text, again.citations, again.removed) == (checked.text, checked.citations, 0)


@given(answers)
def test_without_a_context_no_citation_is_left(text: str) -> None:
    assert check(text, {}).citations == ()
