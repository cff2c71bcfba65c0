"""Reading the ledger's rows back as what the index answers with. Each function is one question, put to a connection
from `Ledger.read`. Not here: finding symbols by a part of their name (`symbols`), search (`search`), vectors
(`vector_rows`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index.model import Definition, Hit, NameUse, Use
from dt6_lsp.syntax.model import Import

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

DEFINITION_COLUMNS = """f.path, f.language, s.name, s.container, s.kind, s.start_line, s.end_line, s.name_line,
  s.name_column, s.signature, s.doc"""
_DEFINITIONS = f"SELECT {DEFINITION_COLUMNS} FROM symbols s JOIN files f ON f.id = s.file_id"
_HIT = "f.path, c.start_line, c.end_line, c.symbol, c.kind, 0.0, c.text, f.language"
_REFERRED = (
    "class", "interface", "enum", "struct", "trait", "type", "function", "method", "constructor", "macro", "constant",
)  # fmt: skip
_MOST_DEFINERS = 3
_LAST_LINE = 1 << 40


def definitions(connection: sqlite3.Connection, name: str, near: str = "", limit: int = -1) -> list[Definition]:
    """A qualified name may leave out outer containers: "Server.run" finds "app.Server.run" too. Those in the file
    `near` come first. (Which these are is found before anything of them is read: some names have thousands.)"""
    container, _, plain = name.rpartition(".")
    order = "ORDER BY f.path <> ?3, f.path, s.start_line"
    rows = connection.execute(
        f"{_DEFINITIONS} WHERE s.id IN (SELECT s.id FROM symbols s JOIN files f ON f.id = s.file_id WHERE s.name = ?1 "
        f"AND (?2 = '' OR substr('.' || s.container, -length(?2) - 1) = '.' || ?2) {order} LIMIT ?4) {order}",
        (plain, container, near, limit),
    )
    return [Definition(*row) for row in rows]


def outline(connection: sqlite3.Connection, path: str, first: int = 1, last: int = _LAST_LINE) -> list[Definition]:
    """Of a file, or of those lines of it that hold the names."""
    rows = connection.execute(
        f"{_DEFINITIONS} WHERE f.path = ? AND s.name_line BETWEEN ? AND ? ORDER BY s.start_line, s.end_line DESC, s.id",
        (path, first, last),
    )
    return [Definition(*row) for row in rows]


def uses(connection: sqlite3.Connection, name: str, limit: int) -> list[Use]:
    rows = connection.execute(
        """SELECT path, line, column, coalesce((
            SELECT iif(s.container = '', s.name, s.container || '.' || s.name) FROM symbols s
            WHERE s.file_id = found.file_id AND s.start_line <= line AND s.end_line >= line
            ORDER BY s.start_line DESC, s.end_line LIMIT 1
          ), '')
          FROM (
            SELECT f.path, f.id AS file_id, json_extract(place.value, '$[0]') AS line,
              json_extract(place.value, '$[1]') AS column
            FROM refs r JOIN files f ON f.id = r.file_id JOIN json_each(r.places) place
            WHERE r.name = ? ORDER BY f.path, line, column LIMIT ?
          ) AS found ORDER BY path, line, column""",
        (_plain(name), limit),
    )
    return [Use(*row) for row in rows]


def count_uses(connection: sqlite3.Connection, name: str, paths: Sequence[str] | None = None) -> int:
    """In all files, or in these."""
    if paths is None:
        select = "SELECT coalesce(sum(uses), 0) FROM refs WHERE name = ?"
        return int(connection.execute(select, (_plain(name),)).fetchone()[0])
    select = "SELECT r.uses FROM files f JOIN refs r ON r.file_id = f.id AND r.name = ? WHERE f.path = ?"
    found = (connection.execute(select, (_plain(name), path)).fetchone() for path in paths)
    return sum(row[0] for row in found if row)


def count_references(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(uses), 0) FROM refs").fetchone()[0])


def version(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Differs when a file was added, removed or read again; not when vectors were made or copied."""
    select = "SELECT count(*), sum(id), sum(size), sum(mtime_ns % 1000000007), sum(id * (mtime_ns % 65521)) FROM files"
    return tuple(number or 0 for number in connection.execute(select).fetchone())


def name_uses(connection: sqlite3.Connection) -> list[NameUse]:
    """Names of one or two letters, and those that more than a few files define, tell too little of who means whom."""
    kinds = ", ".join(f"'{kind}'" for kind in _REFERRED)
    rows = connection.execute(
        f"""WITH
          definers AS (
            SELECT name, file_id, min(container <> '') AS member FROM symbols
            WHERE kind IN ({kinds}) AND length(name) > 2 GROUP BY name, file_id
          ),
          telling AS MATERIALIZED (SELECT name FROM definers GROUP BY name HAVING count(*) <= {_MOST_DEFINERS})
          SELECT r.name, source.path, target.path, r.uses, d.member FROM telling
          JOIN refs r USING(name) JOIN definers d USING(name)
          JOIN files source ON source.id = r.file_id JOIN files target ON target.id = d.file_id
          WHERE r.file_id <> d.file_id"""
    )
    return [NameUse(name, source, target, uses, bool(member)) for name, source, target, uses, member in rows]


def imports(connection: sqlite3.Connection, path: str) -> list[Import]:
    rows = connection.execute(
        """SELECT i.module, i.line, i.names FROM imports i JOIN files f ON f.id = i.file_id
          WHERE f.path = ? ORDER BY i.line""",
        (path,),
    )
    return [Import(*row) for row in rows]


def files(connection: sqlite3.Connection) -> list[str]:
    return [path for (path,) in connection.execute("SELECT path FROM files ORDER BY path")]


def chunks(connection: sqlite3.Connection, path: str) -> list[Hit]:
    rows = connection.execute(
        f"SELECT {_HIT} FROM chunks c JOIN files f ON f.id = c.file_id WHERE f.path = ? ORDER BY c.ordinal", (path,)
    )
    return [Hit(*row) for row in rows]


def languages(connection: sqlite3.Connection) -> dict[str, int]:
    """Files by language, the commonest first."""
    rows = connection.execute("SELECT language, count(*) FROM files GROUP BY language ORDER BY count(*) DESC, language")
    return dict(rows.fetchall())


def count(connection: sqlite3.Connection, table: str) -> int:
    """Rows of one of our tables."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _plain(name: str) -> str:
    return name.rpartition(".")[2]
