"""Text of others is shown without fetching, running or hiding anything: an independent renderer of Markdown says so."""

from __future__ import annotations

import re
from itertools import product
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.assistant.sanitize import _undefined, fenced, inline, sanitize
from tests.markdown_pages import TABLES, assert_harmless, rendered


@pytest.mark.parametrize(
    ("markdown", "safe"),
    [
        ("![secret](https://evil.example/?q=1)", "secret"),
        ("![a][ref] x", "a x"),
        ("[![badge](https://x.io/b.svg)](https://x.io)", "badge (<https://x.io>)"),
        ("<img src=https://evil.example>", "&lt;img src=https://evil.example>"),
        ("<x\nstyle='background:url(https://evil.example)'>", "&lt;x\nstyle='background:url(https://evil.example)'>"),
        ("<svg/onload=x>", "&lt;svg/onload=x>"),
        ("<!-- hidden -->", "&lt;!-- hidden -->"),
        ("[run](command:workbench.action.terminal)", "run"),
        ("[run](<command:x>)", "run"),
        ("[run](JavaScript:alert)", "run"),
        ("[run](javascript:0,alert)", "run"),
        ("[run](command&colon;x)", "run"),
        ("[run](&#99;ommand:x)", "run"),
        ("[open](file:///etc/passwd)", "open"),
        ("[open](/etc/passwd)", "open"),
        ("[open](../../secret)", "open"),
        (r"[open](\\\\evil.example\\share)", "open"),
        ("[open](//evil.example/x)", "open"),
        ("[`code`](command:x)", "`code`"),
        ("<command:x> <vscode://x/y>", "&lt;command:x> &lt;vscode://x/y>"),
        ("[ref]: command:x", r"[ref]\: command:x"),
        ("> [ref]: command:x", r"> [ref]\: command:x"),
        ("a\u202eb\x1b[31m", "ab[31m"),
        ("[docs](https://evil.example/a)", "docs (<https://evil.example/a>)"),
        ("[https://good.example](https://evil.example)", "https://good.example (<https://evil.example>)"),
        ("[https://x.io](https://x.io 'a title')", "<https://x.io>"),
    ],
)
def test_what_would_fetch_run_hide_or_mislead_becomes_plain_words(markdown: str, safe: str) -> None:
    assert sanitize(markdown) == safe
    assert_harmless(safe)


@pytest.mark.parametrize(
    "markdown",
    [
        "A [file](src/a.py:3), [`code`](src/b.py#L1-L2), [one](<a b.py>) and <https://example.com>.",
        "Code: `<b>` and `![x](http://y)`.",
        "```html\n<img src='x'>\n```",
        "a < b, List[int], List<int>, Map<String, Vec<u8>> and x<y",
        "# Title\n\n- one\n- two `a | b`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x\n2. y\n",
        "It is `a.py:1-3`, see (app/io.py:1-3) and [1] or [x].",
    ],
)
def test_what_is_harmless_stays_as_it_is(markdown: str) -> None:
    assert sanitize(markdown) == markdown


def test_code_that_does_not_end_is_no_hiding_place() -> None:
    assert sanitize("a ` b ![x](http://y)") == "a ` b x"
    assert sanitize("\\`![x](http://y)`") == "\\`x`"


IMAGE = "![x](https://evil.example/?q)"


@pytest.mark.parametrize(
    "markdown",
    [
        f"- foo\n  ```\nbar {IMAGE}",
        f"- ```\n  x\n  ```\n{IMAGE}",
        f"1. a\n\n   ```\n   b\n\n{IMAGE}",
        f"<foo>\n```\n\n{IMAGE}\n",
        f"| `a | {IMAGE} | b` |\n|---|---|---|\n| `a | {IMAGE} | b` |",
        f"<https://foo`>{IMAGE}`>",
        f"`foo\nbar` {IMAGE} `baz`",
        f"!!![](a)[](b){IMAGE}",
        "[a\n]: https://evil.example\n\n[a\n]",
        f"$$\n```\n$$\n\n{IMAGE}",
        f"> ```\n{IMAGE}",
        f"~~~\n```\n~~~\n{IMAGE}",
        f"``` `\n{IMAGE}",
        f"\t```\n{IMAGE}",
        f"&lt;a>\n[x]:\n   https://evil.example\n\n[x] {IMAGE}",
    ],
)
def test_where_renderers_doubt_what_is_code_nothing_hides(markdown: str) -> None:
    assert_harmless(sanitize(markdown))


