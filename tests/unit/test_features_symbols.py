"""Symbols of the workspace: by name, and by what they do where the name does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.features.places import Seen, name_place, name_places
from dt6_lsp.features.roots import Roots
from dt6_lsp.features.symbols import means_more, meant_symbols, merged, search_symbols
from tests.unit.workspace_fixture import indexed

if TYPE_CHECKING:
    from pathlib import Path

WORK = '''
//- till.py
def close_register(day):
    """Counts the money at the end of the day."""

def open_register(day):
    """Puts change into the drawer."""
//- shop.py
class Shop:
    """Sells bread."""
'''


def names(query: str, folder: Path) -> list[str]:
    """What `workspace/symbol` lists."""
    with indexed(WORK, folder) as index:
        named = search_symbols(index, query)
        return [
            item.name for item in merged(named, meant_symbols(index, query) if means_more(query, named) else [], 50)
        ]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("count the money", "close_register"),
        ("change into the drawer", "open_register"),
        ("bakery that sells bread", "Shop"),
    ],
)
def test_words_find_the_definition_that_does_it(query: str, first: str, tmp_path: Path) -> None:
    assert names(query, tmp_path)[0] == first


def test_a_name_that_there_is_finds_nothing_beside_it(tmp_path: Path) -> None:
    assert names("shop", tmp_path) == ["Shop"]


def test_a_name_that_nothing_has_is_searched_for(tmp_path: Path) -> None:
    assert names("money", tmp_path) == ["close_register"]


def test_what_is_named_comes_first_and_each_once(tmp_path: Path) -> None:
    with indexed(WORK, tmp_path) as index:
        named, meant = search_symbols(index, "open_register"), meant_symbols(index, "register change drawer")
        assert [item.name for item in merged(named, [*meant, *named], 50)][:1] == ["open_register"]
        both = merged(named, meant, 50)
        assert len(both) == len({(item.path, item.name_line) for item in both})
        assert len(merged(named, meant, 1)) == 1


@pytest.mark.parametrize("query", ["", "  ", "x", "ab "])
def test_next_to_nothing_is_not_searched_for(query: str) -> None:
    assert not means_more(query, [])


def test_a_name_is_where_it_was_or_on_the_nearest_line_that_has_it() -> None:
    lines = ["import run", "", "def run(): ...", "x = 'runner'"]
    assert name_place(lines, "run", 3, 4).line == 3
    moved = name_place(["", *lines], "run", 3, 4)
    assert (moved.line, moved.start, moved.end, moved.text) == (4, 4, 7, "def run(): ...")
    gone = name_place(lines, "walk", 9, 4)
    assert (gone.line, gone.start, gone.end) == (4, 0, 0)


@given(st.lists(st.text("ab (\n", max_size=8), max_size=6), st.text("ab(", min_size=1), st.integers(-2, 9))
def test_a_place_is_always_inside_of_the_text(lines: list[str], name: str, line: int) -> None:
    place = name_place(lines, name, line, 0)
    assert place.text == (lines[place.line - 1] if lines else "")
    assert 0 <= place.start <= place.end <= len(place.text)


def test_places_are_those_of_the_open_text_then_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\n\ndef run(): ...\n")
    roots, seen = Roots((tmp_path,)), Seen("a.py", "run", 1, 4)
    assert [place.line for place in name_places(roots, [seen], {})] == [3]
    assert [place.line for place in name_places(roots, [seen], {"a.py": "\ndef run(): ...\n"})] == [2]
    for outside in ("../a.py", "gone.py"):
        (unknown,) = name_places(roots, [Seen(outside, "run", 7, 4)], {})
        assert (unknown.line, unknown.start, unknown.text) == (7, 4, "    run")
