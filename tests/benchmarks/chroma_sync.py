"""Copying vectors to ChromaDB in the background: how fast, what a search feels of it, how much memory, and how many of
the nearest chunks ChromaDB then finds.

    python -m tests.benchmarks.chroma_sync [--chunks 50000] [--json FILE]

Searches go on the whole time, with a pause of 10 ms after each; those beside the copying are compared with those
before it. The rate counts everything: starting the process, importing chromadb, filling and verifying. Recall is of
the best 80 by the vectors in the ledger; a chunk that is as near as the last of these counts. Real code, the built-in
embedding, one process for all but ChromaDB.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from dataclasses import replace
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.index import vector_rows
from dt6_lsp.index.index import Index
from dt6_lsp.index.search import BY_MEANING
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import ChromaSettings, Settings
from tests.benchmarks.measure import Figure, Measured, PeakMemory, arguments, conclude, p50, p95, scratch, spread
from tests.benchmarks.workspaces import LINES_PER_CHUNK, real_code, write
from tests.index_fixtures import in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LEAST_PER_SECOND = 1_200.0
MOST_SLOWER = 1.5
MOST_MB = 400.0
LEAST_RECALL = 0.99
_IDLE_SEARCHES = 300
_PAUSE = 0.01
_QUERIES = 200


def queries(index: Index) -> list[str]:
    """Names and the words around them, as people ask."""
    chances = random.Random(0)
    paths = chances.sample(index.files(), _QUERIES)
    found = [" ".join(chances.choice(index.chunks(path)).text.split()[:8]) for path in paths if index.chunks(path)]
    return [query for query in found if query]


def searches(index: Index, asked: Sequence[str], go_on: Callable[[int], bool]) -> list[float]:
    """Seconds of each."""
    taken: list[float] = []
    while go_on(len(taken)):
        started = time.perf_counter()
        index.search(asked[len(taken) % len(asked)])
        taken.append(time.perf_counter() - started)
        time.sleep(_PAUSE)
    return taken


def beside_copying(index: Index, asked: Sequence[str]) -> tuple[list[float], float, int]:
    """Seconds of each search, of the copying, and how many vectors were copied."""
    copied: list[tuple[float, int]] = []
    started = time.perf_counter()

    def copy() -> None:
        report = index.update(paths=(), wait_sync=True)
        copied.append((time.perf_counter() - started, report.vectors_synced))

    copying = threading.Thread(target=copy)
    copying.start()
    taken = searches(index, asked, lambda _: copying.is_alive())
    copying.join()
    return taken, *copied[0]


def recall(index: Index, asked: Sequence[str]) -> list[float]:
    """For each question, the share of the nearest chunks that dense search finds."""
    with index._store.ledger.read() as connection:
        fingerprint = vector_rows.current_fingerprint(connection)
        assert fingerprint is not None
        _, matrix = vector_rows.all_vectors(connection, fingerprint)
    embedder = build_embedder(Settings())
    shares = []
    for query in asked:
        vector = embedder.query(query)
        least = np.partition(matrix @ vector, -BY_MEANING)[-BY_MEANING]
        found = index._dense.search(vector, BY_MEANING)
        shares.append(sum(score >= least - 1e-4 for score in found.values()) / BY_MEANING)
    embedder.close()
    return shares


def measure(folder: Path, chunks: int) -> Measured:
    root, store, settings = folder / "work", folder / "store", Settings()
    write(root, real_code(), chunks * LINES_PER_CHUNK)
    embedder = build_embedder(settings)
    index = Index.open(root, store, embedder, settings)
    report = index.update()
    asked = queries(index)
    searches(index, asked, lambda count: count < 50)
    idle = searches(index, asked, lambda count: count < _IDLE_SEARCHES)
    before = recall(index, asked)
    with PeakMemory(os.getpid()) as peak:
        beside, seconds, copied = beside_copying(index, asked)
    cpu = os.times()
    started = time.perf_counter()
    index.close()
    closing = time.perf_counter() - started
    cpu_of_copying = os.times().children_user + os.times().children_system - cpu.children_user - cpu.children_system
    index = Index.open(root, store, embedder, replace(settings, chroma=ChromaSettings(search_above=0)))
    index.update(wait_sync=True)
    assert in_memory(index._dense) == 0, index.notices
    after = recall(index, asked)
    in_chroma = searches(index, asked, lambda count: count < _IDLE_SEARCHES)
    index.close()
    embedder.close()
    quiet, busy, there = spread(idle), spread(beside), spread(in_chroma)
    figures = (
        Figure("chunks", report.chunks, ""),
        Figure("copied to ChromaDB", copied / seconds, "vectors/s", LEAST_PER_SECOND, at_least=True),
        Figure("CPU of ChromaDB's process", cpu_of_copying, "s"),
        Figure("search, idle: p50", p50(quiet), "ms"),
        Figure("search, idle: p95", p95(quiet), "ms"),
        Figure("search beside the copying: p50", p50(busy), "ms"),
        Figure("search beside the copying: p95", p95(busy), "ms"),
        Figure("beside the copying to idle: p50", p50(busy) / p50(quiet), "x", MOST_SLOWER),
        Figure("beside the copying to idle: p95", p95(busy) / p95(quiet), "x"),
        Figure("most memory of both processes while copying", peak.mb, "MB", MOST_MB),
        Figure("closing", closing, "s", 2.0),
        Figure(f"recall of the best {BY_MEANING} in memory", mean(before), "", LEAST_RECALL, at_least=True),
        Figure(f"recall of the best {BY_MEANING} in ChromaDB", mean(after), "", LEAST_RECALL, at_least=True),
        Figure("lowest recall of a question in ChromaDB", min(after), ""),
        Figure("search in ChromaDB: p50", p50(there), "ms"),
    )
    return Measured(figures, {"idle": quiet, "beside": busy})


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--chunks", type=int, default=50_000)
    options = parser.parse_args()
    with scratch() as folder:
        return conclude("chroma_sync", options.json, lambda: measure(folder, options.chunks))


if __name__ == "__main__":
    sys.exit(main())
