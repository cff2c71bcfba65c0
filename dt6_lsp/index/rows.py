"""Writing the rows of files. Every function works inside a transaction that its caller opened with `Ledger.write`.

A chunk whose text is still in its file keeps its row, and so its id, its vector and its entry in ChromaDB. The rows of
many files go in table by table: whenever a statement that fires triggers follows one that wrote to a full-text table,
SQLite makes the latter write out what it has gathered, and six times as much is spent.
Not here: vectors (`vector_rows`) and deciding what to write (`pipeline`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dt6_lsp.index.terms import humps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from dt6_lsp.index.prepare import Prepared, PreparedChunk
    from dt6_lsp.syntax.model import Chunk
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


def listed(ids: Iterable[int]) -> str:
    """Ids as one value, for `json_each(?)`: SQLite prepares a statement once, then, for any number of them."""
    return f"[{','.join(map(str, ids))}]"


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


def replace_files(connection: sqlite3.Connection, files: Iterable[tuple[FileEntry, Prepared]]) -> None:
    """Brings the rows of these files, each given once, in line with their texts."""
    new = _NewRows(_last_chunk_id(connection))
    for entry, prepared in files:
        file_id, is_new = _upsert_file(connection, entry, prepared)
        old = {} if is_new else _old_chunks(connection, file_id)
        if not is_new:
            for table in ("symbols", "refs", "imports"):
                connection.execute(f"DELETE FROM {table} WHERE file_id = ?", (file_id,))
        _take_chunks(connection, new, file_id, prepared, old)
        new.take_names(file_id, prepared)
        gone = ((chunk_id,) for rest in old.values() for chunk_id, _ in rest)
        connection.executemany("DELETE FROM chunks WHERE id = ?", gone)
    new.write(connection)


@dataclass(slots=True)
class _NewRows:
    """Rows that are to go in, by table."""

    last_chunk_id: int
    chunks: list[tuple[Any, ...]] = field(default_factory=list)
    terms: list[tuple[int, str, str, str]] = field(default_factory=list)
    symbols: list[tuple[Any, ...]] = field(default_factory=list)
    refs: list[tuple[int, str, int, str]] = field(default_factory=list)
    imports: list[tuple[int, str, int, str]] = field(default_factory=list)

    def take_chunk(self, file_id: int, ordinal: int, item: PreparedChunk, path_terms: str) -> None:
        self.last_chunk_id += 1
        start, end, kind, symbol, text = item.chunk
        self.chunks.append((self.last_chunk_id, file_id, ordinal, start, end, kind, symbol, item.text_hash, text))
        self.take_terms(self.last_chunk_id, item, path_terms)

    def take_terms(self, chunk_id: int, item: PreparedChunk, path_terms: str) -> None:
        self.terms.append((chunk_id, item.body_terms, path_terms, item.symbol_terms))

    def take_names(self, file_id: int, prepared: Prepared) -> None:
        self.symbols += [(file_id, *symbol, symbol.name.lower(), humps(symbol.name)) for symbol in prepared.symbols]
        self.refs += [(file_id, *uses) for uses in prepared.references]
        self.imports += [(file_id, *item) for item in prepared.imports]

    def write(self, connection: sqlite3.Connection) -> None:
        insert = connection.executemany
        insert(
            "INSERT INTO chunks(id, file_id, ordinal, start_line, end_line, kind, symbol, text_hash, text) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.chunks,
        )
        insert(
            "INSERT INTO symbols(file_id, name, container, kind, start_line, end_line, name_line, name_column, "
            "signature, doc, folded, humps) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.symbols,
        )
        insert("INSERT INTO refs(file_id, name, uses, places) VALUES(?, ?, ?, ?)", self.refs)
        insert("INSERT INTO imports(file_id, module, line, names) VALUES(?, ?, ?, ?)", self.imports)
        names = json.dumps(sorted({row[-2] for row in self.symbols}))
        connection.execute("INSERT OR IGNORE INTO names(folded) SELECT value FROM json_each(?)", (names,))
        insert("INSERT INTO fts(rowid, body, path, symbol) VALUES(?, ?, ?, ?)", self.terms)


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


def _last_chunk_id(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
    return int(row[0]) if row else 0


def _upsert_file(connection: sqlite3.Connection, entry: FileEntry, prepared: Prepared) -> tuple[int, bool]:
    """Its id, and whether it had none before."""
    connection.execute("DELETE FROM skipped WHERE path = ?", (entry.path,))
    known = connection.execute("SELECT id FROM files WHERE path = ?", (entry.path,)).fetchone()
    row = (entry.path, entry.size, entry.mtime_ns, prepared.hash, prepared.language, prepared.path_hash)
    if known is None:
        insert = "INSERT INTO files(path, size, mtime_ns, hash, language, path_hash) VALUES(?, ?, ?, ?, ?, ?)"
        return connection.execute(insert, row).lastrowid or 0, True
    update = "UPDATE files SET path = ?, size = ?, mtime_ns = ?, hash = ?, language = ?, path_hash = ? WHERE id = ?"
    connection.execute(update, (*row, *known))
    return int(known[0]), False


def _old_chunks(connection: sqlite3.Connection, file_id: int) -> dict[bytes, list[tuple[int, str]]]:
    """(id, symbol) of a file's chunks, the last first, by the hash of their text."""
    found: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
    select = "SELECT id, text_hash, symbol FROM chunks WHERE file_id = ? ORDER BY ordinal DESC"
    for chunk_id, text_hash, symbol in connection.execute(select, (file_id,)):
        found[text_hash].append((chunk_id, symbol))
    return found


def _take_chunks(
    connection: sqlite3.Connection,
    new: _NewRows,
    file_id: int,
    prepared: Prepared,
    old: Mapping[bytes, list[tuple[int, str]]],
) -> None:
    """Those of `old` that are still there are moved, and taken out of it."""
    for ordinal, item in enumerate(prepared.chunks):
        same = old.get(item.text_hash)
        if same:
            chunk_id, symbol = same.pop()
            if _move_chunk(connection, chunk_id, symbol, ordinal, item.chunk):
                new.take_terms(chunk_id, item, prepared.path_terms)
        else:
            new.take_chunk(file_id, ordinal, item, prepared.path_terms)


def _move_chunk(connection: sqlite3.Connection, chunk_id: int, symbol: str, ordinal: int, chunk: Chunk) -> bool:
    """The same text, perhaps on other lines or under another name. Whether its terms are to be written anew."""
    renamed = symbol != chunk.symbol
    if renamed:  # forgets the terms that the row has now
        connection.execute("DELETE FROM fts WHERE rowid = ?", (chunk_id,))
    connection.execute(
        "UPDATE chunks SET ordinal = ?, start_line = ?, end_line = ?, kind = ?, symbol = ? WHERE id = ?",
        (ordinal, chunk.start_line, chunk.end_line, chunk.kind, chunk.symbol, chunk_id),
    )
    return renamed


def collect_names(connection: sqlite3.Connection, slack: int = _NAMES_KEPT) -> None:
    """Removes names that no symbol has any more, when there may be many of them."""
    kept, used = (connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("names", "symbols"))
    if kept > used + slack:
        connection.execute("DELETE FROM names WHERE folded NOT IN (SELECT folded FROM symbols)")
