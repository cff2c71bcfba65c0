"""When a definition was changed last: never waited for, and there at the next hover."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.features.changes import Changed, Changes
from dt6_lsp.features.roots import Roots
from dt6_lsp.workspace.blame import Blame, Commit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

OLD, NEW = Commit("1", 1, "Begin"), Commit("2", 2, "Change it")
FILE = Blame(NEW, ("def a(): ...", "def b(): ..."), (OLD, NEW))


class FakeGit:
    """Answers as soon as it may; remembers what it was asked."""

    def __init__(self) -> None:
        self.history: list[str] = []
        self.may = threading.Event()
        self.may.set()
        self.asked = threading.Event()

    def __call__(self, _root: Path, path: str, cancel: CancelToken) -> Blame | None:
        self.history.append(path)
        self.asked.set()
        cancel.on_cancel(self.may.set)
        assert self.may.wait(20)
        return None if path == "unknown.py" else FILE


@pytest.fixture(name="git")
def _git() -> FakeGit:
    return FakeGit()


def commit(root: Path) -> None:
    """As far as can be seen from outside."""
    log = root / ".git" / "logs" / "HEAD"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write("one more\n")


@pytest.fixture(name="changes")
def _changes(git: FakeGit, tmp_path: Path) -> Iterator[Changes]:
    commit(tmp_path)
    changes = Changes(Roots((tmp_path,)), git)
    yield changes
    changes.close()


def of(changes: Changes, path: str, *block: str) -> Changed | None:
    return changes.of(path, lambda: block)


def test_what_is_not_known_is_asked_for_and_known_the_next_time(changes: Changes, git: FakeGit) -> None:
    assert of(changes, "a.py", "def a(): ...") is None
    changes.settle()
    assert of(changes, "a.py", "def a(): ...") == Changed(OLD, exact=True)
    assert of(changes, "a.py", "def b(): ...") == Changed(NEW, exact=True)
    assert of(changes, "a.py", "def b(): return 1") == Changed(NEW, exact=False)
    assert git.history == ["a.py"]


def test_nobody_waits_and_the_newest_wish_comes_first(changes: Changes, git: FakeGit) -> None:
    git.may.clear()
    of(changes, "a.py")
    assert git.asked.wait(20)
    for path in ("b.py", "c.py", "d.py"):
        assert of(changes, path) is None
    git.may.set()
    changes.settle()
    assert git.history == ["a.py", "d.py"]


def test_git_is_asked_again_when_the_repository_has_moved(changes: Changes, git: FakeGit, tmp_path: Path) -> None:
    for _ in range(2):
        commit(tmp_path)
        assert of(changes, "a.py") is None
        changes.settle()
    assert of(changes, "a.py") is not None
    assert git.history == ["a.py", "a.py"]


def test_what_git_does_not_know_is_not_asked_again(changes: Changes, git: FakeGit) -> None:
    for _ in range(3):
        assert of(changes, "unknown.py") is None
        changes.settle()
    assert git.history == ["unknown.py"]


def test_where_there_is_no_repository_no_git_is_run(git: FakeGit, tmp_path: Path) -> None:
    changes = Changes(Roots((tmp_path,)), git)
    assert of(changes, "a.py") is None
    changes.settle()
    changes.close()
    assert git.history == []


def test_a_workspace_that_is_not_trusted_runs_no_git(git: FakeGit, tmp_path: Path) -> None:
    commit(tmp_path)
    changes = Changes(Roots((tmp_path,)), git, trusted=False)
    assert of(changes, "a.py") is None
    changes.close()
    assert git.history == []


def test_closing_ends_git(changes: Changes, git: FakeGit) -> None:
    git.may.clear()
    of(changes, "a.py")
    assert git.asked.wait(20)
    changes.close()
    assert of(changes, "b.py") is None
