"""The symbols of the workspace that a query may mean, best first: by their names, then by what they do.

Not here: matching and ranking, which are the index's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.index.model import Definition, Hit, Reader

MOST = 500
MEANT = 10  # chunks whose definitions are shown where a name alone does not tell
_OF_ONE_NAME = 50  # definitions in a file
_SHORTEST = 4  # letters; of less search makes nothing


def search_symbols(reader: Reader, query: str, limit: int = 50) -> list[Definition]:
    """Definitions whose name fits `query` by prefix, humps or substring. Nothing for a blank query: editors send one
    when the list opens, and a list of everything helps nobody."""
    wanted = query.strip()
    return reader.symbols(wanted, max(1, min(limit, MOST))) if wanted else []


def means_more(query: str, named: Sequence[Definition]) -> bool:
    """Whether a query is words, or a name that nothing has: who types a name that there is wants no others."""
    return len(query.split()) > 1 or (not named and len(query.strip()) >= _SHORTEST)


def meant_symbols(reader: Reader, query: str, n: int = MEANT) -> list[Definition]:
    """The definitions of what search finds for `query`, one for each chunk. Search finds something for any word, so of
    what is typed as one the chunk has to have a part."""
    terms = Terms()
    words = frozenset(terms.of(query))
    hits = reader.search(query, n)
    if len(query.split()) == 1:
        hits = [hit for hit in hits if words.intersection(terms.of(f"{hit.path} {hit.symbol} {hit.text}"))]
    found = (_meant(reader, hit, words, terms) for hit in hits)
    return [item for item in found if item is not None]


def merged(named: Iterable[Definition], meant: Iterable[Definition], limit: int) -> list[Definition]:
    """Each once, those first that are so called."""
    unique = {(item.path, item.name_line, item.name_column): item for item in (*meant, *named)}
    order = dict.fromkeys((item.path, item.name_line, item.name_column) for item in (*named, *meant))
    return [unique[key] for key in order][: max(1, min(limit, MOST))]


def definition_of(reader: Reader, hit: Hit) -> Definition | None:
    """The definition that a chunk is called after; None for a chunk of plain text. Most begin in their chunk, which is
    quick to see; a name like `__init__` may have thousands."""
    if not hit.symbol:
        return None
    inside = reader.defined_in(hit.path, hit.start_line, hit.end_line)
    called = [item for item in inside if item.qualified == hit.symbol]
    if not called:
        others = reader.definitions(hit.symbol, hit.path, _OF_ONE_NAME)
        called = [item for item in others if item.path == hit.path and _covers(item, hit)]
    return called[0] if called else None


def _covers(item: Definition, hit: Hit) -> bool:
    return item.start_line <= hit.end_line and hit.start_line <= item.end_line


def _meant(reader: Reader, hit: Hit, words: frozenset[str], terms: Terms) -> Definition | None:
    """A chunk may hold several small definitions and is called after the largest: that with most of the query's words
    is meant. A piece of a long definition holds the beginning of none, and is a part of the one it is called after."""
    inside = reader.defined_in(hit.path, hit.start_line, hit.end_line)
    if not inside:
        return definition_of(reader, hit)
    told = {item: words.intersection(terms.of(f"{item.qualified} {item.signature} {item.doc}")) for item in inside}
    return max(inside, key=lambda item: (len(told[item]), item.qualified == hit.symbol, -item.name_line))
