"""Writing the rows of files. Every function works inside a transaction that its caller opened with `Ledger.write`.

A chunk whose text is still in its file keeps its row, and so its id, its vector and its entry in ChromaDB. New rows
go in before old ones go out. Not here: vectors (`vector_rows`) and deciding what to write (`pipeline`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.index.terms import humps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from dt6_lsp.index.prepare import Prepared, PreparedChunk
    from dt6_lsp.workspace.model import FileEntry

_NAMES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class FileRow:
    """What the ledger remembers of a file, to see whether it changed."""

    id: int
    path: str
    size: int
    mtime_ns: int
    hash: str


def meta(connection: sqlite3.Connection, key: str, default: str = "") -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else default


def set_meta(connection: sqlite3.Connection, values: Mapping[str, str]) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", list(values.items()))


def file_rows(connection: sqlite3.Connection, paths: Iterable[str] | None = None) -> dict[str, FileRow]:
    """By path; all of them when `paths` is None."""
    select = "SELECT id, path, size, mtime_ns, hash FROM files"
    if paths is None:
        return {row[1]: FileRow(*row) for row in connection.execute(select)}
    found = (connection.execute(f"{select} WHERE path = ?", (path,)).fetchone() for path in paths)
    return {row[1]: FileRow(*row) for row in found if row}


def skipped_rows(connection: sqlite3.Connection, paths: Iterable[str] | None = None) -> dict[str, tuple[int, int, str]]:
    """(size, date, reason) by path, of files that were read and held nothing to index."""
    select = "SELECT path, size, mtime_ns, reason FROM skipped"
    if paths is None:
        return {row[0]: row[1:] for row in connection.execute(select)}
    found = (connection.execute(f"{select} WHERE path = ?", (path,)).fetchone() for path in paths)
    return {row[0]: row[1:] for row in found if row}


def paths_under(connection: sqlite3.Connection, folders: Iterable[str]) -> set[str]:
    """Known files in these folders, at any depth."""
    found: set[str] = set()
    for folder in folders:
        for table in ("files", "skipped"):
            select = f"SELECT path FROM {table} WHERE path >= ? AND path < ?"
            found.update(path for (path,) in connection.execute(select, (folder + "/", folder + "0")))
    return found


def replace_file(connection: sqlite3.Connection, entry: FileEntry, prepared: Prepared) -> None:
    """Brings the rows of one file in line with its text."""
    connection.execute("DELETE FROM skipped WHERE path = ?", (entry.path,))
    file_id = _upsert_file(connection, entry, prepared)
    _replace_chunks(connection, file_id, prepared)
    _replace_symbols(connection, file_id, prepared)
    for table in ("refs", "imports"):
        connection.execute(f"DELETE FROM {table} WHERE file_id = ?", (file_id,))
    connection.executemany(
        "INSERT INTO refs(file_id, name, line, column) VALUES(?, ?, ?, ?)",
        ((file_id, *use) for use in prepared.references),
    )
    connection.executemany(
        "INSERT INTO imports(file_id, module, line) VALUES(?, ?, ?)",
        ((file_id, item.module, item.line) for item in prepared.imports),
    )


def touch_file(connection: sqlite3.Connection, entry: FileEntry) -> None:
    """Only the date changed: remember it, so that the file is not read again."""
    connection.execute(
        "UPDATE files SET size = ?, mtime_ns = ? WHERE path = ?", (entry.size, entry.mtime_ns, entry.path)
    )


def skip_file(connection: sqlite3.Connection, entry: FileEntry, reason: str) -> None:
    """The file holds nothing to index. With a `reason` it is not read again until it changes."""
    remove_files(connection, [entry.path])
    if reason:
        connection.execute(
            "INSERT INTO skipped(path, size, mtime_ns, reason) VALUES(?, ?, ?, ?)",
            (entry.path, entry.size, entry.mtime_ns, reason),
        )


def remove_files(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    for path in paths:
        connection.execute("DELETE FROM files WHERE path = ?", (path,))
        connection.execute("DELETE FROM skipped WHERE path = ?", (path,))


def _upsert_file(connection: sqlite3.Connection, entry: FileEntry, prepared: Prepared) -> int:
    row = connection.execute(
        "INSERT INTO files(path, size, mtime_ns, hash, language, path_hash) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, hash = excluded.hash, "
        "language = excluded.language, path_hash = excluded.path_hash RETURNING id",
        (entry.path, entry.size, entry.mtime_ns, prepared.hash, prepared.language, prepared.path_hash),
    ).fetchone()
    return int(row[0])


def _replace_chunks(connection: sqlite3.Connection, file_id: int, prepared: Prepared) -> None:
    kept_by_hash: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
    old = connection.execute(
        "SELECT id, text_hash, symbol FROM chunks WHERE file_id = ? ORDER BY ordinal DESC", (file_id,)
    )
    for chunk_id, text_hash, symbol in old:
        kept_by_hash[text_hash].append((chunk_id, symbol))
    for ordinal, item in enumerate(prepared.chunks):
        same = kept_by_hash.get(item.text_hash)
        if same:
            _move_chunk(connection, *same.pop(), ordinal, item, prepared.path_terms)
        else:
            _add_chunk(connection, file_id, ordinal, item, prepared.path_terms)
    gone = ((chunk_id,) for rest in kept_by_hash.values() for chunk_id, _ in rest)
    connection.executemany("DELETE FROM chunks WHERE id = ?", gone)


def _add_chunk(
    connection: sqlite3.Connection, file_id: int, ordinal: int, item: PreparedChunk, path_terms: str
) -> None:
    chunk = item.chunk
    added = connection.execute(
        "INSERT INTO chunks(file_id, ordinal, start_line, end_line, kind, symbol, text_hash, text) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        (file_id, ordinal, chunk.start_line, chunk.end_line, chunk.kind, chunk.symbol, item.text_hash, chunk.text),
    )
    _add_terms(connection, added.lastrowid or 0, item, path_terms)


def _move_chunk(
    connection: sqlite3.Connection, chunk_id: int, symbol: str, ordinal: int, item: PreparedChunk, path_terms: str
) -> None:
    """The same text, perhaps on other lines or under another name."""
    chunk = item.chunk
    if symbol != chunk.symbol:  # forgets the terms that the row has now
        connection.execute("DELETE FROM fts WHERE rowid = ?", (chunk_id,))
    connection.execute(
        "UPDATE chunks SET ordinal = ?, start_line = ?, end_line = ?, kind = ?, symbol = ? WHERE id = ?",
        (ordinal, chunk.start_line, chunk.end_line, chunk.kind, chunk.symbol, chunk_id),
    )
    if symbol != chunk.symbol:
        _add_terms(connection, chunk_id, item, path_terms)


def _add_terms(connection: sqlite3.Connection, chunk_id: int, item: PreparedChunk, path_terms: str) -> None:
    connection.execute(
        "INSERT INTO fts(rowid, body, path, symbol) VALUES(?, ?, ?, ?)",
        (chunk_id, item.body_terms, path_terms, item.symbol_terms),
    )


def _replace_symbols(connection: sqlite3.Connection, file_id: int, prepared: Prepared) -> None:
    connection.execute("DELETE FROM symbols WHERE file_id = ?", (file_id,))
    names = {s.name.lower() for s in prepared.symbols}
    connection.executemany("INSERT OR IGNORE INTO names(folded) VALUES(?)", ((name,) for name in names))
    connection.executemany(
        "INSERT INTO symbols(file_id, name, container, kind, start_line, end_line, name_line, name_column, folded, "
        "humps, signature, doc) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (file_id, s.name, s.container, s.kind, s.start_line, s.end_line, s.name_line, s.name_column,
             s.name.lower(), humps(s.name), s.signature, s.doc)
            for s in prepared.symbols
        ),
    )  # fmt: skip


def collect_names(connection: sqlite3.Connection, slack: int = _NAMES_KEPT) -> None:
    """Removes names that no symbol has any more, when there may be many of them."""
    kept, used = (connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("names", "symbols"))
    if kept > used + slack:
        connection.execute("DELETE FROM names WHERE folded NOT IN (SELECT folded FROM symbols)")
