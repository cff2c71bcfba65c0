"""What goes wrong with a ledger's file, in words for a person; and which of it means that the file itself is damaged.

Not here: what is done about it (`store`).
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from dt6_lsp.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHOOSE = "Make it writable, or choose another with --data-dir or DT6_DATA_DIR."
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LedgerGone(StoreError):  # noqa: N818 - as the others of `errors`
    """The file that this process had open was removed, or another lies in its place."""


class Damaged(sqlite3.DatabaseError):
    """The rows contradict each other, which SQLite itself does not notice."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_corrupt(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether SQLite says that the file itself is broken (and not the disk, a lock or a statement)."""
    if isinstance(error, UnicodeDecodeError):  # of what it says
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own, about a text that is none: SQLite does not look at what is in a row
        return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)
    return (code & 0xFF) in _CORRUPT


@contextlib.contextmanager
def store_errors(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into a StoreError with cause and mend. Broken files and statements pass."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if is_corrupt(error) or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise
        raise StoreError(*_explain(error, folder)) from error
    except OSError as error:
        raise StoreError(f"The data folder {folder} can't be used: {error.strerror or error}.", CHOOSE) from error


def _explain(error: sqlite3.OperationalError, folder: Path) -> tuple[str, str]:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return (
            f"The disk that holds {folder} is full; what was indexed before is kept.",
            "Free some space, then index again.",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"The data folder {folder} can't be written.", CHOOSE
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"Another process keeps the ledger in {folder} locked.",
            "Close the other editor or command, then try again.",
        )
    return f"The ledger in {folder} can't be used: {error}.", CHOOSE
