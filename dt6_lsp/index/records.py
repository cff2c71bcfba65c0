"""What answering leaves behind and nothing could make again: turns of conversations, answers, measures.

A SQLite file of its own beside the ledger, because a ledger is derived from the workspace (made anew when it is damaged
or of another version) and has one writer, while these rows are worth keeping and come from every process that has
the workspace open. Whoever uses it brings its own tables. A question never fails over this file: one that is damaged
is kept aside and begun anew, and one that can't be written costs only what would have been remembered.
Not here: what the rows mean (`assistant.memory`, `assistant.cache`, `metrics`).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.index.ledger_errors import is_corrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")

logger = logging.getLogger(__name__)

FILE_NAME = "records.sqlite3"
BROKEN = "records.broken-*.sqlite3"
VERSION = 1
_BUSY_SECONDS = 2.0  # a question waits no longer for another process


class Records:
    """Thread-safe; every call blocks, so never for an event loop. `tables` are `CREATE ... IF NOT EXISTS` scripts."""

    def __init__(self, folder: Path, tables: Sequence[str]) -> None:
        self.path = folder / FILE_NAME
        self._tables = tuple(tables)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._notices: list[str] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know about this file; whole sentences, each once."""
        return tuple(self._notices)

    def read(self, ask: Callable[[sqlite3.Connection], T], default: T) -> T:
        """What `ask` gets; `default` where the file can't be read."""
        return self._attempt(ask, default)

    def write(self, change: Callable[[sqlite3.Connection], T], default: T) -> T:
        """One transaction, also over what `change` reads; `default` where nothing could be written."""

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return self._attempt(transaction, default)

    def scrub(self, *, set_aside: bool) -> None:
        """After a removal: no copy of what was removed stays in SQLite's log nor, with `set_aside`, in a damaged file
        that was kept. While another process reads, the log is cut with that one's next write."""
        self._attempt(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone(), None)
        if set_aside:
            for old in self.path.parent.glob(BROKEN):
                with suppress(OSError):
                    old.unlink()

    def close(self) -> None:
        """Nothing is read or written any more; may be called twice."""
        with self._lock:
            self._closed = True
            self._drop()

    def _attempt(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        with self._lock:
            if self._closed:
                return default
            try:
                try:
                    return work(self._open())
                except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                    if not is_corrupt(error):
                        raise
                    self._set_aside()
                    return work(self._open())
            except (sqlite3.Error, OSError) as error:
                self._tell(f"Conversations and answers can't be kept in {self.path}: {error}.")
                return default

    def _open(self) -> sqlite3.Connection:
        """The connection; a new one when the file has vanished or another lies in its place."""
        if self._connection is not None and not self.path.exists():
            self._drop()
        if self._connection is None:
            connection = sqlite3.connect(self.path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.NotSupportedError(f"{self.path.name} was made by a newer DT6")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")  # what a person has forgotten is overwritten
        for script in self._tables:
            connection.executescript(script)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _set_aside(self) -> None:
        """Keep the newest damaged file, for a person to look at."""
        self._drop()
        for old in self.path.parent.glob(BROKEN):
            old.unlink(missing_ok=True)
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        aside = self.path.with_name(BROKEN.replace("*", str(time.time_ns())))
        with suppress(FileNotFoundError):
            os.replace(self.path, aside)
        self._tell(f"{self.path} was damaged; it is kept as {aside.name}, and conversations begin anew.")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self, notice: str) -> None:
        """Once: the next question would say the same."""
        if notice not in self._notices:
            self._notices.append(notice)
            logger.warning("%s", notice)
