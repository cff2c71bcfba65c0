"""The SQLite file that is the truth about a workspace: opening it, keeping a broken one aside, and access from many
threads.

Readers take a connection from a pool and see one state of the file; there is one connection that writes, behind a
lock. Not here: what the rows mean (`rows`, `reads`, `vector_rows`) and which process may write (`index` asks for
the lock).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from dt6_lsp.errors import StoreError
from dt6_lsp.index import seal
from dt6_lsp.index.ledger_errors import LedgerGone, is_corrupt, store_errors
from dt6_lsp.index.prepare import hash_of
from dt6_lsp.index.schema import SCHEMA_VERSION, TABLES, know_terms
from dt6_lsp.index.terms import VERSION as TERMS_VERSION
from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
BROKEN = "ledger.broken-*.sqlite3"
_KEPT_BROKEN = 1  # each may be as large as the ledger
_BUSY_SECONDS = 10.0
_WAL_KEPT = 16_000_000  # bytes that SQLite's log keeps when it is begun anew
_WAL_MOST = 64_000_000


class Ledger:
    """Thread-safe. `refusal` is why nothing can be asked of the file that is there, "" when it can."""

    def __init__(self, folder: Path, root: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE_NAME
        self.refusal = ""
        self._root = root
        self._read_only = read_only
        self._terms = Terms()
        self._pool: list[sqlite3.Connection] = []
        self._pool_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._watch: sqlite3.Connection | None = None
        self._closed = False
        self._place: tuple[int, int] | None = None  # of the file on the disk that the connections are to
        self.generation = 0  # counts the files that this object has had: a connection to an old one is not used again

    @classmethod
    def open(
        cls, folder: Path, root: Path, *, instead: tuple[str, str] | None = None, read_only: bool = False
    ) -> tuple[Ledger, tuple[str, ...]]:
        """The ledger of `root` in `folder`, made when missing, and what was done to open it, in sentences for the user.
        An unusable one is replaced by an empty one, and kept aside where it may be worth a look. Who may not do that
        gives what to say `instead`: how the cause goes on, and the mend, for a StoreError. One of a newer DT6 is of use
        to somebody: it is refused, until `set_aside`. StoreError when the folder can't be used."""
        with store_errors(folder):
            ledger = cls(folder, root, read_only=read_only)
            try:
                reason = ledger._why_unusable()
                if reason and instead:
                    raise StoreError(f"The ledger in {folder} {reason}{instead[0]}.", instead[1])
                replaced = reason and not ledger.refusal
                return ledger, (ledger.set_aside(reason),) if replaced else ()
            except BaseException:
                ledger.close()
                raise

    def _why_unusable(self) -> str:
        """Why this file can't serve as the ledger ("" when it can). Makes the tables in an empty file."""
        try:
            if self.path.exists() and seal.is_broken(self.path):
                return "was damaged"
            with self.read() if self._read_only else self.write(sealed=True) as connection:
                found = _version(connection)
                if found is None:
                    _create(connection, self._root)
                    return ""
                reason = _mismatch(connection, found, self._root)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_corrupt(error):
                raise
            return "was damaged"
        if found > SCHEMA_VERSION:
            self.refusal = reason
        return reason

    def start_over(self) -> None:
        """After the file has vanished: an empty one, or what another process has put there."""
        with self._write_lock, self._pool_lock:
            self._close_all()
        reason = self._why_unusable()
        if reason:
            raise StoreError(f"The ledger in {self.path.parent} {reason}.", "Index the workspace again.")

    def set_aside(self, reason: str) -> str:
        """Renames the file, or removes it, and starts an empty one, while readers wait; returns the notice that says
        so."""
        with store_errors(self.path.parent), self._write_lock, self._pool_lock:
            self._close_all()
            self.refusal = ""
            return self._replace(reason)

    def _replace(self, reason: str) -> str:
        kept = self.path.with_name(
            f"ledger.broken-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06}.sqlite3"
        )
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        seal.take_off(self.path)
        if reason in _OUTDATED:
            self.path.unlink()
        else:
            self.path.replace(kept)
        for old in sorted(self.path.parent.glob(BROKEN))[:-_KEPT_BROKEN]:
            old.unlink()
        self._writer = self._connect()
        self._writer.execute("BEGIN IMMEDIATE")
        _create(self._writer, self._root)
        self._writer.execute("COMMIT")
        fate = "" if reason in _OUTDATED else f"was kept as {kept.name} and "
        return f"The ledger {reason}; it {fate}is built anew."

    def is_sound(self) -> bool:
        """Whether its rows and tables make sense, as far as that can be told. Reads all of it."""
        try:
            with self.read() as connection, contextlib.closing(self._fresh()) as fresh:
                rows = connection.execute("SELECT text_hash, text FROM chunks")
                return (
                    connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
                    and connection.execute("PRAGMA foreign_key_check").fetchone() is None
                    and _tables(connection) == _tables(fresh)
                    and all(hash_of(text) == text_hash for text_hash, text in rows)
                )
        except (sqlite3.DatabaseError, UnicodeDecodeError, TypeError, AttributeError):
            return False

    def _fresh(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:")
        know_terms(connection, self._terms)
        _create(connection, self._root)
        return connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the ledger, whatever is written meanwhile."""
        with store_errors(self.path.parent):
            connection, generation = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection, generation)

    @contextlib.contextmanager
    def write(self, *, sealed: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it lands, or nothing. `sealed` for one that changes nothing in a file that has its
        tables."""
        with store_errors(self.path.parent), self._write_lock:
            writer = self._writing()
            if not sealed:
                seal.take_off(self.path)
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
            self._bound_log(writer)

    def compact(self) -> None:
        """Gives the room of what was removed back to the disk. Takes as much again while it runs."""
        with store_errors(self.path.parent), self._write_lock:
            writer = self._writing()
            seal.take_off(self.path)
            writer.execute("VACUUM")
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def version(self) -> int:
        """A number that changes when any process or thread has committed something."""
        with store_errors(self.path.parent), self._pool_lock:
            self._raise_if_unusable()
            if self._watch is None:
                self._watch = self._connect()
            row = self._watch.execute("PRAGMA data_version").fetchone()
            return (self.generation << 32) + int(row[0])

    def close(self, *, seals: bool = False) -> None:
        """`seals` by the process that writes, when it has closed in order."""
        self._closed = True
        self._disconnect()
        if seals and not self.refusal and not self.path.with_name(self.path.name + "-wal").exists():
            seal.put(self.path)

    def _connect(self) -> sqlite3.Connection:
        connection = self._connect_read_only() if self._read_only else self._opened(str(self.path))
        try:
            if not self._read_only:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(f"PRAGMA journal_size_limit={_WAL_KEPT}")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-16000")
            know_terms(connection, self._terms)
            self._place = self._place or _place_of(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        """SQLite wants to make files beside the ledger, even to read it; but not of one that nobody can change."""
        address = self.path.absolute().as_uri() + "?mode=ro"
        connection = self._opened(address)
        try:
            connection.execute("SELECT 1 FROM sqlite_master")
        except sqlite3.OperationalError:
            connection.close()
            log = self.path.with_name(self.path.name + "-wal")
            if not self.path.exists() or log.exists():
                raise
            connection = self._opened(address + "&immutable=1")
        return connection

    def _opened(self, address: str) -> sqlite3.Connection:
        return sqlite3.connect(
            address,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            uri=self._read_only,
        )

    def _raise_if_unusable(self) -> None:
        """Holding the lock of the pool. Whatever lies there now is what is asked."""
        if self._closed:  # a connection made now would never be closed
            raise StoreError("The index was closed.", "Open the workspace again.")
        if self.refusal:
            raise StoreError(f"The ledger in {self.path.parent} {self.refusal}.", _NEWER)
        if self._place is not None and _place_of(self.path) != self._place:
            raise LedgerGone(
                f"The index in {self.path.parent} was removed or replaced while it was in use.",
                "Index the workspace again.",
            )

    def _writing(self) -> sqlite3.Connection:
        """Holding the lock of the writer."""
        with self._pool_lock:
            self._raise_if_unusable()
            if self._writer is None:
                self._writer = self._connect()
            return self._writer

    def _bound_log(self, writer: sqlite3.Connection) -> None:
        """SQLite begins its log anew when nobody reads; where somebody always does, it has to be waited for."""
        try:
            size = self.path.with_name(self.path.name + "-wal").stat().st_size
        except OSError:
            return
        if size > _WAL_MOST:
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _take(self) -> tuple[sqlite3.Connection, int]:
        with self._pool_lock:
            self._raise_if_unusable()
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
        self._writer = self._watch = self._place = None


_OLDER = "has the format of an older DT6"
_OTHER_WORDS = "splits words as another DT6 does"
_OUTDATED = (_OLDER, _OTHER_WORDS)  # nothing is wrong with these, and nothing in them can't be made again
_NEWER = "Use that version; or run `dt6-lsp index`, which keeps this one aside and builds the index anew."


def _place_of(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _tables(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _version(connection: sqlite3.Connection) -> int | None:
    """The schema version of the file; None when it has no tables yet, 0 when they are not ours."""
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
    if not found:
        return "is not one of DT6"
    if found < SCHEMA_VERSION:
        return _OLDER
    words = connection.execute("SELECT value FROM meta WHERE key = 'terms'").fetchone()
    if not words or words[0] != TERMS_VERSION:
        return _OTHER_WORDS
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
