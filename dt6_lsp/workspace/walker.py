"""Walks a workspace: which files are to be indexed, and how many are not, by reason.

Links are never followed, not even to places within the root (what they point to is met at its own place), so a walk
can't leave the root nor go round in circles. A folder that is not entered counts once. Not here: which rule wins
(`rules`), single paths (`ignore`) and the content of files (`documents`).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.ignore import IgnoreRules
from dt6_lsp.workspace.ignore_files import open_folder, root_folder
from dt6_lsp.workspace.model import FileEntry, Walk, changed_ns
from dt6_lsp.workspace.rules import Folder, Kind, Verdict, kind_of, size_reason

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.settings import WorkspaceSettings

__all__ = ["IgnoreRules", "check_root", "require_files", "walk", "walk_folders"]

_MOST_COUNTED = 2_000  # entries looked at below one ignored folder, to find the rule that removed most


def check_root(root: Path) -> Path:
    """The workspace folder as a resolved path. Raises WorkspaceError when it is missing, a file or unreadable."""
    try:
        resolved = root.resolve(strict=True)
        with os.scandir(resolved):
            return resolved
    except FileNotFoundError:
        raise WorkspaceError(f"The folder {root} does not exist.", "Give the path of an existing folder.") from None
    except NotADirectoryError:
        raise WorkspaceError(f"{root} is a file, not a folder.", "Give the folder that contains it.") from None
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WorkspaceError(f"The folder {root} can't be read ({why}).", "Check its permissions.") from error


def require_files(root: Path, walk: Walk) -> None:
    """Raises WorkspaceError when nothing is left to index, naming the rule that removed most."""
    if walk.files:
        return
    if not walk.emptied_by:
        raise WorkspaceError(f"The folder {root} has no files.", "Open a folder with source files.")
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(walk.skipped.items(), key=lambda item: -item[1]))
    raise WorkspaceError(
        f"Nothing in {root} is left to index: {walk.emptied_by} removed the most (skipped: {counts}).",
        walk.mend,
    )


def walk(root: Path, settings: WorkspaceSettings, cancel: CancelToken | None = None) -> Walk:
    """All files to index, sorted by path. Blocking; raises Cancelled. What can't be read is counted, never raised."""
    state = _Walking(settings.max_file_bytes)
    start = root_folder(root, settings)
    prefix = start.path
    pending = [(os.fspath(root), start)]
    while pending:
        if cancel is not None:
            cancel.raise_if_cancelled()
        where, folder = pending.pop()
        pending.extend(state.enter(where, folder, prefix))
    files = tuple(sorted(state.files, key=lambda entry: entry.path))
    return Walk(files, dict(state.skipped), *(("", "") if files else state.emptied_by()))


def walk_folders(root: Path, settings: WorkspaceSettings, cancel: CancelToken | None = None) -> dict[str, Folder]:
    """The folders whose entries decide what is indexed, opened, by path (the root is ""). Those that are not entered
    are left out. Looks at no file, so it is much quicker than `walk`."""
    start = root_folder(root, settings)
    found: dict[str, Folder] = {}
    pending = [(os.fspath(root), start)]
    while pending:
        if cancel is not None:
            cancel.raise_if_cancelled()
        where, folder = pending.pop()
        try:
            with os.scandir(where) as scan:
                entries = list(scan)
        except OSError:
            continue
        opened = open_folder(folder, where, [entry.name for entry in entries], start.path)
        found[folder.path[len(start.path) : -1]] = opened
        if opened.worth_entering():
            below = ((entry.path, _below(opened, entry)) for entry in entries)
            pending.extend((path, inner) for path, inner in below if inner is not None)
    return found


def _below(folder: Folder, entry: os.DirEntry[str]) -> Folder | None:
    """The folder that an entry is, when it is one to be entered."""
    try:
        if not entry.is_dir(follow_symlinks=False) or kind_of(entry.stat(follow_symlinks=False)) is not Kind.FOLDER:
            return None
    except OSError:
        return None
    below = folder.below(entry.name, folder.judge(entry.name, Kind.FOLDER))
    return below if below.worth_entering() else None


@dataclass(slots=True)
class _Walking:
    """What one walk has gathered so far."""

    most_bytes: int
    files: list[FileEntry] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    removed: list[tuple[str, str, str]] = field(default_factory=list)  # a rule, its mend, the folder it removed or ""

    def enter(self, where: str, folder: Folder, prefix: str) -> list[tuple[str, Folder]]:
        """Takes up the entries of one folder; returns the folders below that are to be entered."""
        try:
            with os.scandir(where) as scan:
                entries = list(scan)
        except OSError:
            self.skip(Verdict(reasons.UNREADABLE))
            return []
        opened = open_folder(folder, where, [entry.name for entry in entries], prefix)
        if opened.ban is not None and folder.ban is None:
            self.skip(opened.ban, where)
        if not opened.worth_entering():
            return []
        below = (self.take(entry, opened, len(prefix)) for entry in entries)
        return [pair for pair in below if pair is not None]

    def take(self, entry: os.DirEntry[str], folder: Folder, cut: int) -> tuple[str, Folder] | None:
        """Keeps or counts one entry; a folder that is to be entered is returned."""
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            self.skip(Verdict(reasons.UNREADABLE))
            return None
        kind = kind_of(status)
        verdict = folder.judge(entry.name, kind)
        if kind is Kind.FOLDER:
            return self.take_folder(entry, folder, verdict)
        reason = verdict.reason or size_reason(status.st_size, self.most_bytes)
        if not reason:
            path = (folder.path + entry.name)[cut:]
            self.files.append(FileEntry(path, status.st_size, changed_ns(status), verdict.wanted))
        elif verdict is not folder.ban:
            self.skip(verdict if verdict.reason else Verdict(reason))
        return None

    def take_folder(self, entry: os.DirEntry[str], folder: Folder, verdict: Verdict) -> tuple[str, Folder] | None:
        if verdict.reason and verdict is not folder.ban:
            self.skip(verdict, entry.path)
        below = folder.below(entry.name, verdict)
        return (entry.path, below) if below.worth_entering() else None

    def skip(self, verdict: Verdict, folder: str = "") -> None:
        self.skipped[verdict.reason] += 1
        if not self.files and verdict.reason != reasons.IGNORE_FILE:  # one alone empties no workspace
            self.removed.append((verdict.label, verdict.mend, folder))

    def emptied_by(self) -> tuple[str, str]:
        """The rule that removed the most files, by a bounded look into the folders that were not entered; its mend."""
        weights: Counter[tuple[str, str]] = Counter()
        for label, mend, folder in self.removed:
            weights[label, mend] += _files_below(folder) if folder else 1
        return max(weights, key=weights.__getitem__, default=("", ""))


def _files_below(folder: str) -> int:
    """About how many files a folder holds; stops counting when it is many."""
    files = seen = 0
    pending = [folder]
    while pending and seen < _MOST_COUNTED:
        try:
            with os.scandir(pending.pop()) as scan:
                for entry in islice(scan, _MOST_COUNTED - seen):
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        files += 1
        except OSError:
            continue
    return files
