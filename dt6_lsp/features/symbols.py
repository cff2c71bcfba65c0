"""The symbols of the workspace that a query may mean, best first.

Not here: matching and ranking, which are the index's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.index.model import Definition, Reader

MOST = 500


def search_symbols(reader: Reader, query: str, limit: int = 50) -> list[Definition]:
    """Definitions whose name fits `query` by prefix, humps or substring. Nothing for a blank query: editors send one
    when the list opens, and a list of everything helps nobody."""
    wanted = query.strip()
    return reader.symbols(wanted, max(1, min(limit, MOST))) if wanted else []
