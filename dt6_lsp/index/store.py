"""A ledger that mends itself: asked a question, it answers, and one that turns out broken is kept aside and replaced.

Also collects the notices that the user should read about the store. Not here: rows and queries.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import tempfile
import threading
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from dt6_lsp.errors import StoreError
from dt6_lsp.index.ledger import FILE_NAME, Ledger
from dt6_lsp.index.ledger_errors import CHOOSE, LedgerGone, is_corrupt, store_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

P = ParamSpec("P")
T = TypeVar("T")
_LOCK_NAME = "writer.lock"
_RUN_LOCK_NAME = "run.lock"  # held by the writer while it indexes; the system frees it when the process dies
LOCK_NAMES = (_LOCK_NAME, _RUN_LOCK_NAME)
_LOOK_SECONDS = 0.1
_MOST_IDLE_SECONDS = 5.0
_FOLLOWS = (", and another process is using it", "Close the other editor, then try again.")
_READS = (", and its folder can't be written", CHOOSE)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class Store:
    """The folder of one root's index: its ledger, and the lock that says which process writes. Thread-safe."""

    def __init__(
        self, folder: Path, ledger: Ledger, lock: FileLock, notices: tuple[str, ...], *, writable: bool = True
    ) -> None:
        self.folder = folder
        self.ledger = ledger
        self._writable = writable
        self._lock = lock
        self._healing = threading.Lock()
        self._taking = threading.Lock()
        self._notices = list(notices)
        self._closed = False

    @classmethod
    def open(cls, folder: Path, root: Path) -> Store:
        """An index in a folder that can't be written can be asked, no more. StoreError when it can't be used at all."""
        lock = FileLock(folder / _LOCK_NAME, thread_local=False)
        with store_errors(folder):
            writable = _may_write(folder)
            writer = writable and _try(lock)
        try:
            instead = None if writer else _FOLLOWS if writable else _READS
            ledger, notices = Ledger.open(folder, root, instead=instead, read_only=not writable)
        except BaseException:
            lock.release()
            raise
        return cls(folder, ledger, lock, notices, writable=writable)

    @property
    def writer(self) -> bool:
        """Whether this process is the one that writes."""
        return self._lock.is_locked

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(self._notices)

    def become_writer(self) -> bool:
        """Takes over when no other process writes. Not once it is closed: who is late would keep the lock from all."""
        with self._taking:  # a lock that is taken twice would have to be given back twice
            return self.writer or (self._writable and not self._closed and _try(self._lock))

    def prepare_to_write(self) -> None:
        """Before a run: a ledger that this DT6 can't read makes room, and one that vanished is made anew. StoreError
        for who may not write."""
        if not self._writable:
            raise StoreError(f"The data folder {self.folder} can't be written, so its index is asked as it is.", CHOOSE)
        if self.writer and self.ledger.refusal:
            self.notice(self.ledger.set_aside(self.ledger.refusal))
        self.ask(_is_there)

    def require_writer(self) -> None:
        if not self.writer:
            raise StoreError("Another process has begun to write this index.", "Index the workspace again.")

    @contextlib.contextmanager
    def indexing(self) -> Iterator[None]:
        """Around a run of the writer, so that others can wait for its end."""
        with store_errors(self.folder), FileLock(self.folder / _RUN_LOCK_NAME, thread_local=False):
            yield

    def wait_for_writer(self, cancel: CancelToken, tell: Callable[[], None], filled: Callable[[], bool]) -> bool:
        """Waits while another process indexes, telling every now and then. True when that one is gone and this process
        writes now, False when it has ended its run. StoreError when it does not index a store that is not `filled`."""
        idle = 0.0
        while not self.become_writer():
            if self._another_indexes():
                idle = 0.0
            elif filled():
                return False
            elif idle > _MOST_IDLE_SECONDS:
                raise StoreError(
                    "Another process has this workspace open and has not indexed it.",
                    "Index it there (in an editor: the command dt6.index), or close it.",
                )
            tell()
            cancel.wait(_LOOK_SECONDS)
            cancel.raise_if_cancelled()
            idle += _LOOK_SECONDS
        return True

    def _another_indexes(self) -> bool:
        lock = FileLock(self.folder / _RUN_LOCK_NAME, thread_local=False)
        free = _try(lock)
        if free:
            lock.release()
        return not free

    def ask(self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`question(connection, ...)` on one state of the ledger; of an empty one if it had to be replaced."""

        def once() -> T:
            with self.ledger.read() as connection:
                return question(connection, *args, **kwargs)

        return self.guard(once)

    def guard(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(...)`, and once more when it found the ledger broken and that was mended."""
        generation = self.ledger.generation
        try:
            return work(*args, **kwargs)
        except LedgerGone as error:
            self._follow(error, generation)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            self._heal(error, generation)
        return work(*args, **kwargs)

    def notice(self, sentence: str) -> None:
        """For the user; each sentence once."""
        if sentence not in self._notices:
            self._notices.append(sentence)

    def close(self) -> None:
        with self._taking:
            self._closed = True
        with contextlib.suppress(OSError):  # what was not sealed is only believed
            self.ledger.close(seals=self.writer)
        self._lock.release()

    def _follow(self, error: LedgerGone, generation: int) -> None:
        """The folder was removed, or the writer has begun a new file. Once for all threads that notice."""
        with self._healing:
            if self.ledger.generation != generation:
                return
            with self._taking, store_errors(self.folder):  # the lock is of a file that may be gone, too
                wrote = self.writer
                self._lock.release()
                self.folder.mkdir(parents=True, exist_ok=True)
                writer = not self._closed and _try(self._lock)
            if not writer and not self.ledger.path.exists():
                raise error
            self.ledger.start_over()
            if wrote:
                self.notice(f"The index in {self.folder} was removed while it was in use; it is built anew.")

    def _heal(self, error: sqlite3.DatabaseError | UnicodeDecodeError, generation: int) -> None:
        """Once for all threads that meet the same broken file; any other error is raised. A statement that fails though
        nothing is wrong with the file is a mistake of ours."""
        with self._healing:
            if self.ledger.generation != generation:
                return
            if not is_corrupt(error) and self.ledger.is_sound():
                raise error
            if not self._writable:
                raise StoreError(f"The ledger in {self.folder} is damaged, and can't be written.", CHOOSE) from error
            if not self.writer:
                raise StoreError(
                    f"The ledger in {self.folder} is damaged, and another process is using it.",
                    "Close the other editor, then index again.",
                ) from error
            self.notice(self.ledger.set_aside("was damaged"))


def _is_there(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT 1 FROM meta LIMIT 1")


def _may_write(folder: Path) -> bool:
    """Makes the folder. One that can't be made or written is an error, unless there is an index in it to be asked."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        if error.errno in _UNWRITABLE and (folder / FILE_NAME).exists():
            return False
        raise


def _try(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
