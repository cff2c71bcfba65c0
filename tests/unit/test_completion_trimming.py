"""What of a model's filling is suggested. `$0` is the gap; after the bar stands what the model wrote."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.features.completion.gap import Gap
from dt6_lsp.features.completion.trimming import MOST_LINES, is_enough, trimmed


def gap_in(text: str, path: str = "a.py") -> Gap:
    return Gap.at(path, text.replace("$0", ""), text.index("$0"))


def check(text: str, written: str, *, whole: bool = True, path: str = "a.py") -> str:
    return trimmed(gap_in(dedent(text), path), written, whole=whole)


@pytest.mark.parametrize(
    ("text", "written", "suggested"),
    [
        ("x = $0\n", "1", "1"),
        ("x = $0\n", "1\n\n\n", "1"),
        ("x = $0\n", "   \n\n", ""),
        ("x = $0\n", "", ""),
        # in the middle of a line there is one line
        ("x = add($0, 2)\n", "1", "1"),
        ("x = add($0, 2)\n", "1\ny = 3", "1"),
        ("x = add($0, 2)\n", "\nmore", ""),
        ("x = add($0b)\n", "a, ", "a, "),
        # what stands behind the gap is not written again
        ("x = add($0)\n", "1, 2)", "1, 2"),
        ("x = add($0)\n", "neg(1)", "neg(1)"),
        ("x = add($0)\n", "neg(1))", "neg(1)"),
        ("x = add($0)\n", "1) + 2", "1"),
        ("x = [$0]\n", "a[0]]", "a[0]"),
        ('print("$0")\n', 'hello")', "hello"),
        ('print("$0")\n', 'hello"', "hello"),
        ("x = $0 + tail\n", "head + tail", "head"),
        ("x = $0ab\n", "a", "a"),
        ("go($0b)\n", "a, b)", "a, "),
        # marks of prompts and of chats are no code
        ("x = $0\n", "1<|endoftext|>junk", "1"),
        ("x = $0\n", "1<|fim_suffix|>junk", "1"),
        ("x = $0\n", "1 <EOT>", "1"),
        ("x = $0\n", "```python\n1\n```\nThis is one.", "1"),
        ("x = $0\n", "1\n```", "1"),
    ],
)
def test_one_line(text: str, written: str, suggested: str) -> None:
    assert check(text, written) == suggested


def test_lines_that_follow_anyway_are_not_suggested() -> None:
    text = """
    def total(prices):
        result = 0
        $0
        return result


    print(total([1]))
    """
    written = "for price in prices:\n        result += price\n    return result\n\n\nprint(total([1]))"
    assert check(text, written) == "for price in prices:\n        result += price"


def test_a_line_that_is_like_the_next_one_is_when_others_follow_it() -> None:
    text = """
    def go(a):
        $0
        return None
    """
    written = "if a:\n        return None\n    a.close()"
    assert check(text, written) == written


def test_a_bracket_that_the_next_line_closes_is_not_closed_twice() -> None:
    text = """
    go(
        $0
    )
    """
    assert check(text, "1,\n    2,\n)") == "1,\n    2,"


def test_a_bracket_of_its_own_is_closed_although_the_next_line_is_one_too() -> None:
    text = """
    function a() {
      if (x) {$0
    }
    """
    assert check(text, "\n    y();\n  }\n", path="a.js") == "\n    y();\n  }"


def test_the_block_of_the_gap_ends_where_less_is_indented() -> None:
    text = """
    class A:
        def go(self):
            $0
    """
    assert check(text, "return 1\n\n    def other(self):\n        return 2") == "return 1"


def test_what_comes_after_the_definition_that_was_begun_is_another() -> None:
    written = "\n    return a + b\n\n\ndef sub(a, b):\n    return a - b"
    assert check("def add(a, b):$0\n", written) == "\n    return a + b"


def test_the_indentation_that_stands_before_the_gap_is_not_written_twice() -> None:
    assert check("def go():\n    $0\n", "    return 1") == "return 1"
    assert check("class A:\n$0\n", "    x = 1") == "    x = 1"


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    assert check("def go():\n    $0\n", "a = 1\n    b = 2\n    return a +", whole=False) == "a = 1\n    b = 2"
    assert check("x = $0\n", "first_of_a_long_na", whole=False) == "first_of_a_long_na", "there is nothing else"


def test_what_was_cut_off_does_not_end_within_brackets_where_it_can_end_before() -> None:
    written = "a = 1\n    go(\n        1,\n        2,\n    more"
    assert check("def go():\n    $0\n", written, whole=False) == "a = 1"


def test_line_ends_are_those_of_the_text() -> None:
    assert check("def go():\r\n    $0\r\n", "a = 1\n    b = 2") == "a = 1\r\n    b = 2"


def test_no_more_than_some_lines_are_suggested() -> None:
    written = "\n".join(f"a{number} = {number}" for number in range(100))
    assert check("$0\n", written).count("\n") == MOST_LINES - 1


def test_reading_stops_where_there_is_enough() -> None:
    assert is_enough(gap_in("go($0)\n"), "1\n")
    assert not is_enough(gap_in("go($0)\n"), "1")
    assert not is_enough(gap_in("go($0\n"), "1,\n2")
    assert is_enough(gap_in("go($0\n"), "\n" * (MOST_LINES + 1))


CODE = st.text(alphabet="ab=+ ()[]{}\"',:\n\r\t;`<|>é\U0001f600", max_size=60)


@given(before=CODE, after=CODE, written=CODE, whole=st.booleans(), path=st.sampled_from(["a.py", "b.js", "c.md", ""]))
def test_always(before: str, after: str, written: str, whole: bool, path: str) -> None:
    """It is a part of what was written, from its start, and says something; in a line it is one line."""
    gap = Gap.at(path, before + after, len(before))
    found = trimmed(gap, written, whole=whole)
    assert not found or found.strip()
    plain = found.replace("\r\n", "\n").replace("\r", "\n").rstrip(" ")
    assert plain in written.replace("\r\n", "\n").replace("\r", "\n")
    assert found.count(gap.line_end) < MOST_LINES
    if gap.in_line:
        assert "\n" not in found
        assert "\r" not in found
