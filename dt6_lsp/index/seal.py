"""A checksum of a ledger that was closed in order. SQLite notices when a page makes no sense, but not when a bit of a
text, a number or a vector flips; who opens a sealed ledger does.

The seal goes before the first change and comes back when the file is closed, so a ledger whose process was killed has
none: what SQLite recovers is believed then. Reading 400 MB takes an eighth of a second. Not here: what is done with a
file that is not as it was (`ledger`).
"""

from __future__ import annotations

import contextlib
import json
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20


def put(file: Path) -> None:
    """Without one the file is merely believed, so a disk that has no room for it is no error."""
    with contextlib.suppress(OSError):
        checksum = _checksum(file)
        _place(file).write_text(json.dumps({"crc32": checksum}), encoding="ascii")


def take_off(file: Path) -> None:
    _place(file).unlink(missing_ok=True)


def is_broken(file: Path) -> bool:
    """The file is not the one that was sealed. OSError when it can't be read."""
    sealed = _read(file)
    if sealed is None or _checksum(file) == sealed:
        return False
    return _read(file) == sealed  # else another process began to write meanwhile


def _checksum(file: Path) -> int:
    found = 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found


def _read(file: Path) -> int | None:
    try:
        found = json.loads(_place(file).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return found.get("crc32") if isinstance(found, dict) else None


def _place(file: Path) -> Path:
    return file.with_name(f"{file.name}.seal")
