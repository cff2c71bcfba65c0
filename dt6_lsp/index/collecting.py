"""What a store holds that nothing needs any more, and getting rid of it: vectors of texts that are gone and of models
that are not used, names, logs, ledgers that were kept aside, ChromaDB's leavings.

The process that writes does some of it after every run, when it is due, so that a store is at most about twice what a
fresh one is, plus what `SLACK` changes take. `tidy` does all of it, for a store that nobody has open. Not here: which
stores there are (`garbage`), and their sizes (`sizes`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dt6_lsp.errors import StoreError
from dt6_lsp.index import reads, vector_rows
from dt6_lsp.index.chroma import remove_folder
from dt6_lsp.index.ledger import BROKEN, FILE_NAME, Ledger
from dt6_lsp.index.rows import collect_names, meta, set_meta
from dt6_lsp.index.shelving import read_progress
from dt6_lsp.index.sizes import chroma_is_bloated
from dt6_lsp.settings.folders import size_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

logger = logging.getLogger(__name__)

SLACK = 10_000  # lines of the log: a changed chunk is two
WORTH_COMPACTING = 16_000_000
_TABLES = ("fts", "name_parts")


def collect_when_due(connection: sqlite3.Connection, slack: int = SLACK) -> None:
    """After a run. What is gone is kept for a while, because a branch that was left is often entered again; the work
    is done once for as many changes as there are chunks, twice over."""
    position = vector_rows.log_position(connection).seq
    due = meta(connection, "collect_at")
    if due and position < int(due):
        return
    if due:
        _collect_rows(connection)
    later = position + 2 * reads.count(connection, "chunks") + slack
    set_meta(connection, {"collect_at": str(later)})


def compact_when_worth(ledger: Ledger) -> None:
    """After a run: where most of the file is room that nothing needs. A disk that has no room for it is no error."""
    with ledger.read() as connection:
        pages, free, page = _pages(connection)
    if 2 * free > pages and free * page > WORTH_COMPACTING:
        try:
            ledger.compact()
        except StoreError as error:
            logger.info("The ledger was not made smaller: %s", error)


def tidy(folder: Path, root: Path, *, dry_run: bool = False) -> int:
    """Bytes freed, or that would be (at least). StoreError for a ledger that can't be used: it is left as it is.

    The caller holds the lock of the writer."""
    before = size_of(folder)
    if not (folder / FILE_NAME).exists():
        return 0
    ledger, _ = Ledger.open(folder, root, instead=("", "Index the workspace again, or remove that folder."))
    try:
        useless = [*folder.glob(BROKEN), *_chroma_leavings(ledger, folder)]
        if dry_run:
            return _would_free(ledger) + sum(map(size_of, useless))
        with ledger.write() as connection:
            _collect_everything(connection, [path.name for path in useless])
        for table in _TABLES:
            with ledger.write() as connection:
                connection.execute(f"INSERT INTO {table}({table}) VALUES('optimize')")
        ledger.compact()
        for path in useless:
            remove_folder(path)
    finally:
        ledger.close(seals=True)
    return max(0, before - size_of(folder))


def _chroma_leavings(ledger: Ledger, folder: Path) -> list[Path]:
    """Folders that are not in use, and the one that is when it is much too large: it is filled again."""
    with ledger.read() as connection:
        progress = read_progress(connection)
        fingerprint = vector_rows.current_fingerprint(connection)
        vectors = vector_rows.count_embedded(connection)
    dimension = fingerprint.dimension if fingerprint else 0
    return [
        path
        for path in folder.glob("chroma-*")
        if progress is None or path.name != progress.folder or chroma_is_bloated(path, vectors, dimension)
    ]


def _collect_everything(connection: sqlite3.Connection, removed: Iterable[str]) -> None:
    current = vector_rows.current_fingerprint(connection)
    connection.execute("DELETE FROM fingerprints WHERE id IS NOT ?", (current.id if current else None,))
    _collect_rows(connection)
    collect_names(connection, slack=0)
    progress = read_progress(connection)
    if progress is not None and progress.folder in removed:
        connection.execute("DELETE FROM meta WHERE key = 'chroma'")


def _collect_rows(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM chunks UNION SELECT path_hash FROM files)"
    )
    vector_rows.trim_log(connection, vector_rows.log_position(connection).seq)


def _would_free(ledger: Ledger) -> int:
    found = 0
    try:
        with ledger.write() as connection:
            _collect_everything(connection, ())
            _, free, page = _pages(connection)
            found = free * page
            raise _OnlyAsked
    except _OnlyAsked:
        return found


class _OnlyAsked(Exception):  # noqa: N818 - ends a transaction that is to change nothing
    pass


def _pages(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Of the file: how many there are, how many of these hold nothing, and the bytes of one."""
    pages, free, page = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int(pages), int(free), int(page)
