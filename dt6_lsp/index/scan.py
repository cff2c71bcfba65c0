"""What is to be in the ledger, as the disk has it now: the whole workspace, or only the paths that somebody named.

Not here: the rules of what is indexed (`dt6_lsp.workspace`), and comparing with the ledger (`pipeline`).
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.index.rows import file_rows, paths_under, skipped_rows
from dt6_lsp.workspace.defaults import marks_of
from dt6_lsp.workspace.ignore import IgnoreRules
from dt6_lsp.workspace.model import FileEntry, Walk
from dt6_lsp.workspace.walker import check_root, walk

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.settings import WorkspaceSettings


_MANY = 2_000  # paths; looking at one by itself costs about as much as meeting it in a walk


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
    """Looks at these files only. A folder ("" is the root), what changes which files are indexed, and very many paths
    take a scan of the whole."""
    at_ns = time.time_ns()
    with ledger.read() as connection:
        known = file_rows(connection, paths).keys() | skipped_rows(connection, paths).keys()
        under = paths_under(connection, paths)
    rules = IgnoreRules(root, settings)
    if len(paths) > _MANY or any(_says_more(rules, path, known) for path in paths):
        return scan_whole(root, settings, cancel)
    entries = {}
    for path in paths:
        cancel.raise_if_cancelled()
        entry = rules.entry(path)
        if isinstance(entry, FileEntry):
            entries[path] = entry
    return Scan(Walk(tuple(entries.values())), whole=False, at_ns=at_ns, gone=(paths | under) - entries.keys())


def _says_more(rules: IgnoreRules, path: str, known: set[str]) -> bool:
    """Whether a change of this path can be one of other paths, too. The manifest of a tool tells by its mere presence
    whether the folder beside it is build output."""
    if not path or rules.changes_rules(path):
        return True
    try:
        mode = os.lstat(rules.root / path).st_mode
    except OSError:
        mode = 0
    if stat.S_ISDIR(mode):
        return rules.reason(path) is None
    return bool(marks_of([path.rpartition("/")[2]])) and (path in known) != bool(mode)
