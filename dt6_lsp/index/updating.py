"""One run that brings a root's ledger up to date, and the report of it.

Not here: that only one run happens at a time (`single_flight`), the steps of a run (`pipeline`, `embedding`),
ChromaDB (`sync`).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.errors import Dt6Error
from dt6_lsp.index import pipeline, reads, rows, vector_rows
from dt6_lsp.index.collecting import collect_when_due, compact_when_worth
from dt6_lsp.index.embedding import embed_pending, embedding_alongside
from dt6_lsp.index.model import IndexProgress, IndexReport, IndexState
from dt6_lsp.index.pipeline import Result
from dt6_lsp.index.scan import Scan, scan_paths, scan_whole
from dt6_lsp.index.shelving import count_synced

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.index.single_flight import ProgressCallback, Request
    from dt6_lsp.settings import WorkspaceSettings

_MOST_PROBLEMS = 100


class Updater:
    """Runs updates, one at a time (its caller sees to that); `state` may be asked meanwhile."""

    def __init__(self, root: Path, ledger: Ledger, embedder: TextEmbedder, settings: WorkspaceSettings) -> None:
        self._root, self._ledger, self._embedder, self._settings = root, ledger, embedder, settings
        self._running: Result | None = None

    def run(self, request: Request, cancel: CancelToken, progress: ProgressCallback) -> IndexReport:
        """Dt6Error when nothing could be indexed; what one file or the model did wrong is in the report."""
        started = time.monotonic()
        progress(IndexProgress("scanning", 0, 0))
        if request.rebuild:
            self._forget_everything()
        self._running = result = Result()
        try:
            scan = self._scan(request, cancel)
            with embedding_alongside(self._ledger, self._embedder, cancel) as landed:

                def told(step: IndexProgress) -> None:
                    if 0 < step.done < step.total:  # after the last files, it is done at once below
                        landed()
                    progress(step)

                pipeline.bring_up_to_date(self._ledger, self._root, scan, cancel, told, result)
            self._tidy(scan, result)
        finally:
            self._running = None
        self._embed(cancel, progress, result)
        compact_when_worth(self._ledger)
        return self.report(result, time.monotonic() - started)

    def report(self, result: Result, seconds: float) -> IndexReport:
        """`result` over the ledger as it is now."""
        with self._ledger.read() as connection:
            report = _describe(connection)
        return replace(
            report,
            seconds=round(seconds, 3),
            chunks_per_second=round(report.chunks / seconds, 1) if result.changed and seconds > 0 else 0.0,
            changed=result.changed,
            removed=result.removed,
            problems=tuple(result.problems[:_MOST_PROBLEMS]),
        )

    def filled(self) -> bool:
        """Whether a run over the whole workspace has ever ended."""
        with self._ledger.read() as connection:
            return rows.meta(connection, "skipped") != ""

    def state(self) -> IndexState:
        """How many files of the workspace the ledger answers for, now."""
        with self._ledger.read() as connection:
            indexed = reads.count(connection, "files")
        running = self._running
        waiting = running.total - running.done if running else 0
        return IndexState(files=max(indexed, running.files if running else 0), indexed=indexed, stale=waiting)

    def _scan(self, request: Request, cancel: CancelToken) -> Scan:
        if request.paths is None:
            return scan_whole(self._root, self._settings, cancel)
        return scan_paths(self._root, self._settings, request.paths, self._ledger, cancel)

    def _embed(self, cancel: CancelToken, progress: ProgressCallback, result: Result) -> None:
        try:
            embed_pending(
                self._ledger,
                self._embedder,
                cancel,
                lambda done, total: progress(IndexProgress("embedding", done, total)),
            )
        except Dt6Error as error:
            result.problems.insert(0, f"Search goes by words only for now, because vectors could not be made: {error}")

    def _tidy(self, scan: Scan, result: Result) -> None:
        with self._ledger.write() as connection:
            collect_when_due(connection)
            if scan.whole:
                rows.collect_names(connection)
                rows.set_meta(connection, {"skipped": json.dumps(dict(result.skipped))})

    def _forget_everything(self) -> None:
        with self._ledger.write() as connection:
            for table in ("files", "skipped", "vectors"):
                connection.execute(f"DELETE FROM {table}")
            vector_rows.restart_log(connection)


def _describe(connection: sqlite3.Connection) -> IndexReport:
    fingerprint = vector_rows.current_fingerprint(connection)
    skipped = Counter(json.loads(rows.meta(connection, "skipped", "{}")))
    return IndexReport(
        files=reads.count(connection, "files"),
        chunks=reads.count(connection, "chunks"),
        skipped=dict(skipped.most_common()),
        languages=reads.languages(connection),
        model=fingerprint.model if fingerprint else "",
        dimension=fingerprint.dimension if fingerprint else 0,
        seconds=0.0,
        chunks_per_second=0.0,
        vectors_synced=count_synced(connection),
    )
