"""The outline of a text: every definition once, inside of what it belongs to."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.features.outline import MOST_CHARACTERS, MOST_LEVELS, MOST_SYMBOLS, nested, outline, symbols
from dt6_lsp.syntax.languages import BY_NAME, language_by_id
from dt6_lsp.syntax.model import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dt6_lsp.features.outline import Item


def check(path: str, text: str, language_id: str = "") -> str:
    """The outline as lines, indented by level."""
    return "\n".join(_lines(outline(path, textwrap.dedent(text).lstrip("\n"), language_id), 0))


def _lines(items: Iterable[Item], level: int) -> Iterator[str]:
    for item in items:
        yield f"{'  ' * level}{item.symbol.kind} {item.name}"
        yield from _lines(item.children, level + 1)


def test_definitions_stand_inside_one_another() -> None:
    text = """
    LIMIT = 3
    class Till:
        total = 0
        def open(self):
            def inner(): ...
    def main(): ...
    """
    assert check("a.py", text) == (
        "constant LIMIT\nclass Till\n  field total\n  method open\n    function inner\nfunction main"
    )


def test_headings_hold_the_ones_below_them() -> None:
    assert check("a.md", "# One\n## Two\n### Three\n## Four\n# Five\n") == (
        "section One\n  section Two\n    section Three\n  section Four\nsection Five"
    )


def test_a_method_that_stands_outside_of_its_type_says_whose_it_is() -> None:
    assert check("a.go", "type Till struct{}\nfunc (t *Till) Open() {}\n".replace("type", "package a\ntype", 1)) == (
        "struct Till\nmethod Till.Open"
    )


def test_two_definitions_on_one_line_are_side_by_side() -> None:
    assert check("a.js", "function a() {} function b() {}\n") == "function a\nfunction b"
    assert check("a.js", "class A { run() {} }\n") == "class A\n  method run"


@pytest.mark.parametrize(
    ("path", "language_id", "text", "first"),
    [
        ("Untitled-1", "python", "def f(): ...\n", "function f"),
        ("", "typescriptreact", "const App = () => <b>x</b>;\n", "function App"),
        ("", "shellscript", "run() { :; }\n", "function run"),
        ("", "plaintext", "#!/usr/bin/env python3\ndef f(): ...\n", "function f"),
        ("a.py", "markdown", "def f(): ...\n", "function f"),
    ],
)
def test_the_editor_says_the_language_where_the_name_does_not(
    path: str, language_id: str, text: str, first: str
) -> None:
    assert check(path, text, language_id).splitlines()[:1] == [first]


def test_text_without_a_grammar_has_no_outline() -> None:
    assert outline("notes.txt", "def f(): ...\n", "plaintext") == []
    assert outline("", "def f(): ...\n", "no-such-language") == []


@pytest.mark.parametrize("language_id", ["python", "Python", "cpp", "javascriptreact", "cs", "jsonc"])
def test_names_of_languages_lead_to_grammars(language_id: str) -> None:
    assert language_by_id(language_id) in BY_NAME


def test_a_text_that_is_too_large_is_not_parsed() -> None:
    assert symbols("a.py", "x = 1\n" * (MOST_CHARACTERS // 6 + 1)) == ()


def test_of_very_many_definitions_the_outermost_stay() -> None:
    inner = [_symbol(f"A{number}.m", 10 * number + 1, 10 * number + 2) for number in range(MOST_SYMBOLS)]
    outer = [_symbol(f"A{number}", 10 * number, 10 * number + 9) for number in range(MOST_SYMBOLS)]
    found = nested([each for pair in zip(outer, inner, strict=True) for each in pair])
    assert (len(found), sum(len(item.children) for item in found)) == (MOST_SYMBOLS, 0)


def test_depth_has_an_end() -> None:
    depth = 500
    found = nested([_symbol(f"f{number}", number + 1, 2 * depth - number) for number in range(depth)])
    assert len(list(_lines(found, 0))) == depth
    assert max(len(line) - len(line.lstrip()) for line in _lines(found, 0)) == 2 * MOST_LEVELS


def _symbol(qualified: str, start: int, end: int) -> Symbol:
    container, _, name = qualified.rpartition(".")
    return Symbol(name, container, "function", start, end, start, 0, "", "")


spans = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12), st.sampled_from("abc")), max_size=25)


@given(spans)
def test_each_definition_is_there_once_in_order_and_within_its_parent(given_spans: list[tuple[int, int, str]]) -> None:
    ordered = sorted((start, -(start + length), name) for start, length, name in given_spans)
    found = [_symbol(name, start, -end) for start, end, name in ordered]
    items = nested(found)
    seen: list[Symbol] = []

    def walk(item: Item) -> None:
        seen.append(item.symbol)
        for child in item.children:
            assert item.symbol.start_line <= child.symbol.start_line
            assert child.symbol.end_line <= item.symbol.end_line
            walk(child)

    for item in items:
        walk(item)
    assert seen == found
