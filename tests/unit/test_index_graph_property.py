"""Whatever is written in files and configurations, the graph is one of the workspace's files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.index.imports.jsonc import read_object
from tests.unit.assistant_fixtures import FakeReader

STEMS = ["a", "b", "B", "a/b", "a/__init__", "a/index", "src/lib", "src/a/mod", "package", "tsconfig", "go", "Cargo"]
ENDINGS = ["py", "pyi", "ts", "tsx", "js", "d.ts", "go", "rs", "java", "json", "mod", "toml"]
WORDS = st.sampled_from(
    [
        ".",
        "..",
        "./a",
        "../..",
        "a",
        "b",
        "B",
        "a.b",
        "a\\\\b",
        "a::b",
        "{a,b::{c,*}}",
        "*",
        "crate",
        "self",
        "super",
        "#a",
        "@x/a",
    ]
)
STATEMENTS = [
    "import {0}",
    "import {0};",
    "import '{0}'",
    'import "{0}"',
    "from {0} import {1}",
    "use {0}::{1};",
    "mod {0};",
    '#[path = "{0}"] mod {1};',
    "m! {{ mod {0}; use {1}; }}",
    "module {0}",
    "type {0} = {1};",
    '[package]\nname = "{0}"\n[lib]\npath = "{1}"',
    "[package]\nname = 1\n[dependencies]\n{0} = []",
]
KEYS = [
    "name",
    "main",
    "exports",
    "imports",
    ".",
    "./*",
    "#a",
    "compilerOptions",
    "paths",
    "baseUrl",
    "extends",
    "*",
    "a",
]

CODE = st.lists(st.builds(str.format, st.sampled_from(STATEMENTS), WORDS, WORDS)).map("\n".join)
VALUES = st.recursive(
    WORDS | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
)
TEXTS = CODE | VALUES.map(json.dumps) | st.text(max_size=40)
PATHS = st.builds("{}.{}".format, st.sampled_from(STEMS), st.sampled_from(ENDINGS))


@given(st.dictionaries(PATHS, TEXTS, max_size=8))
def test_every_edge_joins_two_files_once_and_in_order(files: dict[str, str]) -> None:
    found = FakeReader(files).graph()
    pairs = [(edge.source, edge.target) for edge in found.edges]
    assert pairs == sorted(set(pairs))
    assert {path for pair in pairs for path in pair} | set(found.external) <= set(files)
    assert all(source != target for source, target in pairs)


@given(st.dictionaries(PATHS, TEXTS, max_size=8))
def test_the_order_of_files_does_not_matter(files: dict[str, str]) -> None:
    assert FakeReader(files).graph() == FakeReader(dict(reversed(files.items()))).graph()


def test_a_configuration_may_be_as_deep_as_it_likes() -> None:
    deep = '{"name": "x", "exports": ' + '{"import": ' * 900 + '"./a.js"' + "}" * 901
    files = {"package.json": deep, "tsconfig.json": deep, "a.js": "import 'x';\nimport 'y';\n"}
    assert not FakeReader(files).graph().edges


@pytest.mark.parametrize("broken", ['"' + '\\"' * 300_000, "/* " * 300_000, ", " * 300_000])
def test_a_configuration_in_which_nothing_is_closed_is_read_once(broken: str) -> None:
    """Looked for from each beginning anew, an end that is not there would take hours."""
    assert read_object(broken) == {}
