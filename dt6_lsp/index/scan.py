"""What is to be in the ledger, as the disk has it now: the whole workspace, or only the paths that somebody named.

Not here: the rules of what is indexed (`dt6_lsp.workspace`), and comparing with the ledger (`pipeline`).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.index.rows import paths_under
from dt6_lsp.workspace.ignore import IgnoreRules
from dt6_lsp.workspace.model import FileEntry, Walk
from dt6_lsp.workspace.walker import check_root, walk

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.settings import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Scan:
    """`gone` are paths that were asked for and are not to be indexed (any more); a `whole` scan needs none."""

    walk: Walk
    whole: bool
    at_ns: int  # when it began
    gone: frozenset[str] = frozenset()


def scan_whole(root: Path, settings: WorkspaceSettings, cancel: CancelToken) -> Scan:
    """WorkspaceError when the folder itself is missing."""
    at_ns = time.time_ns()
    check_root(root)
    return Scan(walk(root, settings, cancel), whole=True, at_ns=at_ns)


def scan_paths(
    root: Path, settings: WorkspaceSettings, paths: frozenset[str], ledger: Ledger, cancel: CancelToken
) -> Scan:
    """Looks at these files only. A folder, or a file that changes what is ignored, takes a scan of the whole."""
    at_ns = time.time_ns()
    rules = IgnoreRules(root, settings)
    entries = {}
    for path in paths:
        cancel.raise_if_cancelled()
        if rules.changes_rules(path) or os.path.isdir(root / path):
            return scan_whole(root, settings, cancel)
        entry = _entry(root, path) if rules.reason(path) is None else None
        if entry:
            entries[path] = entry
    with ledger.read() as connection:
        known = paths | paths_under(connection, paths)
    return Scan(Walk(tuple(entries.values())), whole=False, at_ns=at_ns, gone=known - entries.keys())


def _entry(root: Path, path: str) -> FileEntry | None:
    try:
        status = os.stat(root / path)
    except OSError:
        return None
    return FileEntry(path, status.st_size, status.st_mtime_ns)
