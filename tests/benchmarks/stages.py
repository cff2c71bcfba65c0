"""Where the CPU time of a cold index and of a warm search goes, by stage.

    python -m tests.benchmarks.stages [--chunks 10000] [--json FILE]

All threads of all processes of a cold index are looked at hundreds of times a second (`sampling`), and so is the thread
that then searches. The workspace is real code that is installed on this machine. The shares have no budget: they say
where to look next. Searches are slower while they are looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import closing
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.app import store_folder
from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.benchmarks.latency import names, questions
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, on_linux, run, scratch
from tests.benchmarks.sampling import IMPORTS, LOOKING, OUTSIDE, Sampler
from tests.benchmarks.workspaces import LINES_PER_CHUNK, engine_over, real_code, write
from tests.benchmarks.workspaces import index as run_index

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

_FOLDER = "STAGES_FOLDER"  # in the environment of the indexing process and its workers: where samples go
_SEARCHES = 500
_TOP = 14  # stages; what is left is little
_PLACES = 30  # functions that are kept
_STAGES = {  # the first that a place begins with
    IMPORTS: "starting Python and imports",
    OUTSIDE: "passing work and results",
    "workspace/secrets": "taking secrets out",
    "workspace": "walking and reading files",
    "syntax/chunks": "cutting chunks",
    "syntax/symbols": "finding symbols",
    "syntax": "parsing (tree-sitter)",
    "index/terms": "words for full text",
    "index/prepare": "hashes",
    "index/workers": "passing work and results",
    "index/rows": "writing rows (SQLite)",
    "index/ledger": "connections and transactions (SQLite)",
    "index/vector_rows": "storing and reading vectors",
    "index/embedding": "storing and reading vectors",
    "index/segment": "comparing vectors",
    "index/vectors": "comparing vectors",
    "models": "making vectors",
    "index/search": "words, names and candidates (SQLite)",
    "index/candidates": "words, names and candidates (SQLite)",
    "index/ranking": "ranking",
    "index/question": "ranking",
    "index/path_facts": "ranking",
}


def stage(place: str) -> str:
    """A module that is not named above is a stage of its own."""
    module = place.partition(":")[0].removesuffix(".py")
    return next((name for start, name in _STAGES.items() if module.startswith(start)), module)


def cold(folder: Path, lines: int) -> tuple[Counter[str], float, int]:
    """Samples of all processes, their CPU seconds, and the chunks."""
    write(folder / "work", real_code(), lines)
    samples = folder / "samples"
    samples.mkdir()
    ended = run([sys.executable, "-m", __spec__.name, "--cold", str(folder)], env={_FOLDER: str(samples)})
    places: Counter[str] = Counter()
    for file in samples.iterdir():
        places.update(json.loads(file.read_text(encoding="utf-8")))
    return places, ended.cpu, int(ended.out)


async def index_once(folder: Path) -> int:
    async with engine_over(folder) as engine:
        return (await run_index(engine)).chunks


def searches(folder: Path) -> tuple[Counter[str], float]:
    """Samples, and seconds for each search."""
    root, embedder = folder / "work", build_embedder(Settings())
    store = store_folder(root, folder / "data")
    with closing(Index.open(root, store, embedder, Settings())) as index:
        index.update(wait_sync=True)
        queries = questions(names(store, random.Random(0)), None)[:_SEARCHES]
        for query in queries[:50]:
            index.search(query)
        sampler, started = Sampler(), time.perf_counter()
        before = Counter(sampler.places)
        for query in queries:
            index.search(query)
        places, ended = sampler.stop() - before, time.perf_counter()
    embedder.close()
    return places, (ended - started) / len(queries)


def by_stage(places: Mapping[str, int]) -> dict[str, int]:
    """Milliseconds, the largest first."""
    stages: Counter[str] = Counter()
    for place, used in places.items():
        stages[stage(place)] += used
    return {name: round(used / 1e6) for name, used in stages.most_common(_TOP)}


def shares(stages: Mapping[str, int], name: str) -> list[Figure]:
    total = sum(stages.values())
    return [Figure(f"{name}: {each}", 100 * used / total, "%") for each, used in stages.items()]


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    indexing, cpu, chunks = cold(folder, options.chunks * LINES_PER_CHUNK)
    searching, seconds = searches(folder)
    seen = sum(indexing.values()) / 1e9
    del indexing[LOOKING], searching[LOOKING]
    index, search = by_stage(indexing), by_stage(searching)
    found = [
        Figure(f"cold index of {chunks:,} chunks, CPU", cpu, "s"),
        Figure("of that seen, the looking included", 100 * seen / cpu, "%"),
        *shares(index, "cold index"),
        Figure("warm search, with looking at it", 1000 * seconds, "ms"),
        *shares(search, "warm search"),
    ]
    raw: dict[str, Any] = {"chunks": chunks, "cpu_seconds": round(cpu, 2), "index": index, "search": search}
    for name, places in (("index_places", indexing), ("search_places", searching)):
        raw[name] = {place: round(used / 1e6) for place, used in places.most_common(_PLACES)}
    return Measured(found, raw)


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, default=10_000)
    ask.add_argument("--cold", type=Path, metavar="FOLDER", help="what the indexing process itself is started with")
    options = ask.parse_args()
    if options.cold is not None:
        Finalize(None, _keep, (Sampler(),), exitpriority=0)
        print(asyncio.run(index_once(options.cold)))
        return 0
    on_linux("stages")
    with scratch() as folder:
        return conclude("stages", options.json, lambda: measure(folder, options))


def _keep(sampler: Sampler) -> None:
    """At the end of a process; the last of what multiprocessing runs then."""
    file = Path(os.environ[_FOLDER]) / f"{os.getpid()}.json"
    file.write_text(json.dumps(sampler.stop()), encoding="utf-8")


if __name__ == "__mp_main__" and _FOLDER in os.environ:  # a worker imports the main module of its parent
    Finalize(None, _keep, (Sampler(),), exitpriority=0)
if __name__ == "__main__":
    sys.exit(main())
