"""The chunks whose vectors are nearest to that of a chunk: code that is about the same, without a query to embed.

Not here: search (`search`), whose ranking is for questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index import candidates, vector_rows

if TYPE_CHECKING:
    import sqlite3

    from dt6_lsp.index.model import Hit
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vectors import DenseIndex

_CHUNK = """SELECT c.id FROM chunks c JOIN files f ON f.id = c.file_id WHERE f.path = ?1
  ORDER BY c.symbol <> ?2, NOT ?3 BETWEEN c.start_line AND c.end_line, abs(c.start_line - ?3) LIMIT 1"""


def related(store: Store, dense: DenseIndex, path: str, symbol: str, line: int, n: int) -> list[Hit]:
    """The nearest first, with their cosines; that of the definition itself is left out. None while it has no vector."""
    own = store.ask(_chunk, path, symbol, line)
    fingerprint = dense.fingerprint()
    if own is None or fingerprint is None:
        return []
    ids, matrix = store.ask(vector_rows.vectors_of, fingerprint, [own])
    if not ids:
        return []
    found = dense.search(matrix[0], n + 1)
    found.pop(own, None)
    return store.ask(candidates.hits, dict(list(found.items())[:n]))


def _chunk(connection: sqlite3.Connection, path: str, symbol: str, line: int) -> int | None:
    """The chunk of a definition: called after it, where lines may have moved, else the one that has its line."""
    row = connection.execute(_CHUNK, (path, symbol, line)).fetchone()
    return int(row[0]) if row else None
