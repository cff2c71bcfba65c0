"""The walk on hostile and broken workspaces: it ends, stays inside, counts what is left out, names what emptied it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.walker import IgnoreRules, check_root, require_files, walk
from tests.unit.workspace_fixtures import paths, plain, tree

if TYPE_CHECKING:
    from dt6_lsp.workspace.model import Walk


def walked(root: Path, **options: object) -> Walk:
    return walk(root, WorkspaceSettings(**options))  # type: ignore[arg-type]


def test_files_come_sorted_with_size_and_time(tmp_path: Path) -> None:
    tree(tmp_path, {"b/c.py": "12345", "a.py": "1"})
    found = walked(tmp_path)
    assert [(entry.path, entry.size) for entry in found.files] == [("a.py", 1), ("b/c.py", 5)]
    status = (tmp_path / "a.py").stat()
    assert found.files[0].mtime_ns == max(status.st_mtime_ns, status.st_ctime_ns)
    assert (found.skipped, found.emptied_by) == ({}, "")


def test_links_are_not_followed_in_circles_out_of_the_root_or_within(tmp_path: Path) -> None:
    tree(tmp_path, plain("outside/secret.py", "root/a.py", "root/sub/b.py"))
    root = tmp_path / "root"
    (root / "loop").symlink_to(root)
    (root / "sub" / "up").symlink_to("..")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "twin.py").symlink_to("a.py")
    (root / "nowhere").symlink_to("missing")
    (root / "self").symlink_to("self")
    found = walked(root)
    assert [entry.path for entry in found.files] == ["a.py", "sub/b.py"]
    assert found.skipped == {reasons.LINK: 7}
    rules = IgnoreRules(root, WorkspaceSettings())
    assert [rules.reason(path) for path in ("out/secret.py", "loop/a.py", "twin.py")] == [reasons.LINK] * 3


def test_an_ignore_file_that_is_a_link_or_a_folder_counts_as_absent(tmp_path: Path) -> None:
    tree(tmp_path, {"rules": "*.py\n", "root/a.py": "x", "root/sub/.gitignore/": "", "root/sub/b.py": "x"})
    (tmp_path / "root" / ".gitignore").symlink_to(tmp_path / "rules")
    assert paths(tmp_path / "root") == {"a.py", "sub/b.py"}


def test_pipes_and_sockets_are_counted_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, plain("a.py"))
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    os.mkfifo("pipe.py")
    os.mkfifo(".gitignore")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        found = walked(tmp_path)
    assert [entry.path for entry in found.files] == ["a.py"]
    assert found.skipped == {reasons.SPECIAL: 2, reasons.IGNORE_FILE: 1}


def test_a_folder_too_deep_for_the_system_is_unreadable_and_the_rest_is_walked(tmp_path: Path) -> None:
    """Works for every user, unlike a folder without permissions, which root may read."""
    tree(tmp_path, plain("a.py"))
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=handle)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)
    found = walked(tmp_path)
    assert [entry.path for entry in found.files] == ["a.py"]
    assert found.skipped == {reasons.UNREADABLE: 1}


def test_names_that_are_not_text_are_counted(tmp_path: Path) -> None:
    tree(tmp_path, plain("grüße 😀.py", "line\nbreak.py", "bell\a.py", "a\u2028b.py", "bad\nfolder/a.py"))
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py"))).write_text("x")
    found = walked(tmp_path)
    assert [entry.path for entry in found.files] == ["grüße 😀.py"]
    assert found.skipped == {reasons.UNREADABLE_NAME: 5}


def test_a_hundred_folders_deep(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 100) + "/a.py"
    tree(tmp_path, {deep: "x", "d/d/.gitignore": "*.md\n"})
    assert deep in paths(tmp_path)
    assert IgnoreRules(tmp_path, WorkspaceSettings()).reason(deep) is None


def test_size_limits(tmp_path: Path) -> None:
    tree(tmp_path, {"empty.py": "", "large.py": "x" * 11, "fits.py": "x" * 10})
    found = walked(tmp_path, max_file_bytes=10)
    assert [entry.path for entry in found.files] == ["fits.py"]
    assert found.skipped == {reasons.EMPTY: 1, reasons.TOO_LARGE: 1}


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe\x00*.py\x00\n*.md\n",
        b"\xff\xfe\xe9\n*.md\n",
        b"[\n\\\n!\n/\n//\n#\n   \n*.md",
        b"".join(b"not-here-%d\nnot-?here-%d\n" % (number, number) for number in range(30_000)) + b"*.md\n",
    ],
    ids=["binary", "not UTF-8", "broken patterns", "a megabyte"],
)
def test_a_strange_ignore_file_still_does_what_its_good_lines_say(tmp_path: Path, content: bytes) -> None:
    tree(tmp_path, {**plain("a.py", "b.md", "sub/c.md"), ".gitignore": content})
    assert paths(tmp_path) == {"a.py"}


def test_a_pattern_made_to_backtrack_takes_no_time(tmp_path: Path) -> None:
    deep = "/".join(["a"] * 60)
    tree(tmp_path, {"a" * 200: "x", deep: "x", ".gitignore": "*a" * 60 + "b\n" + "**/a/" * 20 + "b\n"})
    start = process_time()
    assert paths(tmp_path) == {"a" * 200, deep}
    assert process_time() - start < 1


def test_an_ignored_folder_counts_once(tmp_path: Path) -> None:
    tree(tmp_path, {**plain("gone/a.py", "gone/b/c.py", "kept.py", "x.log"), ".gitignore": "gone/\n*.log\n"})
    assert walked(tmp_path).skipped == {reasons.IGNORED: 2, reasons.IGNORE_FILE: 1}


@pytest.mark.parametrize(
    ("files", "options", "rule"),
    [
        ({".gitignore": "# all\n\n*\n", "a.py": "x"}, {}, "`*` in .gitignore line 3"),
        (
            {".dt6ignore": "*.py", "a.py": "x", ".gitignore": "x", ".gitattributes": "x"},
            {},
            "`*.py` in .dt6ignore line 1",
        ),
        ({"a/.gitignore": "*", "a/b.py": "x", "a/c.py": "x"}, {}, "`*` in a/.gitignore line 1"),
        ({"a.py": "x"}, {"exclude": ("*.py",)}, "`*.py` in the setting workspace.exclude"),
        ({"x/node_modules/a.js": "x"}, {}, 'the built-in rule "dependencies"'),
        ({"a.py": "xx"}, {"max_file_bytes": 1}, "the setting workspace.max_file_bytes"),
        (
            {
                ".gitignore": "/src\n*.md\n.gitignore\n",
                "src/a": "x",
                "src/b": "x",
                "src/c": "x",
                "a.md": "x",
                "b.md": "x",
            },
            {},
            "`/src` in .gitignore line 1",
        ),
    ],
)
def test_the_rule_that_emptied_the_workspace_is_named(
    tmp_path: Path, files: dict[str, str], options: dict[str, object], rule: str
) -> None:
    found = walked(tree(tmp_path, files), **options)
    assert found.emptied_by == rule
    with pytest.raises(WorkspaceError) as caught:
        require_files(tmp_path, found)
    assert rule in caught.value.cause


@pytest.mark.parametrize(
    ("files", "options", "mend"),
    [
        ({"a.png": "x"}, {}, "DT6 reads text only"),
        ({".env": "x"}, {}, "No rule brings these in"),
        ({"a.py": "xx"}, {"max_file_bytes": 1}, "workspace.max_file_bytes"),
        ({"a.py": "x"}, {"exclude": ("*.py",)}, "workspace.include"),
        ({"node_modules/a.js": "x"}, {}, "`!pattern` in a .dt6ignore"),
        ({"a.py": "x", ".gitignore": "*.py"}, {}, "Change that rule"),
    ],
)
def test_the_mend_fits_the_rule(tmp_path: Path, files: dict[str, str], options: dict[str, object], mend: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        require_files(tmp_path, walked(tree(tmp_path, files), **options))
    assert mend in caught.value.mend


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    tree(tmp_path, {"sub/": ""})
    with pytest.raises(WorkspaceError, match="has no files"):
        require_files(tmp_path, walked(tmp_path))
    require_files(tmp_path, walked(tree(tmp_path, plain("a.py"))))


def test_the_root_is_checked_before_anything_else(tmp_path: Path) -> None:
    tree(tmp_path, plain("file"))
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(tmp_path)
    assert check_root(tmp_path / "link") == tmp_path.resolve()
    for name, words in {
        "missing": "does not exist",
        "file": "is a file",
        "loop": "can't be read",
        "a\0b": "can't be read",
    }.items():
        with pytest.raises(WorkspaceError, match=words):
            check_root(tmp_path / name)


def test_a_root_that_vanished_is_an_empty_walk(tmp_path: Path) -> None:
    found = walked(tmp_path / "missing")
    assert (found.files, found.skipped) == ((), {reasons.UNREADABLE: 1})


def test_a_walk_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        walk(tmp_path, WorkspaceSettings(), token)


def test_many_files_and_rules_are_quick(tmp_path: Path) -> None:
    for folder in range(20):
        tree(tmp_path, {f"pkg{folder}/": "", f"pkg{folder}/.gitignore": "*.tmp\n/local-*\ncache/**/x\n"})
        for number in range(100):
            (tmp_path / f"pkg{folder}" / f"module_{number}.py").touch()
    (tmp_path / ".gitignore").write_text(
        "\n".join(f"*.ext{number}\nname{number}\n/a{number}/*.b" for number in range(30))
    )
    start = process_time()
    found = walked(tmp_path)
    assert found.skipped == {reasons.EMPTY: 2_000, reasons.IGNORE_FILE: 21}
    assert process_time() - start < 0.3  # 0.03 on a quiet machine
