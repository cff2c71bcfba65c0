"""`IgnoreRules`: whether one path is indexed, decided as the walk decides it. For events of single files.

Rules of folders are kept once read: after a change for which `changes_rules` is true, make a new object and walk again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.ignore_files import GIT_IGNORE, OWN_IGNORE, open_folder, root_folder
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
        return name in (GIT_IGNORE, OWN_IGNORE, "pyvenv.cfg") or path.endswith(".git/info/exclude")

    def reason(self, path: str) -> str | None:
        """Why the file or folder at `path` (relative, with `/`) is not indexed, or None. Looks at the disk."""
        return self._judge(path, on_disk=True).reason or None

    def reason_for_name(self, path: str) -> str | None:
        """The same for a file that need not exist (a buffer not yet saved): by name and place only."""
        return self._judge(path, on_disk=False).reason or None

    def _judge(self, path: str, *, on_disk: bool) -> Verdict:
        parts = path.split("/")
        if not all(parts) or ".." in parts or "." in parts:
            return Verdict(reasons.OUTSIDE)
        parent = self._parent("/".join(parts[:-1]))
        if isinstance(parent, Verdict):
            return parent
        if on_disk:
            return self._on_disk(parent, path)
        return parent.judge(parts[-1], Kind.FILE)

    def _parent(self, path: str) -> Folder | Verdict:
        """The folder at `path`, or why nothing in it is indexed."""
        known = self._folders.get(path)
        if known is not None:
            return known
        if not path:
            return self._open(self._start, path)
        above, _, name = path.rpartition("/")
        parent = self._parent(above)
        if isinstance(parent, Verdict):
            return parent
        kind = self._kind(path)
        if kind is None or kind is Kind.FILE:
            return Verdict(reasons.VANISHED)
        verdict = parent.judge(name, kind)
        return self._open(parent.below(name, verdict), path)

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

    def _on_disk(self, parent: Folder, path: str) -> Verdict:
        try:
            status = os.lstat(self.root / path)
        except (OSError, ValueError):
            return Verdict(reasons.VANISHED)
        kind = kind_of(status)
        name = path.rpartition("/")[2]
        verdict = parent.judge(name, kind)
        if verdict.reason:
            return verdict
        if kind is Kind.FOLDER:
            opened = self._open(parent.below(name, verdict), path)
            return opened if isinstance(opened, Verdict) else opened.ban or verdict
        return Verdict(size_reason(status.st_size, self._most_bytes))

    def _kind(self, path: str) -> Kind | None:
        try:
            return kind_of(os.lstat(self.root / path))
        except (OSError, ValueError):
            return None
