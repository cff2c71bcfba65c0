"""The SQLite file that is the truth about a workspace: opening it, keeping a broken one aside, and access from many
threads.

Readers take a connection from a pool and see one state of the file; there is one connection that writes, behind a
lock. Not here: what the rows mean (`rows`, `reads`, `vector_rows`) and which process may write (`index` asks for
the lock).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from dt6_lsp.errors import StoreError
from dt6_lsp.index.schema import SCHEMA_VERSION, TABLES, know_terms
from dt6_lsp.index.terms import VERSION as TERMS_VERSION
from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
_KEPT_BROKEN = 3
_BUSY_SECONDS = 10.0
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Ledger:
    """Thread-safe. `notices` are sentences for the user about what had to be done to open it."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.path = folder / FILE_NAME
        self._root = root
        self._terms = Terms()
        self._pool: list[sqlite3.Connection] = []
        self._pool_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._watch: sqlite3.Connection | None = None
        self._closed = False
        self.generation = 0  # counts the files that this object has had: a connection to an old one is not used again

    @classmethod
    def open(cls, folder: Path, root: Path, *, may_replace: bool = True) -> tuple[Ledger, tuple[str, ...]]:
        """The ledger of `root` in `folder`, made when missing. An unusable one is kept aside and replaced by an empty
        one, if `may_replace`; else, and when the folder can't be written, StoreError."""
        with store_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            ledger = cls(folder, root)
            reason = ledger.why_unusable()
            if not reason:
                return ledger, ()
            if not may_replace:
                raise StoreError(
                    f"The ledger in {folder} {reason}, and another process is using it.",
                    "Close the other editor, then try again.",
                )
            return ledger, (ledger.set_aside(reason),)

    def why_unusable(self) -> str:
        """Why this file can't serve as the ledger ("" when it can). Makes the tables in an empty file."""
        try:
            with self.write() as connection:
                found = _version(connection)
                if found is None:
                    _create(connection, self._root)
                    return ""
                return _mismatch(connection, found, self._root)
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            return "was damaged"

    def set_aside(self, reason: str) -> str:
        """Renames the file and starts an empty one, while readers wait; returns the notice that says so."""
        with store_errors(self.path.parent), self._write_lock, self._pool_lock:
            self._close_all()
            return self._replace(reason)

    def _replace(self, reason: str) -> str:
        kept = self.path.with_name(
            f"ledger.broken-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06}.sqlite3"
        )
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.path.replace(kept)
        for old in sorted(self.path.parent.glob("ledger.broken-*.sqlite3"))[:-_KEPT_BROKEN]:
            old.unlink()
        self._writer = self._connect()
        self._writer.execute("BEGIN IMMEDIATE")
        _create(self._writer, self._root)
        self._writer.execute("COMMIT")
        return f"The ledger {reason}; it was kept as {kept.name} and is built anew."

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the ledger, whatever is written meanwhile."""
        with store_errors(self.path.parent):
            connection, generation = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")  # keeps what the reader made in `temp` for itself
            finally:
                self._give_back(connection, generation)

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it lands, or nothing."""
        with store_errors(self.path.parent), self._write_lock:
            self._raise_if_closed()
            if self._writer is None:
                self._writer = self._connect()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def version(self) -> int:
        """A number that changes when any process or thread has committed something."""
        with store_errors(self.path.parent), self._pool_lock:
            self._raise_if_closed()
            if self._watch is None:
                self._watch = self._connect()
            row = self._watch.execute("PRAGMA data_version").fetchone()
            return int(row[0])

    def close(self) -> None:
        self._closed = True
        self._disconnect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-16000")
            know_terms(connection, self._terms)
        except BaseException:
            connection.close()
            raise
        return connection

    def _raise_if_closed(self) -> None:
        if self._closed:  # a connection made now would never be closed
            raise StoreError("The index was closed.", "Open the workspace again.")

    def _take(self) -> tuple[sqlite3.Connection, int]:
        with self._pool_lock:
            self._raise_if_closed()
            if self._pool:
                return self._pool.pop(), self.generation
            return self._connect(), self.generation

    def _give_back(self, connection: sqlite3.Connection, generation: int) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._pool_lock:
            if not self._closed and generation == self.generation:
                self._pool.append(connection)
                return
        connection.close()

    def _disconnect(self) -> None:
        with self._write_lock, self._pool_lock:
            self._close_all()

    def _close_all(self) -> None:
        for connection in (*self._pool, self._writer, self._watch):
            if connection is not None:
                connection.close()
        self._pool.clear()
        self.generation += 1
        self._writer = self._watch = None


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file itself is broken (and not the disk, a lock or a statement)."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _CORRUPT


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
        raise StoreError(f"The data folder {folder} can't be used: {error.strerror or error}.", _CHOOSE) from error


_CHOOSE = "Make it writable, or choose another with --data-dir or DT6_DATA_DIR."


def _explain(error: sqlite3.OperationalError, folder: Path) -> tuple[str, str]:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return (
            f"The disk that holds {folder} is full; what was indexed before is kept.",
            "Free some space, then index again.",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"The data folder {folder} can't be written.", _CHOOSE
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"Another process keeps the ledger in {folder} locked.",
            "Close the other editor or command, then try again.",
        )
    return f"The ledger in {folder} can't be used: {error}.", _CHOOSE


def _version(connection: sqlite3.Connection) -> int | None:
    """The schema version of the file; None when it has no tables yet."""
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return None
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.OperationalError as error:
        if is_corrupt(error) or "no such" not in str(error):
            raise
        return 0
    return int(row[0]) if row and str(row[0]).isdigit() else 0


def _mismatch(connection: sqlite3.Connection, found: int, root: Path) -> str:
    if found > SCHEMA_VERSION:
        return f"was written by a newer DT6 (format {found}; this one knows {SCHEMA_VERSION})"
    if found < SCHEMA_VERSION:
        return "has the format of an older DT6"
    words = connection.execute("SELECT value FROM meta WHERE key = 'terms'").fetchone()
    if not words or words[0] != TERMS_VERSION:
        return "splits words as another DT6 does"
    row = connection.execute("SELECT value FROM meta WHERE key = 'root'").fetchone()
    return "" if row and row[0] == str(root) else "belongs to another folder"


def _create(connection: sqlite3.Connection, root: Path) -> None:
    for statement in _statements(TABLES):
        connection.execute(statement)
    values = [("schema", str(SCHEMA_VERSION)), ("terms", TERMS_VERSION), ("root", str(root))]
    connection.executemany("INSERT INTO meta(key, value) VALUES(?, ?)", values)


def _statements(script: str) -> Iterator[str]:
    """One by one, because `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending) and pending.strip():
            yield pending
            pending = ""
