"""What ranking needs to know of chunks that may answer a query, fetched in as few queries as possible.

Not here: which chunks those are (`search`, `vectors`), and any judgement of them (`ranking`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.index.model import Hit
from dt6_lsp.index.rows import listed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from dt6_lsp.syntax.model import Kind


class Candidate(NamedTuple):
    """A chunk without its text. `ordinal` is its place in its file, from 0. (There are hundreds for each query, and a
    dataclass takes five times as long to make.)"""

    id: int
    file_id: int
    path: str
    language: str
    ordinal: int
    start_line: int
    end_line: int
    kind: Kind
    symbol: str
    notice: bool = False


_NOTICES = ("copyright", "license", "licence")
_CANDIDATE = """SELECT c.id, c.file_id, f.path, f.language, c.ordinal, c.start_line, c.end_line, c.kind, c.symbol,
    iif(c.ordinal = 0 AND c.symbol = '', c.text, '')
  FROM chunks c JOIN files f ON f.id = c.file_id"""


def candidates(connection: sqlite3.Connection, chunk_ids: Iterable[int]) -> dict[int, Candidate]:
    """By chunk id; ids that are gone are left out."""
    rows = _each(connection, f"{_CANDIDATE} WHERE c.id IN", chunk_ids)
    return {row[0]: Candidate._make((*row[:-1], row[-1] != "" and _is_notice(row[-1]))) for row in rows}


def _is_notice(head: str) -> bool:
    """Of the text before a file's first definition. (SQLite is slow to look for words in any case.)"""
    lower = head.lower()
    return any(word in lower for word in _NOTICES)


def imports_of_files(connection: sqlite3.Connection, file_ids: Iterable[int]) -> dict[int, list[str]]:
    """The modules that each of these files imports, as the source writes them."""
    found: dict[int, list[str]] = {}
    for file_id, module in _each(connection, "SELECT file_id, module FROM imports WHERE file_id IN", file_ids):
        found.setdefault(file_id, []).append(module)
    return found


def texts(connection: sqlite3.Connection, chunk_ids: Iterable[int]) -> dict[int, str]:
    return dict(_each(connection, "SELECT id, text FROM chunks WHERE id IN", chunk_ids))


def hits(connection: sqlite3.Connection, scores: Mapping[int, float]) -> list[Hit]:
    """The chunks of `scores` as hits, in its order; ids that are gone are left out."""
    select = """SELECT c.id, f.path, c.start_line, c.end_line, c.symbol, c.kind, 0.0, c.text, f.language
      FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id IN"""
    found = {row[0]: Hit(*row[1:]) for row in _each(connection, select, scores)}
    return [replace(found[chunk_id], score=score) for chunk_id, score in scores.items() if chunk_id in found]


def _each(connection: sqlite3.Connection, select_in: str, ids: Iterable[int]) -> sqlite3.Cursor:
    """The rows of `select_in (ids)`, however many ids there are."""
    return connection.execute(f"{select_in} (SELECT value FROM json_each(?))", (listed(ids),))
