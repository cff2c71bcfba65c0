"""How close files are to the one that the user has open: imported by it, importing it, or beside it.

Module names are compared by their tails with paths ("./util" and "app.util" fit src/app/util.ts), which needs no
resolver of any language and is right often enough for a hint. Not here: what closeness is worth (`ranking`).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
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
    own = imports.get(row[0], []) if row else []
    close = {file_id: _closeness(near, own, path, imports.get(file_id, [])) for file_id, path in paths.items()}
    return {file_id: closeness for file_id, closeness in close.items() if closeness}


def _closeness(near: str, own: Collection[str], path: str, imports: Collection[str]) -> float:
    if path == near:
        return 1.0
    if any(means(module, path) for module in own):
        return _IMPORTED
    if any(means(module, near) for module in imports):
        return _IMPORTS
    return _BESIDE if PurePosixPath(path).parent == PurePosixPath(near).parent else 0.0


def means(module: str, path: str) -> bool:
    """Whether an import of `module` may be one of the file at `path`, or of the folder that holds it."""
    wanted = [part for part in _PARTS.split(module) if part]
    pure = PurePosixPath(path)
    own = [*pure.parent.parts, pure.name.split(".")[0]]
    return bool(wanted) and (_ends(own, wanted) or _ends(own[:-1], wanted))


def _ends(parts: list[str], tail: list[str]) -> bool:
    """On as much of the tail as there are parts, but on two of them at least where there are two."""
    length = min(len(parts), len(tail), 2)
    return length > 0 and parts[-length:] == tail[-length:]
