"""How close files are to the one that the user has open: imported by it, importing it, or beside it.

Module names are compared by their tails with paths ("./util" and "app.util" fit src/app/util.ts), which needs no
resolver of any language and is right often enough for a hint. Not here: what closeness is worth (`ranking`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.index.candidates import imports_of_files

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

_IMPORTED = 1.0
_IMPORTS = 0.8
_BESIDE = 0.4
_PARTS = re.compile(r"[^\w$-]+")


def nearness(connection: sqlite3.Connection, near: str, file_ids: Collection[int]) -> dict[int, float]:
    """0..1 by file id, for those of `file_ids` that are close to the file at path `near`."""
    row = connection.execute("SELECT id FROM files WHERE path = ?", (near,)).fetchone()
    imports = imports_of_files(connection, [*file_ids, *(row or ())])
    listed = ",".join(map(str, file_ids))
    paths = dict(connection.execute(f"SELECT id, path FROM files WHERE id IN ({listed})").fetchall())
    here, own = _file(near), [_module(module) for module in imports.get(row[0], ())] if row else []
    close = {
        file_id: 1.0 if path == near else _closeness(here, own, _file(path), imports.get(file_id, []))
        for file_id, path in paths.items()
    }
    return {file_id: closeness for file_id, closeness in close.items() if closeness}


def _closeness(here: list[str], own: Collection[list[str]], there: list[str], imports: Collection[str]) -> float:
    if any(_fits(module, there) for module in own):
        return _IMPORTED
    if any(_fits(_module(module), here) for module in imports):
        return _IMPORTS
    return _BESIDE if there[:-1] == here[:-1] else 0.0


def means(module: str, path: str) -> bool:
    """Whether an import of `module` may be one of the file at `path`, or of the folder that holds it."""
    return _fits(_module(module), _file(path))


def _module(name: str) -> list[str]:
    return [part for part in _PARTS.split(name) if part]


def _file(path: str) -> list[str]:
    """Its folders, and its name without what tells its kind."""
    *folders, name = path.split("/")
    return [*folders, name.split(".")[0]]


def _fits(module: list[str], file: list[str]) -> bool:
    return bool(module) and (_ends(file, module) or _ends(file[:-1], module))


def _ends(parts: list[str], tail: list[str]) -> bool:
    """On as much of the tail as there are parts, but on two of them at least where there are two."""
    length = min(len(parts), len(tail), 2)
    return length > 0 and parts[-length:] == tail[-length:]
