"""What a server needs at 50,000 chunks: while it indexes them and copies them to ChromaDB, and when it has settled.

    python -m tests.benchmarks.memory [--chunks 50000] [--json FILE]

The workspace is real code that is installed on this machine. A real `dt6-lsp serve` indexes it for an editor, from
nothing, and the editor searches. Counted are the server and all processes below it, as PSS; only Linux tells that.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import (
    Figure,
    Measured,
    PeakMemory,
    arguments,
    conclude,
    family,
    memory_mb,
    on_linux,
    scratch,
)
from tests.benchmarks.workspaces import LINES_PER_CHUNK, real_code, write
from tests.lsp.harness import editing

if TYPE_CHECKING:
    import argparse

    from tests.lsp.harness import Editor

BUDGET_MB = 400.0
_SEARCHES = 100
_LOOK_SECONDS = 0.5
_PATIENCE = 900.0


async def until_copied(editor: Editor) -> dict[str, Any]:
    """The statistics of the root when it is indexed and ChromaDB has all vectors."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            root: dict[str, Any] = (await editor.execute("dt6.stats"))["roots"][0]
            if root["chunks"] and root["vectors_synced"] == root["vectors"]:
                return root
            await asyncio.sleep(_LOOK_SECONDS)


async def searched(editor: Editor) -> None:
    for number in range(_SEARCHES):
        await editor.execute("dt6.search", {"query": f"read the next line of file {number}"})


async def alone(server: int) -> float:
    """MB of the server when the processes that it started for work have ended."""
    async with asyncio.timeout(_PATIENCE):
        while any(map(_works, family(server)[1:])):
            await asyncio.sleep(_LOOK_SECONDS)
    return memory_mb(server)


def _works(pid: int) -> bool:
    """Python's own resource tracker, which stays, does not."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def served(folder: Path) -> dict[str, Any]:
    async with editing(folder / "work", folder / "state") as editor:
        server, started = editor.process.pid, time.monotonic()
        with PeakMemory(server) as indexing:
            async with asyncio.timeout(_PATIENCE):
                while not editor.ended_bars():
                    await asyncio.sleep(_LOOK_SECONDS)
        searchable = time.monotonic()
        with PeakMemory(server) as copying:
            await searched(editor)
            root = await until_copied(editor)
        copied = time.monotonic()
        settled = await alone(server)
    return {
        "chunks": root["chunks"],
        "seconds_until_searchable": round(searchable - started, 1),
        "seconds_until_copied": round(copied - searchable, 1),
        "indexing_mb": round(indexing.mb),
        "copying_mb": round(copying.mb),
        "settled_mb": round(settled),
    }


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    write(folder / "work", real_code(), options.chunks * LINES_PER_CHUNK)
    raw = asyncio.run(served(folder))
    name = f"{raw['chunks']:,} chunks: server"
    return Measured(
        [
            Figure(f"{name} while it indexes, at most", raw["indexing_mb"], "MB PSS", BUDGET_MB),
            Figure(
                f"{name} while it fills ChromaDB and searches, at most",
                raw["copying_mb"],
                "MB PSS",
                BUDGET_MB,
            ),
            Figure(f"{name} when ChromaDB is closed", raw["settled_mb"], "MB PSS", BUDGET_MB),
        ],
        raw,
    )


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, default=50_000)
    options = ask.parse_args()
    on_linux("memory")
    with scratch() as folder:
        return conclude("memory", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
