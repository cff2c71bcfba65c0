"""From the workspace as it is to a ledger that says so: scan, compare, prepare what changed, write, embed.

Rows land in transactions of about 400 ms of work, so that a growing index can be searched, and stopping at any
moment leaves a ledger that is true of the files it has. Not here: who may run this and when (`index`), ChromaDB
(`sync`).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dt6_lsp.index import rows
from dt6_lsp.index.model import IndexProgress
from dt6_lsp.index.prepare import Prepared, Unchanged, Unreadable
from dt6_lsp.index.workers import Crashed, Job, prepare_all
from dt6_lsp.syntax.parser import CHUNKER_VERSION
from dt6_lsp.workspace.walker import require_files

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.index.rows import FileRow
    from dt6_lsp.index.scan import Scan
    from dt6_lsp.index.workers import Outcome
    from dt6_lsp.workspace.model import FileEntry

_SECONDS_PER_WRITE = 0.4
_RACY_NS = 2_000_000_000
_UNTRUSTED = -1
_REMEMBERED_REASONS = frozenset({"binary", "secret", "generated", "minified"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scan found different from the ledger. `skipped` counts files that were read before and hold nothing;
    `wanted` are all that a rule names (see `FileEntry`)."""

    changed: tuple[FileEntry, ...]
    known: Mapping[str, FileRow]
    removed: tuple[str, ...]
    skipped: Mapping[str, int]
    reparse: bool
    wanted: frozenset[str]


@dataclass(slots=True)
class Result:
    """What a run did, counted while it runs."""

    files: int = 0  # in the workspace; 0 when only some paths are looked at
    total: int = 0  # to be read
    done: int = 0
    changed: int = 0
    removed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def make_plan(connection: sqlite3.Connection, scan: Scan) -> Plan:
    """Compares by size and date; what differs is read later, and its hash decides."""
    paths = None if scan.whole else [*(entry.path for entry in scan.walk.files), *scan.gone]
    known = rows.file_rows(connection, paths)
    skipped = rows.skipped_rows(connection, paths)
    reparse = rows.meta(connection, "chunker") != CHUNKER_VERSION
    were_wanted = frozenset(json.loads(rows.meta(connection, "wanted", "[]")))
    counts: Counter[str] = Counter()
    changed = []
    for entry in scan.walk.files:
        row, skip = known.get(entry.path), skipped.get(entry.path)
        if entry.wanted != (entry.path in were_wanted):
            changed.append(entry)
        elif skip and skip[:2] == (entry.size, entry.mtime_ns):
            counts[skip[2]] += 1
        elif reparse or row is None or (row.size, row.mtime_ns) != (entry.size, entry.mtime_ns):
            changed.append(entry)
    present = {entry.path for entry in scan.walk.files}
    removed = tuple(path for path in (*known, *skipped) if path not in present)
    others = frozenset() if scan.whole else were_wanted - present - set(removed)
    wanted = others | {entry.path for entry in scan.walk.files if entry.wanted}
    return Plan(tuple(changed), known, removed, counts, reparse, wanted)


def bring_up_to_date(
    ledger: Ledger,
    root: Path,
    scan: Scan,
    cancel: CancelToken,
    progress: Callable[[IndexProgress], None],
    result: Result,
) -> None:
    """Everything but vectors. `result` is filled as it goes, so that others can see how far it is."""
    with ledger.read() as connection:
        plan = make_plan(connection, scan)
    result.files = len(scan.walk.files) if scan.whole else 0
    result.total, result.skipped = len(plan.changed), Counter(scan.walk.skipped)
    result.skipped.update(plan.skipped)
    if plan.reparse and not plan.known:
        _mark_chunker(ledger)  # now, so that a first run that is stopped goes on from where it was
    writer = _Writer(ledger, scan, plan, result, progress)
    progress(IndexProgress("indexing", 0, result.total))
    jobs = [Job(entry.path, _known_hash(plan, entry), entry.wanted, entry.size) for entry in plan.changed]
    for outcome in prepare_all(root, jobs, cancel):
        writer.take(outcome)
    writer.finish()
    if scan.whole:
        require_files(root, scan.walk)


def _mark_chunker(ledger: Ledger) -> None:
    """All the chunks that the ledger has, or is about to get, are of this version."""
    with ledger.write() as connection:
        rows.set_meta(connection, {"chunker": CHUNKER_VERSION})


def _known_hash(plan: Plan, entry: FileEntry) -> str:
    row = plan.known.get(entry.path)
    return "" if row is None or plan.reparse else row.hash


class _Writer:
    """Gathers outcomes and writes them, many in one transaction."""

    def __init__(
        self, ledger: Ledger, scan: Scan, plan: Plan, result: Result, progress: Callable[[IndexProgress], None]
    ) -> None:
        self._ledger, self._scan, self._plan = ledger, scan, plan
        self._result, self._progress = result, progress
        self._entries = {entry.path: entry for entry in plan.changed}
        self._gathered: list[Outcome] = []
        self._since = time.monotonic()

    def take(self, outcome: Outcome) -> None:
        self._gathered.append(outcome)
        if time.monotonic() - self._since > _SECONDS_PER_WRITE:
            self._write()

    def finish(self) -> None:
        """Removals last: a file that moved is found under its new name before it is gone under the old."""
        self._write()
        removed = self._plan.removed
        with self._ledger.write() as connection:
            rows.remove_files(connection, removed)
            rows.set_meta(connection, {"wanted": json.dumps(sorted(self._plan.wanted))})
            if self._scan.whole:
                rows.set_meta(connection, {"chunker": CHUNKER_VERSION})
        self._result.removed = sum(path in self._plan.known for path in removed)

    def _write(self) -> None:
        if not self._gathered:
            return
        prepared = [outcome for outcome in self._gathered if isinstance(outcome, Prepared)]
        with self._ledger.write() as connection:
            rows.replace_files(connection, [(self._entry(outcome.path), outcome) for outcome in prepared])
            for outcome in self._gathered:
                self._store(connection, outcome)
        self._result.done += len(self._gathered)
        last = self._gathered[-1].path
        self._gathered.clear()
        self._since = time.monotonic()
        self._progress(IndexProgress("indexing", self._result.done, self._result.total, last))

    def _entry(self, path: str) -> FileEntry:
        return _trusted(self._entries[path], self._scan.at_ns)

    def _store(self, connection: sqlite3.Connection, outcome: Outcome) -> None:
        """All but the rows of a file that was prepared."""
        match outcome:
            case Prepared():
                self._result.changed += 1
                self._result.problems.extend(outcome.problems)
            case Unchanged(path=path):
                rows.touch_file(connection, self._entry(path))
            case Unreadable(path=path, reason=reason):
                remembered = reason if reason in _REMEMBERED_REASONS else ""
                rows.skip_file(connection, self._entry(path), remembered)
                self._result.skipped[reason] += 1
            case Crashed(path=path, error=error):
                rows.remove_files(connection, [path])
                self._result.problems.append(f"{path} could not be read: {error}.")


def _trusted(entry: FileEntry, scanned_ns: int) -> FileEntry:
    """A file that changed within the clock's grain of being looked at may change again without its date moving: its
    date is stored as unknown, and the next run compares its hash."""
    racy = scanned_ns - entry.mtime_ns < _RACY_NS
    return replace(entry, mtime_ns=_UNTRUSTED) if racy else entry
