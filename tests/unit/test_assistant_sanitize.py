"""Text of others is shown without fetching, running or hiding anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.sanitize import fenced, inline, sanitize


@pytest.mark.parametrize(
    ("markdown", "safe"),
    [
        ("![secret](https://evil.example/?q=1)", "secret"),
        ("![a][ref] x", "a x"),
        ("[![badge](https://x.io/b.svg)](https://x.io)", "[badge](https://x.io)"),
        ("<img src=https://evil.example>", "&lt;img src=https://evil.example>"),
        ("<x\nstyle='background:url(https://evil.example)'>", "&lt;x\nstyle='background:url(https://evil.example)'>"),
        ("<svg/onload=x>", "&lt;svg/onload=x>"),
        ("<!-- hidden -->", "&lt;!-- hidden -->"),
        ("[run](command:workbench.action.terminal)", "run"),
        ("[run](<command:x>)", "run"),
        ("[run](JavaScript:alert)", "run"),
        ("[run](command&colon;x)", "run"),
        ("[run](&#99;ommand:x)", "run"),
        ("[open](file:///etc/passwd)", "open"),
        ("[ref]: command:x", ""),
        ("a\u202eb\x1b[31m", "ab[31m"),
    ],
)
def test_what_would_fetch_run_or_hide_becomes_plain_words(markdown: str, safe: str) -> None:
    assert sanitize(markdown) == safe


@pytest.mark.parametrize(
    "markdown",
    [
        "A [link](https://example.com/a_(b)), a [file](src/a.py:3) and <https://example.com>.",
        "Code: `<b>` and `![x](http://y)`.",
        "```html\n<img src='x'>\n```",
        "a < b, List[int], List<int>, Map<String, Vec<u8>> and x<y",
    ],
)
def test_what_is_harmless_stays_as_it_is(markdown: str) -> None:
    assert sanitize(markdown) == markdown


def test_code_that_does_not_end_is_no_hiding_place() -> None:
    assert sanitize("a ` b ![x](http://y)") == "a ` b x"
    assert sanitize("\\`![x](http://y)`") == "\\`x`"


@given(
    st.lists(
        st.sampled_from(["!", "[", "]", "(", ")", "http://e.x/", "command:", "<img ", "a", " ", "\n", "`", "<", ">"])
    ).map("".join)
)
def test_outside_of_code_no_image_and_no_command_is_left(text: str) -> None:
    prose = re.sub(r"^ {0,3}```.*?(?:^ {0,3}```|\Z)|`[^\n]*`", "", sanitize(text), flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"!\[[^\[\]]*\]\(http|(?<!!)\[[^\[\]]*\]\(command:|<img", prose)


@given(st.text(alphabet=st.sampled_from("`~ab\n")))
def test_code_can_not_leave_its_block_or_span(code: str) -> None:
    opening, *body, closing = fenced(code, "python").split("\n")
    assert not any(line.lstrip().startswith(closing) for line in body)
    assert opening == closing + "python"
    span = inline(code)
    ticks = len(span) - len(span.lstrip("`"))
    assert "`" * ticks not in span[ticks : len(span) - ticks] or not code.strip()
