"""Which file imports which: small workspaces, each import of which is understood as its language's own tools do.

A workspace is one text: `//- path` begins a file. The answer is "source -> target" of every edge, in order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.federation import Federation
from dt6_lsp.index.graph import Edge
from tests.index_fixtures import opened, write
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.index.graph import ImportGraph

_FILE = re.compile(r"^//- (\S+)\n", re.MULTILINE)


def workspace(text: str) -> dict[str, str]:
    _, *parts = _FILE.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def graph(text: str) -> ImportGraph:
    return FakeReader(workspace(text)).graph()


def edges(text: str) -> list[str]:
    return [f"{edge.source} -> {edge.target}" for edge in graph(text).edges]


def test_an_edge_says_where_it_was_written() -> None:
    found = graph("//- a.py\nimport os\nimport b\nimport b\n//- b.py\nx = 1\n")
    assert found.edges == (Edge("a.py", "b.py", 2, "b"),)
    assert found.dependencies("a.py") == found.dependents("b.py") == found.edges
    assert found.dependencies("b.py") == found.dependents("a.py") == ()
    assert found.external == {"a.py": ("os",)}
    assert found.files == ("a.py", "b.py")


# --- Python -----------------------------------------------------------------------------------------------------------

PYTHON = {
    "a submodule stands for itself, and its package only for other names": (
        "//- app/__init__.py\nfrom .core import run as run\n//- app/core.py\nfrom . import names, VERSION\n"
        "//- app/names.py\n\n//- cli.py\nfrom app import core\n",
        ["app/__init__.py -> app/core.py", "app/core.py -> app/__init__.py", "app/core.py -> app/names.py",
         "cli.py -> app/core.py"],
    ),
    "levels of relative imports": (
        "//- p/a/b.py\nfrom .. import x\nfrom ..y import z\nfrom ...q import r\nfrom .... import beyond\n//- p/x.py\n\n"
        "//- p/y.py\n\n//- q.py\n\n//- p/__init__.py\n\n//- p/a/__init__.py\n",
        ["p/a/b.py -> p/x.py", "p/a/b.py -> p/y.py", "p/a/b.py -> q.py"],
    ),
    "imports that are tried, conditional, for types, or inside functions": (
        "//- a.py\ntry:\n    import b\nexcept ImportError:\n    import c as b\nif TYPE_CHECKING:\n    from d import D\n"
        "def f():\n    import e\n//- b.py\n\n//- c.py\n\n//- d.py\n\n//- e.py\n",
        ["a.py -> b.py", "a.py -> c.py", "a.py -> d.py", "a.py -> e.py"],
    ),
    "cycles": ("//- a.py\nimport b\n//- b.py\nimport a\n", ["a.py -> b.py", "b.py -> a.py"]),
    "a src layout, from its tests": (
        "//- pyproject.toml\n[project]\nname = 'x'\n//- src/pkg/__init__.py\n\n//- src/pkg/m.py\n\n"
        "//- tests/test_m.py\nfrom pkg.m import f\n",
        ["tests/test_m.py -> src/pkg/m.py"],
    ),
    "a namespace package in two projects": (
        "//- one/pyproject.toml\n[project]\n//- one/ns/a.py\nimport ns.b.c\n"
        "//- two/setup.py\nimport ns\n//- two/ns/b/c.py\nfrom ns import a\n",
        ["one/ns/a.py -> two/ns/b/c.py", "two/ns/b/c.py -> one/ns/a.py"],
    ),
    "the standard library comes before a file of its name": (
        "//- pkg/__init__.py\n\n//- pkg/logging.py\nimport logging\n"
        "//- pkg/a.py\nimport logging\nfrom . import logging\n",
        ["pkg/a.py -> pkg/logging.py"],
    ),
    "a package's file is not found by its last name alone": (
        "//- pkg/__init__.py\n\n//- pkg/redis.py\n\n//- pkg/a.py\nimport redis\n", [],
    ),
    "a star, and several lines with comments": (
        "//- a.py\nfrom p import *\nfrom p import (  # all\n    b,  # one\n    c as d,\n)\n"
        "//- p/__init__.py\n\n//- p/b.py\n\n//- p/c.py\n",
        ["a.py -> p/__init__.py", "a.py -> p/b.py", "a.py -> p/c.py"],
    ),
    "a module goes before a stub, a stub before nothing": (
        "//- a.py\nimport b, c\n//- b.py\n\n//- b.pyi\n\n//- c.pyi\n", ["a.py -> b.py", "a.py -> c.pyi"],
    ),
    "a package goes before a module of its name": (
        "//- a.py\nimport b\n//- b.py\n\n//- b/__init__.py\n", ["a.py -> b/__init__.py"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PYTHON)
def test_python(what: str) -> None:
    files, expected = PYTHON[what]
    assert edges(files) == expected


# --- of an index ------------------------------------------------------------------------------------------------------


def test_the_ledger_tells_the_same_as_the_files(tmp_path: Path) -> None:
    for what, (text, expected) in PYTHON.items():
        root = tmp_path / what.replace(" ", "-")[:40]
        files = {path: content + "\n# end\n" for path, content in workspace(text).items()}
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
