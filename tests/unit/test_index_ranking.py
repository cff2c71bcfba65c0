"""What makes one file of a workspace a better answer than another: a test per feature, on made-up evidence."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.index.candidates import Candidate
from dt6_lsp.index.nearness import means
from dt6_lsp.index.path_facts import ROLES, PathFacts, of_other_systems
from dt6_lsp.index.question import ASKED_FOR, Question
from dt6_lsp.index.ranking import FILE_FEATURES, WEIGHTS, Defines, Evidence, Weights, rank
from dt6_lsp.index.terms import Terms
from tests.index_fixtures import function, opened, write

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.syntax.model import Kind

TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk with what was found of it. Chunks of one path are one file."""

    path: str
    words: float = 1.0
    meaning: float = 0.0
    symbol: str = ""
    defines: tuple[str, Kind] | None = None
    size: int = 1
    near: float = 0.0


def ranked(query: str, *found: Found, weights: Weights = WEIGHTS) -> list[str]:
    """Paths of the chunks, best first."""
    question = Question.of(query, TERMS)
    paths = list(dict.fromkeys(each.path for each in found))
    file_ids = {path: number for number, path in enumerate(paths)}
    chunks = {
        number: Candidate(number, file_ids[each.path], each.path, "", number, number, number, "function", each.symbol)
        for number, each in enumerate(found)
    }
    evidence = Evidence(
        chunks=chunks,
        words={number: each.words for number, each in enumerate(found)},
        meaning={number: each.meaning for number, each in enumerate(found)},
        defines=[
            Defines(number, each.defines[0], "", each.defines[1]) for number, each in enumerate(found) if each.defines
        ],
        sizes={file_ids[each.path]: each.size for each in found},
        near={file_ids[each.path]: each.near for each in found},
    )
    order = rank(question, evidence, lambda path: PathFacts.of(path, TERMS), TERMS, weights)
    return [found[chunk_id].path for chunk_id, _ in order]


@pytest.mark.parametrize(
    ("feature", "query", "better", "worse"),
    [
        ("stem_covered", "read the cache", Found("a/cache.py"), Found("a/cache_of_other_things.py")),
        ("stem_found", "retry limits backoff", Found("a/retry_backoff.py"), Found("a/retry.py")),
        ("folders_found", "parse css colors", Found("css/x.py"), Found("xml/x.py")),
        ("stem_begun", "authentication of users", Found("a/auth.py"), Found("a/edge.py")),
        ("stem_covered", "tests of the app cache", Found("app/cache.py"), Found("app/app.py")),
        ("size", "parse", Found("a/one.py", size=40), Found("a/two.py", size=1)),
        ("near", "parse", Found("a/one.py", near=1.0), Found("a/two.py")),
        ("defines_symbol", "Parser", Found("a/one.py", defines=("Parser", "class")), Found("a/two.py")),
        ("defines_name", "who need load_page", Found("a/one.py", defines=("load_page", "function")), Found("a/two.py")),
        ("symbol_overlap", "load the page", Found("a/one.py", symbol="load_page"), Found("a/two.py", symbol="run")),
        ("named_so", "UserCache", Found("a/user_cache.py"), Found("a/user_cache_parts.py")),
        ("words_share", "parse", Found("a/one.py", words=3.0), Found("a/two.py", words=1.0)),
    ],
)  # fmt: skip
def test_a_feature_decides_between_equals(feature: str, query: str, better: Found, worse: Found) -> None:
    only = replace(Weights(), **{field.name: 0.0 for field in fields(Weights)})
    only = replace(only, **dict.fromkeys(ROLES, 1.0) | {feature: 0.5})

    assert ranked(query, worse, better, weights=only)[0] == better.path
    assert ranked(query, better, worse, weights=only)[0] == better.path


def test_a_near_meaning_beats_a_far_one() -> None:
    assert ranked("parse", Found("a/one.py", meaning=0.1), Found("a/two.py", meaning=0.9))[0] == "a/two.py"


