"""Finding definitions by what a person types of their name: exact, prefix, camel humps, then substring.

Each of these is a range of an index of the ledger, or, for a substring of three letters and more, a look into the
index of such parts. Not here: definitions by their whole name (`reads`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.index.model import Definition
from dt6_lsp.index.reads import DEFINITION_COLUMNS
from dt6_lsp.index.terms import humps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_CANDIDATES = 400


def find(connection: sqlite3.Connection, query: str, limit: int) -> list[Definition]:
    """Best first: how it matches, then shorter names, then path. "Server.ru" looks for "ru" in Server."""
    container, _, wanted = query.strip().rpartition(".")
    ids: dict[int, int] = {}
    for rank, rows in enumerate(_tiers(connection, wanted)):
        for (symbol_id,) in rows:
            ids.setdefault(symbol_id, rank)
        if len(ids) >= max(limit, _CANDIDATES if container else 0):
            break
    found = _load(connection, list(ids))
    fitting = [(symbol_id, item) for symbol_id, item in found.items() if _in_container(item, container)]
    fitting.sort(
        key=lambda pair: (ids[pair[0]], pair[1].name != wanted, len(pair[1].name), pair[1].path, pair[1].start_line)
    )
    return [item for _, item in fitting[:limit]]


def place(item: Definition, query: str) -> tuple[bool | int | str, ...]:
    """Where `find` puts it: for lists that come from several ledgers."""
    wanted = query.strip().rpartition(".")[2]
    name, folded = item.name.lower(), wanted.lower()
    fits = (name == folded, name.startswith(folded), _fits_humps(item.name, wanted), True)
    return (fits.index(True), item.name != wanted, len(item.name), item.path, item.start_line)


def _fits_humps(name: str, wanted: str) -> bool:
    initials = humps(name)
    begun = initials.startswith(humps(wanted)) and _in_order(name, _hump_parts(wanted))
    return begun or initials.startswith(wanted.lower())


def _hump_parts(wanted: str) -> list[str]:
    return [part.lower() for part in re.findall(r"[A-Z]?[^A-Z_]*", wanted) if part]


def _in_order(name: str, parts: list[str]) -> bool:
    """Whether `name` begins with the first part and has the others after it, one behind the other."""
    folded, at = name.lower(), 0
    for number, part in enumerate(parts):
        found = folded.find(part, at)
        if found < 0 or (number == 0 and found > 0):
            return False
        at = found + len(part)
    return True


def _tiers(connection: sqlite3.Connection, wanted: str) -> Iterator[Iterable[tuple[int]]]:
    """Ids of symbols, one lot for each way to match, best first; made only as far as they are needed."""
    folded = wanted.lower()
    after = folded + "\U0010ffff"
    select = "SELECT id FROM symbols WHERE"
    yield connection.execute(f"{select} folded = ? LIMIT {_CANDIDATES}", (folded,))
    prefix = f"{select} folded >= ? AND folded < ? ORDER BY folded LIMIT {_CANDIDATES}"
    yield connection.execute(prefix, (folded, after))
    yield _by_humps(connection, wanted)
    parts = "SELECT s.id FROM name_parts n CROSS JOIN symbols s ON s.folded = n.folded WHERE n.folded GLOB ?"
    yield connection.execute(f"{parts} LIMIT {_CANDIDATES}", (f"*{_literal(folded)}*",))


def _literal(text: str) -> str:
    """As a part of a GLOB pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", text)


def _by_humps(connection: sqlite3.Connection, wanted: str) -> list[tuple[int]]:
    """ "gun" and "getUN" both find getUserName: the first by its letters, the second by its parts."""
    letters = wanted.lower()
    parts = humps(wanted)
    asked = _hump_parts(wanted)
    rows = connection.execute(
        "SELECT id, name, humps FROM symbols WHERE (humps >= ?1 AND humps < ?1 || ?3) "
        f"OR (humps >= ?2 AND humps < ?2 || ?3) LIMIT {_CANDIDATES}",
        (letters, parts, "\U0010ffff"),
    ).fetchall()
    return [
        (symbol_id,) for symbol_id, name, initials in rows if initials.startswith(letters) or _in_order(name, asked)
    ]


def _load(connection: sqlite3.Connection, ids: list[int]) -> dict[int, Definition]:
    marks = ",".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT s.id, {DEFINITION_COLUMNS} FROM symbols s JOIN files f ON f.id = s.file_id WHERE s.id IN ({marks})",
        ids,
    )
    return {row[0]: Definition(*row[1:]) for row in rows}


def _in_container(item: Definition, container: str) -> bool:
    return not container or container.lower() in item.container.lower()
