"""Texts that an editor has open and not saved, each as a small ledger of one file. In memory only: never on disk, never
in ChromaDB, and gone when nobody asks with it any more.

A text is parsed when something is asked, not with each keystroke. Left out are those that are as the ledger has them,
those that would not be indexed if they were saved, and all but the newest few. Not here: answering (`overlay`).
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from itertools import count
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from dt6_lsp.index.prepare import of_document
from dt6_lsp.index.rows import file_rows, replace_files
from dt6_lsp.index.schema import TABLES
from dt6_lsp.index.terms import Terms
from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.documents import from_buffer, hash_text
from dt6_lsp.workspace.ignore import IgnoreRules
from dt6_lsp.workspace.model import FileEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dt6_lsp.index.prepare import Prepared
    from dt6_lsp.index.store import Store
    from dt6_lsp.settings import WorkspaceSettings

P = ParamSpec("P")
T = TypeVar("T")

MOST = 16
_FIRST_ID = 1 << 40  # further than any ledger comes
_IDS_EACH = 1 << 20


class Buffer:
    """Thread-safe; never changes. `prepared` is None for a text of which nothing is searched (an empty one)."""

    def __init__(self, path: str, prepared: Prepared | None, number: int) -> None:
        self.path, self.prepared = path, prepared
        self.first_id = _FIRST_ID + number * _IDS_EACH  # of the chunks; also the file's
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._made: dict[str, Any] = {}
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self._connection.executescript(TABLES)
        if prepared is not None:
            self._fill(prepared)

    def ask(self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `Store.ask`."""
        with self._lock:
            return question(self._connection, *args, **kwargs)

    def remembered(self, key: str, make: Callable[[Prepared], T]) -> T:
        """`make(prepared)`, once for each key."""
        with self._making:
            if key not in self._made:
                assert self.prepared is not None
                self._made[key] = make(self.prepared)
            made: T = self._made[key]
            return made

    def _fill(self, prepared: Prepared) -> None:
        """SQLite counts on from the highest id that it has seen."""
        self._connection.execute("INSERT INTO sqlite_sequence VALUES('chunks', ?)", (self.first_id - 1,))
        before = (
            "INSERT INTO files(id, path, size, mtime_ns, hash, language, path_hash) VALUES(?, '', 0, 0, '', '', '')"
        )
        self._connection.execute(before, (self.first_id - 1,))
        replace_files(self._connection, [(FileEntry(prepared.path, 0, 0), prepared)])
        self._connection.execute("DELETE FROM files WHERE path = ''")


class Buffers:
    """The buffers of one root. Thread-safe; what was parsed is kept for as long as the text stays as it is."""

    def __init__(self, root: Path, store: Store, settings: WorkspaceSettings) -> None:
        self._root, self._store, self._settings = root, store, settings
        self._terms = Terms()
        self._numbers = count()
        self._lock = threading.Lock()
        self._hashes: dict[str, tuple[str, str]] = {}
        self._kept: dict[str, tuple[str, Buffer | None]] = {}

    def of(self, texts: Mapping[str, str]) -> tuple[Buffer, ...]:
        """`texts` by path, the one that changed last at the end."""
        with self._lock:
            known = self._store.ask(file_rows, texts)
            self._hashes = {path: self._hashed(path, text) for path, text in texts.items()}
            hashes = {path: digest for path, (_, digest) in self._hashes.items()}
            differing = [path for path in texts if path not in known or known[path].hash != hashes[path]]
            self._kept = {
                path: (hashes[path], self._buffer(path, texts[path], hashes[path], path in known))
                for path in differing[-MOST:]
            }
            return tuple(buffer for _, buffer in self._kept.values() if buffer is not None)

    def _hashed(self, path: str, text: str) -> tuple[str, str]:
        before = self._hashes.get(path)
        return before if before is not None and before[0] is text else (text, hash_text(text))

    def _buffer(self, path: str, text: str, digest: str, known: bool) -> Buffer | None:
        before = self._kept.get(path)
        if before is not None and before[0] == digest:
            return before[1]
        if len(text) > self._settings.max_file_bytes or not self.is_wanted(path):
            return None
        document = from_buffer(path, text, wanted=known)  # what is indexed stays so, whatever it looks like
        prepared = None if isinstance(document, str) else of_document(document, self._terms)
        return Buffer(path, prepared, next(self._numbers))

    def is_wanted(self, path: str) -> bool:
        """Whether it would be indexed once it was saved, whatever is on disk now."""
        rules = IgnoreRules(self._root, self._settings)
        reason = rules.reason(path)
        if reason in (reasons.VANISHED, reasons.EMPTY, reasons.TOO_LARGE):
            reason = rules.reason_for_name(path)
        return reason is None