def test_a_file_that_answers_in_several_places_is_better_than_one_that_answers_once() -> None:
    often = [Found("a/often.py", words=0.9) for _ in range(3)]

    assert ranked("parse", Found("a/once.py", words=1.0), *often, Found("a/none.py", words=0.0))[0] == "a/often.py"


def test_no_file_fills_the_list() -> None:
    many = [Found("a/many.py", words=5.0) for _ in range(5)]

    assert ranked("parse", *many, Found("a/other.py", words=4.5), Found("a/no.py", words=0.1))[:2] == [
        "a/many.py",
        "a/other.py",
    ]


@pytest.mark.parametrize(
    ("path", "role", "query_that_asks"),
    [
        ("tests/parser_test.py", "test", "test of the parser"),
        ("src/parser.spec.ts", "test", "specs for parser"),
        ("examples/parser.py", "example", "example parser"),
        ("docs/parser.md", "prose", "parser documentation"),
        ("vendor/parser.py", "aside", "vendored parser"),
        ("src/parser.pb.go", "aside", "generated parser"),
        ("parser.yaml", "data", "parser configuration"),
        ("include/parser.h", "declares", "header of the parser"),
        ("src/haiku/parser.c", "foreign", "parser of the platform"),
    ],
)
def test_a_part_that_a_file_plays_costs_it_unless_the_question_asks_for_it(
    path: str, role: str, query_that_asks: str
) -> None:
    facts = PathFacts.of(path, TERMS)

    assert role in facts.roles
    assert ranked("run it", Found(path, words=1.1), Found("src/x.py"), Found("src/y.py", words=0))[0] == "src/x.py"
    asked = ranked(query_that_asks, Found(path, words=1.1), Found("src/x.py", words=0.4), Found("y.py", words=0))
    assert asked[0] == path
    assert Question.of(query_that_asks, TERMS).asks_for(role)
    assert not Question.of("where is the parser", TERMS).asks_for(role)


@pytest.mark.parametrize(
    "path",
    [
        "src/contest.py",
        "src/latest/parser.go",
        "app/protest.rs",
        "lib/inspector.js",
        "src/documents/model.py",
        "lib/test_functions.bash",  # no runner goes by this name
        "src/window.c",
        "src/winner.py",
        f"src/{sys.platform}/parser.c",
    ],
)
def test_source_code_plays_no_part(path: str) -> None:
    assert not PathFacts.of(path, TERMS).roles


@pytest.mark.parametrize(
    ("platform", "path", "expected"),
    [
        ("linux", "src/win/tcp.c", True),
        ("linux", "src/unix/tcp.c", False),
        ("linux", "src/unix/aix.c", True),
        ("linux", "os/file_windows.go", True),
        ("linux", "os/file_linux.go", False),
        ("darwin", "os/file_linux.go", True),
        ("darwin", "Sources/macOS/View.swift", False),
        ("win32", "src/win/tcp.c", False),
        ("win32", "src/unix/tcp.c", True),
        ("freebsd14", "src/unix/freebsd.c", False),
    ],
)
def test_code_for_other_systems_than_this_machine_s(platform: str, path: str, expected: bool) -> None:
    assert bool(of_other_systems(platform).search(path)) is expected


def test_of_the_versions_that_are_kept_beside_each_other_the_latest_is_meant() -> None:
    old, new = Found("api/v9/users.py", words=1.1), Found("api/v10/users.py")

    assert ranked("list users", old, new, Found("x.py", words=0))[0] == new.path
    assert ranked("list users of v9", old, new, Found("x.py", words=0))[0] == old.path
    assert ranked("list users", old, Found("web/v10/users.py"), Found("x.py", words=0))[0] == old.path


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("Serialize", ("Serialize", "trait"), ("serialize", "method")),
        ("serialize", ("serialize", "method"), ("Serialize", "field")),
        ("Session", ("Session", "class"), ("Session", "field")),
    ],
)
def test_the_better_definition_of_a_name(query: str, better: tuple[str, Kind], worse: tuple[str, Kind]) -> None:
    found = [Found("a/one.py", defines=worse), Found("a/two.py", defines=better)]

    assert ranked(query, *found)[0] == "a/two.py"


