"""How large a store and its parts are, on disk.

Not here: making them smaller (`collecting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index.ledger import BROKEN, FILE_NAME
from dt6_lsp.index.model import Sizes
from dt6_lsp.settings.folders import size_of

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

CHROMA_SLACK = 20_000_000
_CHROMA_OVERHEAD = 2_500  # bytes for each vector, beside its numbers: links of the graph, ids, rows


def sizes(connection: sqlite3.Connection, folder: Path) -> Sizes:
    """`connection` is to the ledger in `folder`."""
    vectors = connection.execute("SELECT coalesce(sum(length(text_hash) + length(vector)), 0) FROM vectors").fetchone()
    return Sizes(
        ledger=sum(map(size_of, folder.glob(f"{FILE_NAME}*"))),
        vectors=int(vectors[0]),
        chroma=sum(map(size_of, folder.glob("chroma-*"))),
        set_aside=sum(map(size_of, folder.glob(BROKEN))),
        total=size_of(folder),
    )


def chroma_is_bloated(folder: Path, vectors: int, dimension: int) -> bool:
    """ChromaDB keeps the place of every vector that it ever held."""
    fresh = vectors * (4 * dimension + _CHROMA_OVERHEAD)
    return size_of(folder) > 2 * fresh + CHROMA_SLACK
