"""`IgnoreRules`: whether one path is indexed, decided as the walk decides it. For events of single files.

Rules of folders are kept once read: after a change for which `changes_rules` is true, make a new object and walk again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.ignore_files import GIT_IGNORE, OWN_IGNORE, open_folder, root_folder
from dt6_lsp.workspace.model import FileEntry, changed_ns
from dt6_lsp.workspace.rules import Folder, Kind, Verdict, kind_of, size_reason

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.settings import WorkspaceSettings


class IgnoreRules:
    """The rules of one workspace root. Thread-safe: what is kept is only ever filled in, with equal values."""

    def __init__(self, root: Path, settings: WorkspaceSettings) -> None:
        self.root = root
        self._start = root_folder(root, settings)
        self._most_bytes = settings.max_file_bytes
        self._folders: dict[str, Folder] = {}

    @staticmethod
    def changes_rules(path: str) -> bool:
        """Whether a change of this file (relative path) may change what is ignored."""
        name = path.rpartition("/")[2]
        return name in (GIT_IGNORE, OWN_IGNORE, "pyvenv.cfg", ".git") or path.endswith(".git/info/exclude")

    def entry(self, path: str) -> FileEntry | str:
        """The file at `path` (relative, with `/`) as the walk would hand it up, or why it is not indexed."""
        parent = self._parent(path)
        if isinstance(parent, Verdict):
            return parent.reason
        status = self._status(path)
        if status is None:
            return reasons.VANISHED
        kind = kind_of(status)
        verdict = parent.judge(path.rpartition("/")[2], kind)
        if kind is Kind.FOLDER:
            return verdict.reason or reasons.SPECIAL
        reason = verdict.reason or size_reason(status.st_size, self._most_bytes)
        return reason or FileEntry(path, status.st_size, changed_ns(status), verdict.wanted)

    def reason(self, path: str) -> str | None:
        """Why the file or folder at `path` is not indexed, or None. Looks at the disk."""
        status = self._status(path)
        if status is not None and kind_of(status) is Kind.FOLDER:
            folder = self._folder_at(path.split("/")) if _is_inside(path) else Verdict(reasons.OUTSIDE)
            verdict = folder if isinstance(folder, Verdict) else folder.ban
            return verdict.reason if verdict else None
        entry = self.entry(path)
        return entry if isinstance(entry, str) else None

    def reason_for_name(self, path: str) -> str | None:
        """The same for a file that need not exist (a buffer not yet saved): by name and place only."""
        parent = self._parent(path)
        verdict = parent if isinstance(parent, Verdict) else parent.judge(path.rpartition("/")[2], Kind.FILE)
        return verdict.reason or None

    def _parent(self, path: str) -> Folder | Verdict:
        return self._folder_at(path.split("/")[:-1]) if _is_inside(path) else Verdict(reasons.OUTSIDE)

    def _folder_at(self, parts: list[str]) -> Folder | Verdict:
        """The folder at a path, or why nothing in it is indexed."""
        path = ""
        folder = self._folders.get(path) or self._open(self._start, path)
        for part in parts:
            if isinstance(folder, Verdict):
                return folder
            path = f"{path}/{part}" if path else part
            folder = self._folders.get(path) or self._enter(folder, path, part)
        return folder

    def _enter(self, parent: Folder, path: str, name: str) -> Folder | Verdict:
        status = self._status(path)
        kind = kind_of(status) if status is not None else Kind.FILE
        if kind is Kind.FILE:
            return Verdict(reasons.VANISHED)
        return self._open(parent.below(name, parent.judge(name, kind)), path)

    def _open(self, folder: Folder, path: str) -> Folder | Verdict:
        if folder.ban is None or folder.worth_entering():
            where = self.root / path
            try:
                folder = open_folder(folder, where, os.listdir(where), self._start.path)
            except OSError:
                return Verdict(reasons.UNREADABLE)
        if folder.ban is not None and not folder.worth_entering():
            return folder.ban
        self._folders[path] = folder
        return folder

    def _status(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self.root / path)
        except (OSError, ValueError):
            return None


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return all(parts) and ".." not in parts and "." not in parts
