"""Which file imports which: small workspaces, each import of which is understood as its language's own tools do.

The workspaces are in import_fixtures, one file for each language: `=== what it shows`, `//- path` before each file, and
`//- edges` before what is expected, "source -> target" of every edge in order.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.federation import Federation
from dt6_lsp.index.graph import Edge
from tests.index_fixtures import opened, write
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.index.graph import ImportGraph

_NOTHING = {"py": "# nothing\n", "pyi": "# nothing\n"}  # an empty file is not indexed
FIXTURES = Path(__file__).parent / "import_fixtures"
_CASE = re.compile(r"^=== (.+)\n", re.MULTILINE)
_FILE = re.compile(r"^//- (\S+)\n", re.MULTILINE)


def workspace(text: str) -> dict[str, str]:
    _, *parts = _FILE.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def cases() -> Iterator[tuple[str, tuple[dict[str, str], list[str]]]]:
    for fixture in sorted(FIXTURES.glob("*.txt")):
        _, *parts = _CASE.split(fixture.read_text("utf-8"))
        for what, text in zip(parts[::2], parts[1::2], strict=True):
            files = workspace(text)
            yield f"{fixture.stem}: {what}", (files, files.pop("edges").split("\n")[:-1])


CASES = {what: (files, [edge for edge in edges if edge]) for what, (files, edges) in cases()}


def graph(text: str) -> ImportGraph:
    return FakeReader(workspace(text)).graph()


def test_an_edge_says_where_it_was_written() -> None:
    found = graph("//- a.py\nimport os\nimport b\nimport b\n//- b.py\nx = 1\n")
    assert found.edges == (Edge("a.py", "b.py", 2, "b"),)
    assert found.dependencies("a.py") == found.dependents("b.py") == found.edges
    assert found.dependencies("b.py") == found.dependents("a.py") == ()
    assert found.external == {"a.py": ("os",)}
    assert found.files == ("a.py", "b.py")


@pytest.mark.parametrize("case", CASES)
def test_imports_are_understood(case: str) -> None:
    files, expected = CASES[case]
    assert [f"{edge.source} -> {edge.target}" for edge in FakeReader(files).graph().edges] == expected


def test_what_is_of_another_workspace_is_named() -> None:
    found = graph(
        "//- a.py\nimport numpy.linalg\n//- a.ts\nimport 'react';\nimport './gone';\n"
        "//- A.java\nimport java.util.List;\nclass A {}\n"
        '//- a.go\npackage a\nimport "fmt"\n//- src/lib.rs\nuse serde::Serialize;\nuse std::fmt;\n'
    )
    assert found.external == {
        "a.py": ("numpy.linalg",), "a.ts": ("react",), "A.java": ("java.util.List",), "a.go": ("fmt",),
        "src/lib.rs": ("serde::Serialize", "std::fmt"),
    }  # fmt: skip
    assert not found.edges


# --- of an index ------------------------------------------------------------------------------------------------------


def test_the_ledger_tells_the_same_as_the_files(tmp_path: Path) -> None:
    for number, (texts, expected) in enumerate(CASES.values()):
        root = tmp_path / str(number)
        files = {path: text or _NOTHING.get(path.rpartition(".")[2], "// nothing\n") for path, text in texts.items()}
        write(root, files)
        with opened(root, tmp_path / f"store-{root.name}") as index:
            index.update()
            assert [f"{edge.source} -> {edge.target}" for edge in index.graph().edges] == expected
            assert index.graph() == FakeReader(files).graph()


def test_it_follows_the_files_and_is_the_same_object_until_they_change(tmp_path: Path) -> None:
    write(tmp_path / "work", {"a.py": "import b\n", "b.py": "x = 1\n"})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        before = index.graph()
        assert before.edges
        assert index.graph() is before
        write(tmp_path / "work", {"b.py": "x = 2\n"}, at=1_650_000_000)
        index.update()
        assert index.graph() is before, "no import has changed"
        write(tmp_path / "work", {"a.py": "import os\n"}, at=1_700_000_000)
        index.update()
        assert not index.graph().edges


def test_unsaved_texts_have_edges_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "work", {"a.py": "import b\n", "b.py": "x = 1\n", "c.py": "x = 1\n"})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        overlay = index.over({"a.py": "import c\nimport d\n", "d.py": "import b\n"})
        assert [(edge.source, edge.target) for edge in overlay.graph().edges] == [
            ("a.py", "c.py"), ("a.py", "d.py"), ("d.py", "b.py"),
        ]  # fmt: skip
        assert [edge.target for edge in index.graph().edges] == ["b.py"]


def test_roots_are_read_as_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {"a.py": "import b\nimport os\n", "b.py": "x = 1\n"})
    with opened(tmp_path / "one", tmp_path / "s1") as one, opened(tmp_path / "two", tmp_path / "s2") as two:
        one.update()
        two.update()
        both = Federation([one, two]).graph()
    assert [(edge.source, edge.target) for edge in both.edges] == [("one/a.py", "one/b.py"), ("two/a.py", "two/b.py")]
    assert both.files == ("one/a.py", "one/b.py", "two/a.py", "two/b.py")
    assert both.external["two/a.py"] == ("os",)
