"""What an index does where the disk gives little, in a process of its own; it prints what it saw, as JSON.

    python -m tests.scarce full ROOT STORE        STORE is a small disk, or files may not grow: then there is room again
    python -m tests.scarce unwritable ROOT STORE  an index in a folder that this process may not write

Not here: making the disk small (see `tests.faults.test_index_disk`).
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.errors import StoreError
from tests.index_fixtures import opened

if TYPE_CHECKING:
    from dt6_lsp.index.index import Index

SMALL = 1_500_000


def full(root: Path, store: Path) -> dict[str, Any]:
    limited = not os.path.ismount(store)
    if limited:
        _limit_files(SMALL)
    seen: dict[str, Any] = {"mounted": not limited}
    with opened(root, store) as index:
        seen["said"] = [_error(index), _error(index)]
        seen["found"] = len(index.search("name_1"))
        seen["files_then"] = index.state().indexed
    with opened(root, store) as index:
        seen["again"] = index.state().indexed
        _make_room(store, limited=limited)
        report = index.update(wait_sync=True)
        seen["files"], seen["chunks"], seen["synced"] = report.files, report.chunks, report.vectors_synced
        seen["notices"] = index.notices
    return seen


def unwritable(root: Path, store: Path) -> dict[str, Any]:
    _give_up_power()
    with opened(root, store) as index:
        return {
            "found": [hit.path for hit in index.search("name_1", 1)],
            "said": _error(index),
            "chunks": _count(index),
        }


def _count(index: Index) -> int:
    return index.stats().chunks


def _error(index: Index) -> str:
    try:
        index.update(wait_sync=True)
    except StoreError as error:
        return str(error)
    return ""


def _limit_files(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _make_room(store: Path, *, limited: bool) -> None:
    if limited:
        import resource

        _limit_files(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    else:
        subprocess.run(["mount", "-o", "remount,size=64m", str(store)], check=True)


def _give_up_power() -> None:
    """The system asks root for no permission. Without its capabilities it is a user like any other."""
    if os.geteuid() == 0 and sys.platform == "linux":
        version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
        none = (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(version_3, none) != 0:
            raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    what = {"full": full, "unwritable": unwritable}[sys.argv[1]]
    sys.stdout.write(json.dumps(what(Path(sys.argv[2]), Path(sys.argv[3]))))
