"""The walk keeps what git would show, for any ignore files; and one path is judged as the walk judges it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.workspace.walker import IgnoreRules, walk
from tests.unit.workspace_fixtures import git_ignores, git_paths, make_repository, plain, tree

NAMES = ["a", "b", "ab", "a.c", "b.c", "dd", "a b", "[a]", "!n", "#h", "-"]
GLOBS = [
    "*", "**", "***", "?", "?.?", "*.c", "a*", "*b", "a**", ".", "", "!n", "#h", "\\!n", "\\#h", "\\[a]", "a\\", "\\a",
    "[ab]", "[!a]*", "[^a]", "[a-c]", "[]-]", "[a-]", "[--a]", "[b-a]", "[a", "[a\\]]",
    "[[:alpha:]]", "[[:alpha:]b]", "[[:x:]]",
]  # fmt: skip

Tree = dict[str, str]


def _flatten(node: object, prefix: str = "") -> Tree:
    if not isinstance(node, dict):
        return {prefix: "x\n"}
    return {
        path: text
        for name, below in node.items()
        for path, text in _flatten(below, f"{prefix}/{name}"[not prefix :]).items()
    }


trees = st.recursive(
    st.none(),
    lambda below: st.dictionaries(st.sampled_from(NAMES), below, min_size=1, max_size=4),
    max_leaves=12,
).map(lambda node: _flatten(node) if isinstance(node, dict) else {})

segments = st.one_of(st.sampled_from(NAMES), st.sampled_from(GLOBS))


@st.composite
def patterns(draw: st.DrawFn) -> str:
    body = "/".join(draw(st.lists(segments, min_size=1, max_size=3)))
    start = draw(st.sampled_from(["", "", "", "/", "!", "!", "!/", "**/", " "]))
    end = draw(st.sampled_from(["", "", "", "/", "/", "/**", "/*", " ", "  ", "\\ ", "\t", "\r"]))
    return start + body + end


ignore_files = st.lists(patterns(), min_size=1, max_size=5).map(lambda lines: "\n".join(lines) + "\n# end\n")


@st.composite
def workspaces(draw: st.DrawFn, names: tuple[str, ...] = (".gitignore",)) -> Tree:
    files = draw(trees)
    folders = sorted({"", *(path[: at + 1] for path in files for at, letter in enumerate(path) if letter == "/")})
    for folder in draw(st.lists(st.sampled_from(folders), max_size=3, unique=True)):
        files[folder + draw(st.sampled_from(names))] = draw(ignore_files)
    if draw(st.booleans()):
        files[".gitignore"] = draw(ignore_files)
    return files


def kept(root: Path) -> set[str]:
    return {entry.path for entry in walk(root, WorkspaceSettings()).files}


@given(files=workspaces(), excluded=st.one_of(st.none(), ignore_files))
@settings(deadline=None, max_examples=100)
def test_the_walk_keeps_what_git_shows(files: Tree, excluded: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder), files)
        make_repository(root)
        if excluded is not None:
            tree(root, {".git/info/exclude": excluded})
        assert kept(root) == git_paths(root)


@given(files=workspaces())
@settings(deadline=None, max_examples=40)
def test_a_root_within_a_repository_obeys_the_ignore_files_around_it_unless_they_ignore_the_root(files: Tree) -> None:
    with tempfile.TemporaryDirectory() as folder:
        around = {path: text for path, text in files.items() if path not in ("a", "a/b")}
        top = tree(Path(folder), {"a/b/c": "x", **around})
        make_repository(top)
        ignored = git_ignores(top, "a/b")
        expected = git_paths(top / "a" / "b")
        if ignored:
            (top / ".gitignore").unlink(missing_ok=True)
            (top / "a" / ".gitignore").unlink(missing_ok=True)
            expected = git_paths(top / "a" / "b")
            tree(top, around)
        assert kept(top / "a" / "b") == expected


@given(files=workspaces(names=(".gitignore", ".dt6ignore")), extra=trees, lines=st.lists(patterns(), max_size=2))
@settings(deadline=None, max_examples=100)
def test_one_path_is_judged_as_the_walk_judges_it(files: Tree, extra: Tree, lines: list[str]) -> None:
    options = WorkspaceSettings(exclude=tuple(lines[:1]), include=tuple(lines[1:]))
    denied = {f"{folder}/{path}": text for path, text in extra.items() for folder in ("node_modules", "build", "venv")}
    with tempfile.TemporaryDirectory() as folder:
        root = tree(
            Path(folder), {**files, **denied, **plain("venv/pyvenv.cfg", ".env", "x.min.js", "go.sum"), "empty": ""}
        )
        found = {entry.path for entry in walk(root, options).files}
        rules = IgnoreRules(root, options)
        on_disk = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert found == {path for path in on_disk if rules.reason(path) is None}


@pytest.mark.parametrize(
    ("ignore", "files", "left"),
    [
        ("*.log\r\n!keep.log\r\n", ["a.log", "keep.log"], {"keep.log"}),
        ("\ufefffirst\nsecond", ["first", "second", "third"], {"third"}),
        ("/top\n", ["top", "sub/top"], {"sub/top"}),
        ("sub/top\n", ["sub/top", "x/sub/top"], {"x/sub/top"}),
        ("**/deep\n", ["deep", "a/deep", "a/b/deep", "a/b/c"], {"a/b/c"}),
        ("a/**/z\n", ["a/z", "a/b/z", "a/b/c/z", "z"], {"z"}),
        ("name \nwith\\ \n", ["name", "with ", "with"], {"with"}),
        ("*\n!*/\n!*.py\n", ["a.py", "b.txt", "d/c.py", "d/e.txt"], {"a.py", "d/c.py"}),
        ("d/\n!d/keep\n", ["d/keep", "e"], {"e"}),
        ("d\n", ["d/x", "e/d"], set()),
        ("d/\n", ["e/d"], {"e/d"}),
    ],
)  # fmt: skip
def test_patterns_by_example(tmp_path: Path, ignore: str, files: list[str], left: set[str]) -> None:
    tree(tmp_path, {**plain(*files), ".gitignore": ignore})
    assert kept(tmp_path) == left
