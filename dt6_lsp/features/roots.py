"""The folders of the workspace and the one way in which their files are named.

With one root a file is named by its path in it; with several the folder's name comes first, made unique by a number
where two folders share it ("api/main.py", "api-2/main.py"), as `index.federation` names its hits.
Not here: whether a file exists or is indexed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.index.federation import unique_names

_HALF = re.compile("[\ud800-\udfff]")  # what Python makes of bytes in a file's name that are not UTF-8


@dataclass(frozen=True, slots=True)
class Roots:
    folders: tuple[Path, ...]

    def locate(self, path: str) -> Path:
        root, inside = self.split(path)
        parts = PurePosixPath(inside)
        if parts.is_absolute() or ".." in parts.parts or Path(inside).is_absolute():
            raise _outside(path)
        return root.joinpath(*parts.parts)

    def split(self, path: str) -> tuple[Path, str]:
        """The root that a path names, and the path in it."""
        if len(self.folders) == 1:
            return self.folders[0], path
        first, _, rest = path.partition("/")
        for name, folder in zip(unique_names(self.folders), self.folders, strict=True):
            if name == first:
                return folder, rest
        raise _outside(path)

    def named(self, root: Path, inside: str) -> str:
        """The name of a file of `root`."""
        if len(self.folders) == 1:
            return inside
        return f"{unique_names(self.folders)[self.folders.index(root)]}/{inside}"

    def relative(self, absolute: Path) -> str | None:
        """None also for a name that no index holds: with a NUL, or with what is no character."""
        name = str(absolute)
        if "\0" in name or _HALF.search(name):
            return None
        return self._inside(absolute) or self._inside(absolute.resolve())

    def _inside(self, absolute: Path) -> str | None:
        holders = [folder for folder in self.folders if absolute.is_relative_to(folder)]
        if not holders:
            return None
        deepest = max(holders, key=lambda folder: len(folder.parts))
        return self.named(deepest, absolute.relative_to(deepest).as_posix())


def _outside(path: str) -> WorkspaceError:
    return WorkspaceError(f"{path} is not in this workspace.", "Name a file as search results do.")
