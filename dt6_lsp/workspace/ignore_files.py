"""Finds and reads ignore files: what holds at the root of a workspace, and what each folder adds.

An ignore file that is a link, no regular file or can't be read counts as absent, as in git. Not here: what the rules
mean (`rules`, `patterns`).
"""

from __future__ import annotations

import os
import posixpath
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.workspace import defaults
from dt6_lsp.workspace.patterns import RuleSet, parse_rule, parse_rules
from dt6_lsp.workspace.rules import Folder, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dt6_lsp.settings import WorkspaceSettings

GIT_IGNORE = ".gitignore"
OWN_IGNORE = ".dt6ignore"
FOLD_CASE = sys.platform in ("win32", "darwin")  # as git's core.ignorecase there
_MOST_BYTES = 4_000_000
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def root_folder(root: Path, settings: WorkspaceSettings) -> Folder:
    """The folder `root`, not yet opened. Its path starts at the enclosing repository, where that one's rules count."""
    outside = _outside(root) or Folder()
    own = (_setting_rules(settings, outside.path), *outside.own[1:])
    return Folder(outside.path, outside.git, own, at_top=True, trusted=True)


def open_folder(folder: Folder, where: Path | str, names: Iterable[str], prefix: str) -> Folder:
    """`folder` with what its entries tell. `prefix` is the path of the workspace root in the rules."""
    marks = defaults.marks_of(names)
    git, own = folder.git, folder.own
    if ".git" in marks:
        repository = exclude_file(Path(where, ".git"))
        if repository is None:
            marks -= {".git"}
        else:
            outer = git if folder.path == prefix else ()
            git = (*read_rules(repository, folder.path, ".git/info/exclude", prefix), *outer)
    if folder.ban is None and GIT_IGNORE in marks:
        git = (*read_rules(Path(where, GIT_IGNORE), folder.path, GIT_IGNORE, prefix), *git)
    if folder.ban is None and OWN_IGNORE in marks:
        own = (own[0], *read_rules(Path(where, OWN_IGNORE), folder.path, OWN_IGNORE, prefix), *own[1:])
    return folder.opened(marks, git, own)


def read_rules(file: Path, base: str, name: str, prefix: str) -> tuple[RuleSet, ...]:
    """The rules of one ignore file, as a tuple of one; empty where there is nothing to hold to."""
    text = _read_text(file)
    rules = parse_rules(text, posixpath.relpath(base + name, prefix or ".")) if text else []
    return (RuleSet(tuple(rules), base, FOLD_CASE),) if rules else ()


def _read_text(file: Path) -> str:
    try:
        if not stat.S_ISREG(os.lstat(file).st_mode):
            return ""
        with open(file, "rb", opener=open_unfollowed) as stream:
            return stream.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def open_unfollowed(path: str, flags: int) -> int:
    """An opener for `open` that refuses a link, and does not wait for the other end of a pipe."""
    return os.open(path, flags | _NO_FOLLOW)


def exclude_file(dot_git: Path) -> Path | None:
    """Where the repository of a `.git` folder or file keeps info/exclude; None when it is no repository."""
    if dot_git.is_dir():
        return dot_git / "info" / "exclude" if (dot_git / "HEAD").exists() else None
    pointer = _read_text(dot_git).strip()
    if not pointer.startswith("gitdir:"):
        return None
    folder = dot_git.parent / pointer.removeprefix("gitdir:").strip()
    common = _read_text(folder / "commondir").strip()
    return folder / common / "info" / "exclude"


def outer_rule_files(root: Path) -> tuple[Path, ...]:
    """The files outside of `root` that have a say in it: ignore files around it, and the excludes of a repository that
    is kept elsewhere. They need not exist."""
    own = exclude_file(root / ".git")
    if own is not None:
        return () if own.is_relative_to(root) else (own,)
    top = next((folder for folder in root.parents if exclude_file(folder / ".git")), None)
    if top is None:
        return ()
    around = (folder for folder in root.parents if folder == top or top in folder.parents)
    files = [folder / name for folder in around for name in (GIT_IGNORE, OWN_IGNORE)]
    return (exclude_file(top / ".git") or top, *files)


def _setting_rules(settings: WorkspaceSettings, base: str) -> RuleSet:
    lines = [(line, "the setting workspace.exclude") for line in settings.exclude]
    lines += [("!" + line, "the setting workspace.include") for line in settings.include]
    rules = (parse_rule(line, source) for line, source in lines)
    return RuleSet(tuple(rule for rule in rules if rule is not None), base, FOLD_CASE)


def _outside(root: Path) -> Folder | None:
    """The rules of the folders around `root` up to its repository; None when there is none or it ignores `root`."""
    top = next((folder for folder in root.parents if exclude_file(folder / ".git")), None)
    if top is None or exclude_file(root / ".git"):
        return None
    parts = root.relative_to(top).parts
    prefix = "/".join(parts) + "/"
    folder = open_folder(Folder(trusted=True), top, _ignore_names(top), prefix)
    where = top
    for part in parts:
        path = folder.path + part
        rule = find(folder.own, path, part, True) or find(folder.git, path, part, True)
        if rule is not None and not rule.negated:
            return None
        where = where / part
        below = Folder(path + "/", folder.git, folder.own, trusted=True)
        folder = below if where == root else open_folder(below, where, _ignore_names(where), prefix)
    return folder


def _ignore_names(folder: Path) -> list[str]:
    return [name for name in (".git", GIT_IGNORE, OWN_IGNORE) if os.path.lexists(folder / name)]
