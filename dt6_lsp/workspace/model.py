"""What the walker and the reader hand upward. Paths are relative to the workspace root, with `/` on every system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that is to be indexed. `mtime_ns`: see `changed_ns`. `wanted`: a `!` rule of DT6 names exactly this file,
    so it is to be read even when its content looks generated or minified."""

    path: str
    size: int
    mtime_ns: int
    wanted: bool = False


def changed_ns(status: os.stat_result) -> int:
    """When the file changed: by its date, or by the file system's own account where that is later. A date can be set
    back to what it was (`cp -p`, `touch -r`, tools that unpack); that account can not. (Windows tells when a file was
    made in its place: there the date is all there is.)"""
    return max(status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Walk:
    """`skipped` counts files (and folders that were not entered, once each) by reason; `emptied_by` names the rule that
    removed the most, for the message when nothing is left."""

    files: tuple[FileEntry, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)
    emptied_by: str = ""
    mend: str = ""  # of that rule


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file at one moment. Immutable: an edit makes a new one."""

    path: str
    text: str
    hash: str  # of the bytes on disk (or of the UTF-8 text of an editor's buffer), hex
    encoding: str