def test_code_in_a_list_stays_code_and_keeps_its_text() -> None:
    text = "1. Install:\n\n   ```bash\n   pip install 'x[y](z)'\n   ```\n2. Run."
    assert sanitize(text) == "1. Install:\n\n```bash\npip install 'x[y](z)'\n```\n2. Run."


PIECES = ("!", "[", "]", "(", ")", "](", "]:", "https://e.x/", "command:x", "//e.x", "<img ", "<b>", "a", " ", "\n",
          "\n\n", "`", "``", "\n```", "\n~~~\n", "<", ">", "|", "\n|-|-|\n", "- ", "\n  ", "\n    ", "> ", "\\", "$$",
          "&#99;", "<https://e.x/", "\t", "\x00", "<x>", "\n<x>\n", "[r]: ", "1. ", "***", "\n---\n")  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_whatever_is_written_is_harmless(text: str) -> None:
    assert_harmless(sanitize(text))


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_what_was_made_harmless_stays_harmless(text: str) -> None:
    assert_harmless(sanitize(sanitize(text)))


@given(st.text(alphabet=st.sampled_from("`~ab\n")))
def test_code_can_not_leave_its_block_or_span(code: str) -> None:
    opening, *body, closing = fenced(code, "python").split("\n")
    assert not any(line.lstrip().startswith(closing) for line in body)
    assert opening == closing + "python"
    span = inline(code)
    ticks = len(span) - len(span.lstrip("`"))
    assert "`" * ticks not in span[ticks : len(span) - ticks] or not code.strip()


SCHEMES = ("command", "vscode", "vscode-insiders", "javascript", "data", "file", "ftp", "ms-word", "tel", "x")
FORMS = (
    "[w]({0}:a)", "[w](<{0}:a>)", "[w]( {0}:a 'title')", "![w]({0}:a)", "<{0}:a>", "[w][r]\n\n[r]: {0}:a",
    "[r]\n\n[r]: <{0}:a>",
    "> [w]({0}:a)", "- [w][r]\n\n  [r]: {0}:a", "[`w`]({0}:a)", "[w\nw]({0}:a)", "[a [b]]({0}:a)",
    "[w]({0}&colon;a)", "<a href='{0}:a'>w</a>", "[![w](x)]({0}:a)", "**[w]({0}:a)**", "| [w]({0}:a) |\n|---|",
    r"[w\]]({0}:a)", "# [w]({0}:a)",
)  # fmt: skip


@pytest.mark.parametrize(("scheme", "form"), list(product(SCHEMES, FORMS)))
def test_no_form_of_link_runs_or_opens_anything(scheme: str, form: str) -> None:
    markdown = form.format(scheme)
    page = rendered(sanitize(markdown), TABLES)
    assert not [href for href, _ in page.links if href.lower().startswith(scheme)], sanitize(markdown)
    assert "img" not in page.tags


_DEFINES = re.compile(r"(?<!\w)(?P<label>\[(?:[^\[\]\\]|\\.)*\]):", re.DOTALL)


@given(st.text(alphabet="[]\\\\:a_ \n1", max_size=30))
def test_labels_with_a_colon_are_those_that_the_definition_of_one_says(text: str) -> None:
    assert _undefined(text) == _DEFINES.sub(r"\g<label>\\:", text)


def _seconds(text: str) -> float:
    """The best of a few, in time of this process."""
    best = 1e9
    for _ in range(3):
        start = process_time()
        sanitize(text)
        best = min(best, process_time() - start)
    return best


@pytest.mark.parametrize("unit", ["[\\", "\\[", "[a]:", "![", "[a](", "<", "`a", "![a]["])
def test_a_text_of_eight_times_the_length_takes_about_eight_times_as_long(unit: str) -> None:
    assert _seconds(unit * 32_000) < 24 * max(_seconds(unit * 4_000), 1e-4), "the square of eight is 64"
