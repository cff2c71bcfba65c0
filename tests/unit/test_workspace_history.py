"""What git tells of files that change often: bounded, silent where there is none, and never a way to run something."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.workspace import history
from dt6_lsp.workspace.history import Churn, churn, within

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="stands in for git with a shell script")


def git(root: Path, *words: str) -> None:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=root, env=env, check=True, capture_output=True)


@pytest.fixture(name="repo")
def _repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    git(root, "init")
    for number in range(3):
        (root / "src/often.py").write_text("x\n" * (number + 1), encoding="utf-8")
        if number == 0:
            (root / "src/once é.py").write_text("y\n", encoding="utf-8")
            (root / "image.bin").write_bytes(b"\0\1\2")
        git(root, "add", "-A")
        git(root, "commit", "-m", f"change {number}")
    return root


def test_files_are_counted_by_the_commits_that_changed_them(repo: Path) -> None:
    assert churn(repo) == [
        Churn("src/often.py", 3, 3, 0),
        Churn("src/once é.py", 1, 1, 0),
        Churn("image.bin", 1, 0, 0),
    ]


def test_a_folder_of_a_repository_is_told_in_its_own_paths(repo: Path) -> None:
    assert [each.path for each in churn(repo / "src")] == ["often.py", "once é.py"]


def test_git_is_asked_again_when_the_repository_has_moved(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = history.History(repo)
    assert kept.churn(CancelToken())[0].commits == 3
    with monkeypatch.context() as without:
        without.setenv("PATH", "")
        assert kept.churn(CancelToken())[0].commits == 3
    (repo / "src/often.py").write_text("z\n", encoding="utf-8")
    git(repo, "commit", "-am", "another")
    assert kept.churn(CancelToken())[0].commits == 4


def test_as_seen_from_several_roots(repo: Path) -> None:
    assert within("api", Churn("a.py", 1, 2, 3)) == Churn("api/a.py", 1, 2, 3)
    assert within("", Churn("a.py", 1, 2, 3)).path == "a.py"


def test_without_a_repository_or_git_there_is_no_history(tmp_path: Path, repo: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert churn(tmp_path / "plain") == []
    assert churn(repo, git=str(tmp_path / "no such program")) == []


@posix
def test_a_repository_can_make_git_run_nothing(repo: Path, tmp_path: Path) -> None:
    trap = script(tmp_path, f'touch "{tmp_path}/sprung"')
    for setting in (
        "core.pager",
        "diff.external",
        "gpg.program",
        "core.fsmonitor",
        "diff.x.textconv",
        "diff.x.command",
    ):
        git(repo, "config", setting, str(trap))
    git(repo, "config", "log.showSignature", "true")
    (repo / ".gitattributes").write_text("*.py diff=x\n", encoding="utf-8")
    assert churn(repo)[0].path == "src/often.py"
    assert not (tmp_path / "sprung").exists()


@posix
def test_a_git_that_lies_in_the_workspace_is_not_run(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(repo, f'touch "{tmp_path}/sprung"', name="git")
    monkeypatch.setenv("PATH", str(repo))
    assert churn(repo) == []
    assert not (tmp_path / "sprung").exists()


@posix
def test_a_git_that_hangs_is_ended(repo: Path, tmp_path: Path) -> None:
    slow = script(tmp_path, "exec sleep 60")
    started = time.monotonic()
    assert churn(repo, git=str(slow), seconds=0.2) == []
    assert time.monotonic() - started < 20


@posix
def test_cancelling_ends_git(repo: Path, tmp_path: Path) -> None:
    slow = script(tmp_path, f'touch "{tmp_path}/begun"; exec sleep 60')
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        churn(repo, cancel, git=str(slow))
    assert not (tmp_path / "begun").exists()


@posix
def test_endless_output_is_cut_at_a_whole_commit(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_BYTES", 1_000)
    much = script(tmp_path, r"""while :; do printf '\001\0\n1\t2\tpath/of/a.py\0'; done""")
    found = churn(repo, git=str(much), seconds=20)
    assert [each.path for each in found] == ["path/of/a.py"]
    assert 30 < found[0].commits < 60


def script(folder: Path, line: str, name: str = "script") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
