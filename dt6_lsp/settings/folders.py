"""What lies in the data folder: names, sizes, and which answers are old.

Not here: where that folder is (`sources`), and the stores of workspaces (`dt6_lsp.index`).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STORES = "workspaces"
MARK = "workspace.txt"  # in a store: whose it is, for people and for `dt6-lsp gc`; its date is that of the last use
ANSWERS = "answers"  # those that were written for editors which only open files
ANSWERS_KEPT = 50


def old_answers(folder: Path) -> list[Path]:
    """All but the newest; their names begin with the time."""
    return sorted(folder.glob("*.md"))[:-ANSWERS_KEPT]


def size_of(path: Path) -> int:
    """Bytes of a file, or of all that is in a folder. Files come and go meanwhile."""
    inside = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sum(map(_size, (str(path), *inside)))


def _size(path: str) -> int:
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
