"""What a hover shows: the definition that the name most likely means at this place."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.blocking import on_threads
from dt6_lsp.features.changes import Changed, Changes
from dt6_lsp.features.explaining import Explainer
from dt6_lsp.features.explanations import Explanation, Explanations
from dt6_lsp.features.hover import Hover, hover, word_at
from dt6_lsp.features.hover_text import render_markdown, render_plain
from dt6_lsp.features.hovering import Hovering
from dt6_lsp.features.related import related_definitions
from dt6_lsp.features.roots import Roots
from dt6_lsp.features.symbols import search_symbols
from dt6_lsp.index.model import Definition, Use
from dt6_lsp.workspace.blame import Commit
from tests.unit.assistant_fixtures import FakeReader, nobody, services
from tests.unit.workspace_fixture import indexed, parse

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.index.model import Hit


def check(fixture: str, folder: Path) -> Hover | None:
    """The hover at `$0` of the workspace."""
    cursor = parse(fixture).cursor
    assert cursor is not None
    with indexed(fixture, folder) as index:
        return hover(index, cursor.path, parse(fixture).files[cursor.path], cursor.line, cursor.column)


def place(found: Hover | None) -> str:
    assert found is not None
    return f"{found.path}:{found.line}"


def test_a_call_shows_what_is_called(tmp_path: Path) -> None:
    found = check(
        '''
        //- app.py
        from words import greet

        def main():
            return gre$0et("you")
        //- words.py
        def greet(name):
            """Says hello to somebody."""
            return f"hello {name}"
        ''',
        tmp_path,
    )
    assert found is not None
    assert (found.title, found.kind, found.signature) == ("greet", "function", "def greet(name)")
    assert (found.doc, place(found), found.language) == ("Says hello to somebody.", "words.py:1", "python")
    assert (found.start_column, found.end_column) == (11, 16)
    assert (found.used_by, [(use.path, use.inside) for use in found.top_uses]) == (1, [("app.py", "main")])
    assert found.others == 0


def test_the_definition_in_the_same_file_is_nearest(tmp_path: Path) -> None:
    fixture = """
    //- a.py
    def run(): ...
    //- b.py
    def run(): ...
    def main():
        ru$0n()
    """
    found = check(fixture, tmp_path)
    assert place(found) == "b.py:1"
    assert found is not None
    assert found.others == 1


def test_a_method_of_the_class_around_the_cursor_comes_before_the_others(tmp_path: Path) -> None:
    fixture = """
    //- a.py
    class First:
        def close(self): ...
    class Second:
        def close(self): ...
        def __exit__(self):
            self.clo$0se()
    """
    assert place(check(fixture, tmp_path)) == "a.py:4"


def test_the_name_before_the_dot_decides_among_methods(tmp_path: Path) -> None:
    fixture = """
    //- a.py
    class Store:
        def get(self): ...
    class Cache:
        def get(self): ...
    def main(cache):
        cache.ge$0t()
    """
    assert place(check(fixture, tmp_path)) == "a.py:4"


@pytest.mark.parametrize(
    ("importing", "target"),
    [
        ("//- app/main.py\nfrom app.deep.words import greet\ngre$0et()\n", "app/deep/words.py"),
        ("//- app/main.py\nfrom .deep import words\nwords.gre$0et()\n", "app/deep/words.py"),
        ("//- app/main.ts\nimport { greet } from './deep/words'\ngre$0et()\n", "app/deep/words.ts"),
    ],
)
def test_an_imported_file_comes_before_others(importing: str, target: str, tmp_path: Path) -> None:
    definition = "def greet(): ..." if target.endswith("py") else "export function greet() {}"
    ending = target.rpartition(".")[2]
    fixture = f"{importing}//- aaa.{ending}\n{definition}\n//- {target}\n{definition}\n"
    assert place(check(fixture, tmp_path)) == f"{target}:1"


def test_the_same_language_comes_before_others_and_code_before_tests(tmp_path: Path) -> None:
    fixture = """
    //- a.js
    function send() {}
    //- tests/test_send.py
    def send(): ...
    //- z.py
    def send(): ...
    //- main.py
    sen$0d()
    """
    assert place(check(fixture, tmp_path)) == "z.py:1"


def test_a_key_of_a_data_file_is_not_what_code_means(tmp_path: Path) -> None:
    assert check("//- ci.yaml\njobs: 1\n//- a.py\nimport jo$0bs\n", tmp_path) is None
    assert place(check("//- ci.yaml\njo$0bs: 1\n", tmp_path / "data")) == "ci.yaml:1"


def test_a_recursive_call_is_no_use_by_others(tmp_path: Path) -> None:
    found = check("//- a.py\ndef wa$0lk(n):\n    return walk(n - 1)\n", tmp_path)
    assert found is not None
    assert (found.used_by, found.top_uses) == (0, ())


@pytest.mark.parametrize(
    ("line", "column", "language", "name"),
    [
        ("größe = 1", 2, "python", "größe"),
        ("größe = 1", 5, "python", "größe"),
        ("a.empty? && b", 4, "ruby", "empty?"),
        ("var(--main-color)", 8, "css", "--main-color"),
        ("$scope.$apply()", 8, "javascript", "$apply"),
        ("this.#secret", 7, "javascript", "#secret"),
        ("foldl' f", 3, "haskell", "foldl'"),
        ("x+y", 1, "python", "x"),
        ("f(g)", 2, "python", "g"),
        ("😀 run()", 3, "python", "run"),
    ],
)
def test_names_are_those_of_the_language(line: str, column: int, language: str, name: str) -> None:
    word = word_at(line, 1, column, language)
    assert word is not None
    assert word.name == name
    assert line[word.start : word.end] == name


def test_a_long_line_of_one_word_costs_no_more_than_a_short_one() -> None:
    started = time.process_time()
    word = word_at("a" * 19_000 + " run", 1, 19_002, "python")
    assert word is not None
    assert word.name == "run"
    assert time.process_time() - started < 1  # with a search over all that stands before, it took many


@given(st.text(max_size=60), st.integers(-2, 5), st.integers(-3, 70))
def test_no_place_of_any_text_is_an_error(text: str, line: int, column: int) -> None:
    word = word_at(text, line, column, "python")
    assert word is None or word.start <= column <= word.end
    hover(FakeReader({}), "a.py", text, line, column)


def test_a_blank_an_unknown_name_and_a_place_outside_show_nothing(tmp_path: Path) -> None:
    with indexed("//- a.py\ndef run(): ...\n", tmp_path) as index:
        assert hover(index, "a.py", "x  = unknown", 1, 2) is None
        assert hover(index, "a.py", "x = unknown", 1, 6) is None
        assert hover(index, "a.py", "run()", 9, 0) is None
        assert hover(index, "not-indexed.py", "run()", 1, 0) is not None


FOUND = Hover(
    title="Till.open",
    kind="method",
    signature="def open(self)",
    language="python",
    doc="Opens it. ![x](https://evil.example/x.png) <b>now</b>",
    path="till.py",
    line=3,
    used_by=7,
    top_uses=(Use("main.py", 9, 4, "main"), Use("shop.py", 2, 0, "")),
    others=2,
    start_column=0,
    end_column=4,
)


def test_in_markdown() -> None:
    assert render_markdown(FOUND) == (
        "```python\ndef open(self)\n```\n\nOpens it. x &lt;b>now&lt;/b>\n\n"
        "method `Till.open`, defined at `till.py:3`\n\n"
        "Used 7 times: `main.py:9`, `shop.py:2` …. 2 other definitions have the name."
    )


def test_in_plain_text() -> None:
    assert render_plain(FOUND).startswith("def open(self)\n\nOpens it. ![x]")
    assert "`" not in render_plain(FOUND)


RICH = replace(
    FOUND,
    changed=Changed(Commit("1", 1_709_294_400, "Open <b>late</b> ![x](https://evil.example/y.png)"), exact=True),
    related=(
        Definition("a b/[x].py", "python", "shut", "Till", "method", 4, 5, 4, 8, "def shut(self)", ""),
        Definition("till.py", "python", "lock", "", "function", 7, 8, 7, 4, "def lock()", ""),
    ),
)


def test_places_are_links_where_a_client_shows_them() -> None:
    text = render_markdown(RICH, lambda path: f"file:///w/{path}")
    assert "method `Till.open`, defined at [`till.py:3`](file:///w/till.py#L3)" in text
    assert "Used 7 times: [`main.py:9`](file:///w/main.py#L9), [`shop.py:2`](file:///w/shop.py#L2) …." in text
    assert "Related: `Till.shut` at `a b/[x].py:4`; `lock` at [`till.py:7`](file:///w/till.py#L7)." in text


def test_the_last_change_is_told_harmlessly() -> None:
    assert "Last changed 2024-03-01: Open &lt;b>late&lt;/b> x" in render_markdown(RICH)
    assert "Last changed 2024-03-01: Open <b>late</b>" in render_plain(RICH)
    assert RICH.changed is not None
    dirty = replace(RICH, changed=replace(RICH.changed, exact=False))
    assert "Not committed as it is; its file was last changed 2024-03-01: Open" in render_plain(dirty)


def test_an_explanation_says_who_wrote_it() -> None:
    found = replace(FOUND, explanation=Explanation("It opens the till.", "ollama", "qwen3"))
    assert "Opens it. x &lt;b>now&lt;/b>\n\nIt opens the till.\n\nExplained by `qwen3` (ollama)." in render_markdown(
        found
    )
    assert "\n\nIt opens the till.\n\nExplained by qwen3 (ollama)." in render_plain(found)
    long = replace(FOUND, explanation=Explanation("```\n" + "x\n" * 5_000, "ollama", "qwen3"))
    assert len(render_markdown(long)) < 3_500
    assert render_markdown(long).count("```") % 2 == 0  # what is cut does not swallow what follows


def test_related_code_is_what_says_the_same_elsewhere(tmp_path: Path) -> None:
    fixture = '''
    //- till.py
    def count_coins(drawer):
        """Counts the coins in the drawer of the till."""
    //- bank.py
    def count_notes(drawer):
        """Counts the notes in the drawer of the bank."""
    //- weather.py
    class Forecast:
        """Rain, snow, wind, sun."""
    '''
    with indexed(fixture, tmp_path) as index:
        (own,) = index.definitions("count_coins")
        assert [item.qualified for item in related_definitions(index, own)] == ["count_notes"]


async def test_what_comes_late_is_not_waited_for(tmp_path: Path) -> None:
    """Related code that is not there in time is missing from a hover, and does not hold up the next."""
    may, began = threading.Event(), threading.Event()

    class Slow(FakeReader):
        def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
            began.set()
            assert may.wait(20)
            return super().related(path, symbol, line, n)

    reader = Slow({"a.py": "def run(): ...\n"})
    with ThreadPoolExecutor() as threads:
        run, changes = on_threads(threads), Changes(Roots((tmp_path,)), lambda *_: None)
        hovering = Hovering(run, changes, Explainer(Explanations(), run))
        try:
            for _ in range(3):
                found = await hovering.at(services(nobody()), lambda: reader, "a.py", "run()", 1, 1)
                assert found is not None
                assert (found.title, found.related) == ("run", ())
        finally:
            may.set()
            changes.close()
    assert began.is_set()


async def test_what_came_late_is_there_at_the_next_hover(tmp_path: Path) -> None:
    """Also where search never comes in time, as in a very large workspace."""
    reader = FakeReader({"a.py": "def run_all(): ...\n", "b.py": "def run_all_of_it(): ...\n"})
    with ThreadPoolExecutor() as threads:
        run, changes = on_threads(threads), Changes(Roots((tmp_path,)), lambda *_: None)
        hovering = Hovering(run, changes, Explainer(Explanations(), run), related_seconds=0.0)
        async with asyncio.timeout(20):
            while True:
                found = await hovering.at(services(nobody()), lambda: reader, "a.py", "run_all", 1, 1)
                if found is not None and found.related:
                    break
        changes.close()
    assert [item.name for item in found.related] == ["run_all_of_it"]


def test_a_search_for_nothing_finds_nothing() -> None:
    reader = FakeReader({"a.py": "def run(): ...\n"})
    assert [item.name for item in search_symbols(reader, " run ", 5)] == ["run"]
    assert search_symbols(reader, "  ") == []
