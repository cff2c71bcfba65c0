"""Small workspaces on disk for tests, and git as the judge of what its ignore files mean."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.workspace.walker import walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files by relative path; a path that ends with a slash is an empty folder."""
    for path, content in files.items():
        target = root / path
        if path.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def plain(*paths: str) -> dict[str, str]:
    """Files with some content that is nobody's business."""
    return dict.fromkeys(paths, "x\n")


def paths(root: Path, *, exclude: tuple[str, ...] = (), include: tuple[str, ...] = ()) -> set[str]:
    """What the walk keeps."""
    found = walk(root, WorkspaceSettings(exclude=exclude, include=include))
    return {entry.path for entry in found.files}


def make_repository(folder: Path) -> None:
    """The least that git takes for a repository; quicker than `git init`."""
    tree(folder, {".git/HEAD": "ref: refs/heads/main\n", ".git/objects/": "", ".git/refs/": ""})


def git_paths(folder: Path) -> set[str]:
    """The untracked files below a folder that git does not ignore, without ignore files."""
    listed = run_git(folder, "ls-files", "-z", "--others", "--cached", "--exclude-standard")
    found = (os.fsdecode(path) for path in listed.split(b"\0"))
    return {path for path in found if path and not path.endswith(".gitignore")}


def git_ignores(folder: Path, path: str) -> bool:
    return bool(run_git(folder, "check-ignore", "--", path))


def run_git(folder: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    return subprocess.run(["git", "-C", str(folder), *arguments], env=environment, capture_output=True).stdout
