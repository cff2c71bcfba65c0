"""From a saved file of 1,000 lines until search finds what is new in it, at about 10,000 and 100,000 chunks.

    python -m tests.benchmarks.saved_file [--chunks 10000 100000] [--rounds 40] [--prepared DIR] [--json FILE]

Twice at each size: told by the editor (the budget), and found by the watcher alone. The whole engine takes part, with
the built-in embeddings, over real code that is installed on this machine. `--prepared` keeps the workspaces.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import Figure, Measured, arguments, conclude, p50, p95, scratch, spread
from tests.benchmarks.workspaces import engine_over, fill, function, index

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from dt6_lsp.engine import Engine

BUDGET_MS = 150.0
RATIO = 1.3
LINES = 1_000
SAVED = "saved.py"
_WARM_UP = 3


def saved_text(mark: str) -> str:
    per_file = LINES // function(0).count("\n")
    return "".join(function(10**6 + number, mark if number == per_file // 2 else "") for number in range(per_file + 1))


async def until_found(engine: Engine, mark: str, batches: AsyncIterator[frozenset[str]] | None) -> float:
    """Save, be told (or wait for the watcher), index, search; seconds."""
    file = engine.roots[0] / SAVED
    new = file.with_name(f"{SAVED}~")
    new.write_text(saved_text(mark), encoding="utf-8")
    started = time.perf_counter()
    os.replace(new, file)
    while True:
        await index(engine, frozenset((SAVED,)) if batches is None else await anext(batches))
        hits = await engine.search(mark, 1)
        if hits and mark in hits[0].text:
            return time.perf_counter() - started
        assert batches is not None, "told of the file, but it can't be found"


async def of_size(folder: Path, chunks: int, rounds: int) -> dict[str, Any]:
    async with engine_over(folder) as engine:
        have = await fill(engine, chunks)
        turns = range(rounds + _WARM_UP)
        before = time.process_time()
        told = [await until_found(engine, f"toldmark{number}x", None) for number in turns][_WARM_UP:]
        cpu_ms = round(1000 * (time.process_time() - before) / len(turns), 1)
        async with aclosing(engine.changes()) as batches:
            await anext(batches)
            watched = [await until_found(engine, f"watchmark{number}x", batches) for number in turns][_WARM_UP:]
        (engine.roots[0] / SAVED).unlink()
        await index(engine)
    return {"chunks": have, "cpu_ms": cpu_ms, "told": spread(told), "watched": spread(watched)}


def figures(sizes: list[dict[str, Any]]) -> list[Figure]:
    found = []
    for size in sizes:
        name = f"{size['chunks']:,} chunks: saved file to searchable"
        found.append(Figure(f"{name}, p50", p50(size["told"]), "ms"))
        found.append(Figure(f"{name}, p95", p95(size["told"]), "ms", BUDGET_MS))
        found.append(Figure(f"{name}, CPU", size["cpu_ms"], "ms"))
        found.append(Figure(f"{name}, by the watcher, p95", p95(size["watched"]), "ms"))
    if len(sizes) > 1:
        small, large = sizes[0]["told"], sizes[-1]["told"]
        found.append(Figure("the largest against the smallest, p50", p50(large) / p50(small), "x"))
        found.append(Figure("the largest against the smallest, p95", p95(large) / p95(small), "x", RATIO))
    return found


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    sizes = [asyncio.run(of_size(folder / str(chunks), chunks, options.rounds)) for chunks in options.chunks]
    return Measured(figures(sizes), {"sizes": sizes})


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    ask.add_argument("--rounds", type=int, default=40)
    ask.add_argument("--prepared", type=Path, metavar="DIR", help="where workspaces are kept for other benchmarks")
    options = ask.parse_args()
    with scratch(options.prepared) as folder:
        return conclude("saved_file", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
