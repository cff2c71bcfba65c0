"""Which commit changed lines last: from what is committed alone, and silent where git knows nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.workspace.blame import Blame, Commit, blame
from dt6_lsp.workspace.history import moved
from tests.git_workspaces import git

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="the filter is a shell command")


def commit(root: Path, message: str, text: str, name: str = "src/till é.py", *, day: int = 1) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(text.encode())
    git(root, "add", "-A")
    git(root, "commit", "-m", message, f"--date=2024-03-0{day}T12:00:00+0000")


@pytest.fixture(name="repo")
def _repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init")
    commit(root, "Begin", "def a():\n    return 1\n\n\ndef b():\n    return 2\n")
    commit(root, "Change b: ünïcode", "def a():\n    return 1\n\n\ndef b():\n    return 3\n", day=2)
    return root


def told(root: Path, path: str = "src/till é.py") -> Blame:
    found = blame(root, path, CancelToken())
    assert found is not None
    return found


def test_each_definition_has_its_own_last_change(repo: Path) -> None:
    known = told(repo)
    a, b = known.of(["def a():", "    return 1"]), known.of(["def b():\r", "    return 3"])
    assert a is not None
    assert b is not None
    assert (a.subject, a.date, b.subject, b.date) == ("Begin", "2024-03-01", "Change b: ünïcode", "2024-03-02")
    assert known.last == b


def test_lines_that_are_not_committed_have_none(repo: Path) -> None:
    known = told(repo)
    assert known.of(["def b():", "    return 4"]) is None
    assert known.of(["def a():", "    return 1", "", "changed"]) is None
    assert known.of([]) is None


def test_a_file_is_told_from_the_root_that_is_open(repo: Path) -> None:
    assert told(repo / "src", "till é.py").last.subject == "Change b: ünïcode"
    assert moved(repo / "src") == moved(repo) is not None


@pytest.mark.parametrize("path", ["gone.py", "../repo/src", "src", ":(glob)**", "-p"])
def test_of_what_git_does_not_know_nothing_is_told(repo: Path, path: str) -> None:
    found = blame(repo, path, CancelToken())
    assert found is None or not found.lines


def test_of_a_very_long_file_only_its_last_change_is_told(repo: Path) -> None:
    commit(repo, "Much", "".join(f"row {number} of a table\n" for number in range(20_000)), "table.txt")
    found = told(repo, "table.txt")
    assert (found.last.subject, found.lines, found.of(["row 1 of a table"])) == ("Much", (), None)


def test_outside_of_a_repository_nothing_is_told(tmp_path: Path) -> None:
    assert blame(tmp_path, "a.py", CancelToken()) is None
    assert moved(tmp_path / "no" / "such") is None


def test_who_cancels_is_not_kept_waiting(repo: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        blame(repo, "src/till é.py", cancel)


def test_a_second_worktree_moves_by_itself(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", str(tmp_path / "second"))
    before = moved(tmp_path / "second")
    assert before is not None
    commit(tmp_path / "second", "In the second", "x = 1\n", "x.py")
    assert moved(tmp_path / "second") != before


@posix
def test_nothing_that_a_repository_names_is_run(repo: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = f"sh -c 'touch {ran}; cat'"
    for name in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.external", "core.fsmonitor",
                 "core.pager", "gpg.program"):  # fmt: skip
        git(repo, "config", name, command)
    git(repo, "config", "log.showSignature", "true")
    (repo / ".gitattributes").write_text("* filter=x diff=x\n")
    (repo / "src/till é.py").write_text("changed\n")
    assert told(repo).lines
    assert not ran.exists()
    # The same command does run where git is let: what is held here could happen.
    subprocess.run(["git", "blame", "src/till é.py"], cwd=repo, check=False, capture_output=True)
    assert ran.exists()


def test_a_date_that_is_none_is_said_so() -> None:
    assert Commit("1", 10**17, "x").date == "at an unknown time"
    assert Commit("1", 1_709_294_400, "x").date == "2024-03-01"