def test_the_chunk_that_defines_the_name_stands_for_its_file() -> None:
    question = Question.of("run", TERMS)
    chunks = {number: Candidate(number, 0, "a.py", "", number, number, number, "method", "") for number in (0, 1)}
    chunks[2] = Candidate(2, 1, "b.py", "", 1, 1, 1, "text", "")
    evidence = Evidence(chunks, {0: 1.0, 1: 0.8, 2: 0.1}, {}, [Defines(1, "run", "Server", "method")])

    assert rank(question, evidence, lambda path: PathFacts.of(path, TERMS), TERMS)[0][0] == 1


def test_a_licence_does_not_stand_for_its_file(tmp_path: Path) -> None:
    licence = "# Copyright the makers of pages.\n# Licensed to load pages under these terms.\n" * 14
    write(tmp_path / "work", {"pages.py": licence + "\n\n" + function("load_page"), "other.py": function("load")})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        found = [hit.symbol for hit in index.search("load the page") if hit.path == "pages.py"]

    assert found == ["load_page", ""]


@pytest.mark.parametrize(
    ("query", "terms", "names"),
    [
        ("how does the thread pool work", ("thread", "pool"), ["thread", "pool"]),
        ("Server.run", ("server", "run"), ["run"]),
        ("where is loadPage called", ("loadpage", "load", "page", "call"), ["loadPage", "called"]),
        ("the", ("the",), ["the"]),
    ],
)
def test_what_a_question_asks_for(query: str, terms: tuple[str, ...], names: list[str]) -> None:
    question = Question.of(query, TERMS)

    assert question.terms == terms
    assert [name.text for name in question.names] == names


def test_neighbouring_words_are_also_looked_for_as_one() -> None:
    assert Question.of("the thread pool size", TERMS).compounds == (
        "threadpool",
        "thread_pool",
        "poolsize",
        "pool_size",
    )


@given(st.text(max_size=80))
def test_any_text_is_a_question(text: str) -> None:
    question = Question.of(text, TERMS)

    assert question.said == set(question.terms)
    assert len(set(question.terms)) == len(question.terms)


@given(
    st.lists(
        st.builds(
            Found,
            path=st.sampled_from(["a.py", "b/c.go", "tests/d.rs", "README.md"]),
            words=st.floats(0, 50),
            meaning=st.floats(-1, 1),
            symbol=st.sampled_from(["", "Parser.run"]),
            size=st.integers(1, 500),
        ),
        max_size=12,
    )
)
def test_every_chunk_is_ranked_once_and_files_lead_with_different_paths(found: list[Found]) -> None:
    paths = ranked("run the parser", *found)

    assert sorted(paths) == sorted(each.path for each in found)


@pytest.mark.parametrize(
    ("module", "path", "expected"),
    [
        ("./util", "src/app/util.ts", True),
        ("app.util", "src/app/util.py", True),
        ("github.com/x/tree/node", "tree/node/walk.go", True),
        ("crate::parser::lexer", "src/parser/lexer.rs", True),
        ("os.path", "src/util.py", False),
        ("", "src/util.py", False),
    ],
)
def test_whether_an_import_may_mean_a_file(module: str, path: str, expected: bool) -> None:
    assert means(module, path) is expected


def test_files_close_to_the_open_one_come_first(tmp_path: Path) -> None:
    body = function("load")
    write(tmp_path / "work", {"far/one.py": body, "lib/two.py": body, "app/open.py": "from lib import two\n"})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()

        assert index.search("load", near="app/open.py")[0].path == "lib/two.py"
        assert index.search("load", near="no/such/file.py")


def test_words_that_no_file_has_find_nothing_and_break_nothing(tmp_path: Path) -> None:
    write(tmp_path / "work", {"one.py": function("load")})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()

        for query in ('"', "AND", "NEAR(", "*", "zzzz qqqq", 'load" OR "x', "load:", "-load", "^"):
            assert isinstance(index.search(query), list)


def test_every_weight_belongs_to_a_feature() -> None:
    names = {field.name for field in fields(Weights)}

    assert set(FILE_FEATURES) | set(ROLES) <= names
    assert set(ROLES) == set(ASKED_FOR)
