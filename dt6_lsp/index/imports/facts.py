"""What resolving imports needs, read from a ledger in few queries, without parsing anything again."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.model import Region, SourceFile, Sources
from dt6_lsp.index.imports.paths import name_of
from dt6_lsp.syntax.model import Import

if TYPE_CHECKING:
    import sqlite3

_CONFIGS = frozenset({"go.mod", "package.json", "Cargo.toml", "pyproject.toml", "setup.cfg"})
_TS_CONFIGS = ("tsconfig", "jsconfig")
_REGIONS = """SELECT s.file_id, s.name, s.start_line, s.end_line FROM symbols s JOIN files f ON f.id = s.file_id
  WHERE f.language = 'rust' AND s.kind = 'namespace' ORDER BY s.file_id, s.start_line, s.end_line DESC"""
_USES = """SELECT r.file_id, r.name, json_extract(r.places, '$[0][0]') AS line
  FROM refs r JOIN files f ON f.id = r.file_id
  WHERE r.name IN (SELECT value FROM json_each(?)) AND f.language = 'java' ORDER BY r.file_id, line, r.name"""


def facts(connection: sqlite3.Connection) -> Sources:
    files = connection.execute("SELECT id, path, language FROM files ORDER BY path").fetchall()
    imports: dict[int, list[Import]] = defaultdict(list)
    for file_id, *item in connection.execute("SELECT file_id, module, line, names FROM imports ORDER BY rowid"):
        imports[file_id].append(Import(*item))
    regions: dict[int, list[Region]] = defaultdict(list)
    for file_id, *region in connection.execute(_REGIONS):
        regions[file_id].append(Region(*region))
    uses = _uses(connection, [path for _, path, language in files if language == "java"])
    return Sources(
        files=tuple(
            SourceFile(path, language, tuple(imports[file_id]), tuple(regions[file_id]), uses[file_id])
            for file_id, path, language in files
        ),
        configs=_configs(connection, {file_id: path for file_id, path, _ in files if is_config(path)}),
    )


def _uses(connection: sqlite3.Connection, paths: list[str]) -> dict[int, dict[str, int]]:
    """The names of Java's classes that files of Java use, with the first line of each."""
    uses: dict[int, dict[str, int]] = defaultdict(dict)
    names = json.dumps(sorted({name_of(path).removesuffix(".java") for path in paths}))
    for file_id, name, line in connection.execute(_USES, (names,)) if paths else ():
        uses[file_id][name] = line
    return uses


def is_config(path: str) -> bool:
    """Whether a file says where modules are found."""
    name = name_of(path)
    return name in _CONFIGS or (name.startswith(_TS_CONFIGS) and name.endswith(".json"))


def _configs(connection: sqlite3.Connection, paths: dict[int, str]) -> dict[str, str]:
    texts: dict[str, list[str]] = {path: [] for path in paths.values()}
    select = (
        "SELECT file_id, text FROM chunks WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY file_id, ordinal"
    )
    for file_id, text in connection.execute(select, (json.dumps(list(paths)),)):
        texts[paths[file_id]].append(text)
    return {path: "\n".join(parts) for path, parts in texts.items()}
