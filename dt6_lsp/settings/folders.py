"""What lies in the data folder: names, sizes, and which answers are old.

Not here: where that folder is (`sources`), and the stores of workspaces (`dt6_lsp.index`).
"""

from __future__ import annotations

import os
import stat
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STORES = "workspaces"
MARK = "workspace.txt"  # in a store: whose it is, for people and for `dt6-lsp gc`; its date is that of the last use
ANSWERS = "answers"  # those that were written for editors which only open files
ANSWERS_KEPT = 50
ANSWERS_BYTES = (
    2_000_000  # they may quote text that was never saved, so no more of them stays than a person looks back at
)


def old_answers(folder: Path) -> list[Path]:
    """All but the newest, as many as there may be and as fit; their names begin with the time. The last one, which
    somebody is reading, is not old however long it is."""
    newest_first = sorted(folder.glob("*.md"), reverse=True)
    sizes = accumulate(map(size_of, newest_first))
    fitting = sum(1 for number, size in enumerate(sizes) if number < ANSWERS_KEPT and size <= ANSWERS_BYTES)
    return newest_first[max(fitting, 1) :]


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
