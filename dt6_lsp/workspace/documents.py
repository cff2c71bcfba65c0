"""Reads one file of the workspace into an immutable document, or says in a word why not.

The text has its secrets taken out (`secrets.redact`), as it may be sent to a model later; the hash is of the bytes on
disk. Line ends stay as they are. Not here: which files are read at all (`rules`), and what is in the text (`content`).
"""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO

from dt6_lsp.workspace import content, reasons
from dt6_lsp.workspace.ignore_files import open_unfollowed
from dt6_lsp.workspace.model import Document
from dt6_lsp.workspace.rules import Kind, kind_of
from dt6_lsp.workspace.secrets import holds_private_key, redact

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 50_000_000
"""Guard for a file that grew after the walk had measured it; the walk itself holds to workspace.max_file_bytes."""


def read(root: Path, path: str, *, wanted: bool = False, most_bytes: int = MOST_BYTES) -> Document | str:
    """The file at `path` (relative, with `/`), or the reason why it is not indexed (`reasons`). Never raises OSError.

    `wanted` (`FileEntry.wanted`) takes files although they look generated or minified.
    """
    data = read_bytes(root, path, most_bytes)
    if isinstance(data, str):
        return data
    decoded = content.decode(data)
    if decoded is None:
        return reasons.BINARY
    text, encoding = decoded
    if reason := _refused(path, text, wanted):
        return reason
    return Document(path, redact(text), hash_bytes(data), encoding)


def from_buffer(path: str, text: str, *, wanted: bool = False) -> Document | str:
    """The text of an editor's buffer as a document, or why it is not searched; as `read` does with a file in UTF-8."""
    if reason := _refused(path, text, wanted):
        return reason
    return Document(path, redact(text), hash_text(text), "utf-8")


def hash_text(text: str) -> str:
    """Of what a file holds when this text is saved as UTF-8."""
    return hash_bytes(text.encode("utf-8", "surrogatepass"))


def hash_bytes(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _refused(path: str, text: str, wanted: bool) -> str:
    if not text:
        return reasons.EMPTY
    if holds_private_key(text):
        return reasons.SECRET
    if wanted:
        return ""
    if content.is_generated(text):
        return reasons.GENERATED
    return reasons.MINIFIED if content.is_minified(path, text) else ""


def read_bytes(root: Path, path: str, most_bytes: int = MOST_BYTES) -> bytes | str:
    """The bytes of a regular file, reached without any link; or the reason why not.

    The folders on the way are looked at before and after opening, and the opened file must be the one that lies there,
    so a folder swapped for a link in between is noticed.
    """
    try:
        if reason := _unsafe(root, path):
            return reason
        with open(root / path, "rb", opener=open_unfollowed) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return reasons.SPECIAL
            data = _read(stream, status.st_size, most_bytes)
            moved = _unsafe(root, path) or not os.path.samestat(status, os.lstat(root / path))
    except (FileNotFoundError, NotADirectoryError):
        return reasons.VANISHED
    except (OSError, ValueError):
        return reasons.UNREADABLE
    if moved:
        return reasons.VANISHED
    return reasons.TOO_LARGE if len(data) > most_bytes else data


def _read(stream: BinaryIO, size: int, most_bytes: int) -> bytes:
    """All of a file, also of one that is growing, up to one byte more than allowed."""
    data = stream.read(min(size, most_bytes) + 1)  # asked for more, Python would first make room for all of it
    return data if len(data) <= size else data + stream.read(most_bytes + 1 - len(data))


def _unsafe(root: Path, path: str) -> str:
    """Why `path` may not be opened: it leaves the root, or passes a link. Raises OSError for what is not there."""
    parts = path.split("/")
    if not all(parts) or ".." in parts or "." in parts or os.path.isabs(path) or _has_drive(path):
        return reasons.OUTSIDE
    where = os.fspath(root)
    for part in parts:
        where = os.path.join(where, part)
        kind = kind_of(os.lstat(where))
        if kind in (Kind.LINK, Kind.SPECIAL):
            return str(kind.value)
    return reasons.SPECIAL if kind is Kind.FOLDER else ""


def _has_drive(path: str) -> bool:
    return os.name == "nt" and (":" in path or "\\" in path)
