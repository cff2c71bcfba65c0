"""What an index of one root, and of several, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.candidates import hits
from dt6_lsp.index.federation import Federation
from dt6_lsp.index.question import Question
from dt6_lsp.index.search import by_words
from dt6_lsp.index.terms import Terms, humps
from tests.index_fixtures import function, opened, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.index.index import Index

SERVER = '''\
import os.path
from lib import io

LIMIT = 3


class HttpServer:
    """Answers requests."""

    def parse_headers(self, lines):
        return [io.load(line) for line in lines]

    def run(self):
        return self.parse_headers([])
'''
CLIENT = "from app.server import HttpServer\n\n\ndef getUserName():\n    return HttpServer().run()\n"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    write(tmp_path / "work", {"app/server.py": SERVER, "app/client.py": CLIENT, "lib/io.py": function("load")})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        yield index


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("run", "run"),
        ("parse_h", "parse_headers"),
        ("ph", "parse_headers"),
        ("gun", "getUserName"),
        ("getUN", "getUserName"),
        ("headers", "parse_headers"),
        ("eR", "HttpServer"),
        ("HttpServer.pa", "parse_headers"),
        ("SERVER", "HttpServer"),
    ],
)
def test_a_symbol_is_found_by_what_one_types_of_it(index: Index, query: str, first: str) -> None:
    assert index.symbols(query)[0].name == first


@pytest.mark.parametrize(
    "query", ["zzz", "%", "_", "'", '"', "\\", "a" * 5000, "\U0010ffff", "Server.", "*", "[", "]]*", "?a?", "a[b"]
)
def test_odd_symbol_queries_are_harmless(index: Index, query: str) -> None:
    assert all(item.path for item in index.symbols(query))


def test_an_empty_query_lists_symbols_up_to_the_limit(index: Index) -> None:
    assert len(index.symbols("", limit=2)) == 2


@pytest.mark.parametrize("name", ["run", "HttpServer.run"])
def test_definitions_by_plain_and_qualified_name(index: Index, name: str) -> None:
    found = index.definitions(name)
    assert [(item.path, item.qualified, item.name_line) for item in found] == [("app/server.py", "HttpServer.run", 13)]
    assert index.definitions("Other.run") == []
    assert index.definitions("Server.run") == []  # a part of a container's name


@pytest.mark.parametrize("unsaved", [{}, {"c.py": "class C:\n    def run(self): ...\n\n    def stop(self): ...\n"}])
def test_of_many_definitions_those_in_the_open_file_come_first(tmp_path: Path, unsaved: dict[str, str]) -> None:
    files = {f"{name}.py": f"class {name.upper()}:\n    def run(self): ...\n" for name in "abcd"}
    for root in ("one", "two"):
        write(tmp_path / root, files)
    with opened(tmp_path / "one", tmp_path / "s1") as one, opened(tmp_path / "two", tmp_path / "s2") as two:
        one.update()
        two.update()
        reader, both = one.over(unsaved), Federation([one, two])
        assert [item.path for item in reader.definitions("run", "c.py", 3)] == ["c.py", "a.py", "b.py"]
        assert [item.path for item in reader.definitions("D.run", "c.py", 3)] == ["d.py"]
        assert "two/d.py" in [item.path for item in both.definitions("run", "two/d.py", 1)]


def test_uses_name_the_definition_that_they_stand_in(index: Index) -> None:
    uses = index.uses("run")
    assert [(use.path, use.line, use.inside) for use in uses] == [("app/client.py", 5, "getUserName")]
    assert index.count_uses("run") == 1
    assert index.count_uses("HttpServer.run") == 1
    assert index.uses("nothing") == []


def test_the_outline_is_in_file_order(index: Index) -> None:
    names = [item.qualified for item in index.outline("app/server.py")]
    assert [name for name in names if name != "LIMIT"] == ["HttpServer", "HttpServer.parse_headers", "HttpServer.run"]
    assert index.outline("missing.py") == []


def test_imports_and_chunks_of_a_file(index: Index) -> None:
    assert [item.module for item in index.imports("app/client.py")] == ["app.server"]
    chunks = index.chunks("app/server.py")
    assert chunks[0].start_line == 1
    assert [chunk.start_line for chunk in chunks] == sorted(chunk.start_line for chunk in chunks)
    assert {chunk.score for chunk in chunks} == {0.0}
    covered = {line for chunk in chunks for line in range(chunk.start_line, chunk.end_line + 1)}
    assert covered >= {number for number, line in enumerate(SERVER.splitlines(), 1) if line.strip()}


@pytest.mark.parametrize("query", ["", "   ", "?!", '"', "NOT", "a OR b", "x* (", "\0", "é", "path:x", "-", "𝒳" * 2000])
def test_odd_search_queries_are_harmless(index: Index, query: str) -> None:
    assert all(hit.path for hit in index.search(query))


def test_where_too_many_chunks_would_be_scored_a_rare_term_decides_which_and_common_ones_count(tmp_path: Path) -> None:
    common = {f"app/f{number}.py": f"def json{number}():\n    return json.load\n" for number in range(6)}
    others = {f"app/g{number}.py": f"def yak{number}():\n    return yak.load\n" for number in range(9)}
    both = "def read():\n    return zebra(json)\n"
    write(tmp_path / "work", {**common, **others, "a.py": both.replace("json", "hoof"), "b.py": both})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        question = Question.of("json of a zebra", Terms())
        everything = index._store.ask(by_words, question)
        few = index._store.ask(by_words, question, most=5)
        paths = [hit.path for hit in index._store.ask(hits, few)]
    assert len(everything) == 8
    assert paths == ["b.py", "a.py"]
    assert few == {chunk_id: everything[chunk_id] for chunk_id in few}


def test_state_and_stats_count_what_is_there(index: Index) -> None:
    state, stats = index.state(), index.stats()
    assert (state.files, state.indexed, state.stale) == (3, 3, 0)
    assert (stats.files, stats.vectors, stats.vectors_synced) == (3, stats.chunks, 0)
    assert stats.symbols >= 5
    assert stats.references >= 4
    assert stats.sizes.total >= stats.sizes.ledger > 10_000
    assert stats.writer


def test_two_roots_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "one/api", {"main.py": function("alpha")})
    write(tmp_path / "two/api", {"main.py": "import os\n\n\n" + function("beta")})
    roots = tmp_path / "one/api", tmp_path / "two/api"
    with opened(roots[0], tmp_path / "s1") as first, opened(roots[1], tmp_path / "s2") as second:
        first.update()
        second.update()
        both = Federation([first, second])
        assert both.files() == ["api-2/main.py", "api/main.py"]
        assert both.definitions("beta")[0].path == "api-2/main.py"
        assert {hit.path for hit in both.search("alpha beta")} == {"api/main.py", "api-2/main.py"}
        assert both.search("beta", 1, near="api-2/main.py")
        assert [item.name for item in both.outline("api/main.py")] == ["alpha"]
        assert both.imports("api-2/main.py")[0].module == "os"
        assert both.chunks("api-2/main.py")[0].path == "api-2/main.py"
        assert both.chunks("elsewhere/main.py") == []
        assert both.outline("main.py") == []
        assert both.count_uses("alpha_step") == 24
        assert len(both.uses("alpha_step", 5)) == 5
        assert [item.name for item in both.symbols("a")][:1] == ["alpha"]
        assert both.state().indexed == 2


def test_one_root_needs_no_prefix(index: Index) -> None:
    assert Federation([index]).files() == index.files()
    assert Federation([index]).search("load")[0] == index.search("load")[0]


def test_terms_are_whole_names_and_their_parts() -> None:
    terms = Terms()
    assert terms.of("HTTPServer.parse_it2") == ["httpserver", "http", "server", "parse_it2", "pars", "it", "2"]
    assert terms.of("größe") == terms.of("Größe")
    assert terms.of("x" * 65) == []
    assert humps("getUserName") == humps("get_user_name") == "gun"
