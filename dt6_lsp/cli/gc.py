"""`dt6-lsp gc`: removes indexes whose folder is gone. An index is derived, so nothing is lost that can't be made again.

A store is left alone when its folder exists, when it doesn't say whose it is, or when a process holds its lock.
Not here: removing what is stale inside an index; every update does that.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dt6_lsp.app import ROOT_FILE, gone_stores
from dt6_lsp.cli.terminal import counted

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.cli.invocation import Invocation


def gc(call: Invocation) -> int:
    stores = [(store, _size(store.folder)) for store in gone_stores(call.data_dir)]
    if not call.args.dry_run:
        for store, _ in stores:
            _remove(store.folder)
    if call.args.json:
        call.terminal.json(
            [{"folder": str(store.folder), "workspace": store.workspace, "bytes": size} for store, size in stores]
        )
        return 0
    call.terminal.lines(f"{store.workspace}: {store.folder}" for store, _ in stores)
    verb = "would be removed" if call.args.dry_run else "removed"
    freed = sum(size for _, size in stores) / 1e6
    call.terminal.line(f"{counted(len(stores), 'index', 'indexes')} {verb}, {freed:.1f} MB.")
    return 0


def _remove(folder: Path) -> None:
    """What says whose store it is goes last: a removal that was cut short is continued by the next one."""
    for path in folder.iterdir():
        if path.name == ROOT_FILE:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.rmtree(folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
