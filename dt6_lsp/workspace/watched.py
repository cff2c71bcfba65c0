"""What one event on disk can mean for the index: nothing, this path, or that the folders must be looked at anew.

Judged against the folders as they were when watching began, so that churn in `node_modules` or inside `.git` costs a
look into a dictionary. Not here: where events come from (`watcher`), and what is indexed in the end (`ignore`).
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.workspace.defaults import marks_of
from dt6_lsp.workspace.ignore_files import GIT_IGNORE, OWN_IGNORE, exclude_file
from dt6_lsp.workspace.rules import Folder, Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_GIT = ".git"


class Change(enum.IntEnum):
    """As watchfiles numbers them."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3


class Effect(enum.Enum):
    NOTHING = enum.auto()
    PATH = enum.auto()  # this path is to be looked at
    ANEW = enum.auto()  # other files may be indexed now, or other folders are to be watched


@dataclass(frozen=True, slots=True)
class Watched:
    """`folders` as `walk_folders` finds them."""

    root: Path
    folders: Mapping[str, Folder]

    def places(self) -> list[str]:
        """What is to be watched, entry by entry: the folders, and where repositories keep excludes."""
        found = []
        for path in self.folders:
            where = os.fspath(self.root / path)
            found.append(where)
            found.extend(filter(os.path.isdir, (os.path.join(where, _GIT), os.path.join(where, _GIT, "info"))))
        return found

    def effect(self, path: str, change: Change) -> Effect:
        """Of one event; `path` is relative to the root, with `/`. Looks at the disk, at that path only."""
        if not path:
            return Effect.NOTHING if change is Change.MODIFIED else Effect.ANEW
        parent, _, name = path.rpartition("/")
        if f"/{_GIT}/" in f"/{path}/":
            return self._of_git(path, change)
        folder = self.folders.get(parent)
        if folder is None:
            return Effect.NOTHING
        if name in (GIT_IGNORE, OWN_IGNORE):
            return Effect.ANEW
        kind = self._kind(path)
        if (mark := marks_of([name])) and (mark <= folder.marks) != (kind is not None):
            return Effect.ANEW
        if kind is Kind.FOLDER:
            is_new = change is not Change.MODIFIED or path not in self.folders
            return Effect.ANEW if is_new and _is_entered(folder, name) else Effect.NOTHING
        if kind is None or change is Change.DELETED:
            was_one = path in self.folders or _is_entered(folder, name) or _is_kept(folder, name)
            return Effect.PATH if was_one else Effect.NOTHING
        return Effect.PATH if _is_kept(folder, name) else Effect.NOTHING

    def _of_git(self, path: str, change: Change) -> Effect:
        """Inside a repository's folder only its beginning and end count, and its excludes."""
        repository, _, inside = f"/{path}/".partition(f"/{_GIT}/")
        repository, inside = repository.strip("/"), inside.strip("/")
        folder = self.folders.get(repository)
        if folder is None:
            return Effect.NOTHING
        if inside == "HEAD":
            is_one = exclude_file(self.root / repository / _GIT) is not None
            return Effect.NOTHING if is_one == (_GIT in folder.marks) else Effect.ANEW
        if inside in ("", "info"):
            return Effect.NOTHING if change is Change.MODIFIED else Effect.ANEW
        return Effect.ANEW if inside == "info/exclude" else Effect.NOTHING

    def _kind(self, path: str) -> Kind | None:
        try:
            return kind_of(os.lstat(self.root / path))
        except (OSError, ValueError):
            return None


def _is_kept(folder: Folder, name: str) -> bool:
    return not folder.judge(name, Kind.FILE).reason


def _is_entered(folder: Folder, name: str) -> bool:
    return folder.below(name, folder.judge(name, Kind.FOLDER)).worth_entering()
