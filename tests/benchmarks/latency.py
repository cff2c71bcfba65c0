"""How long a warm search, a symbol search, an outline, lenses, a hover, and all before a model's first token take, in
process, at about 10,000 and 100,000 chunks.

    python -m tests.benchmarks.latency [--chunks 10000 100000] [--annotations DIR] [--prepared DIR] [--json FILE]

The workspace is real code that is installed on this machine, indexed and copied to ChromaDB. Queries are names and
first sentences of documentation that the index has; with `--annotations` the questions of the benchmark. All is also
measured while 400 files that changed are indexed, again and again. The model is one that answers at once, so that what
is left is DT6's own work: routing, searching, packing. `--prepared` keeps the workspaces.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.app import store_folder
from dt6_lsp.engine import Token, outline
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, p50, p95, scratch, spread
from tests.benchmarks.workspaces import engine_over, fill, index
from tests.index_fixtures import ledger
from tests.unit.assistant_fixtures import FakeChat, Script

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Sequence

    from dt6_lsp.engine import Engine

    Ask = Callable[[], Awaitable[object]]

SEARCH_MS = {10_000: 5.0, 100_000: 15.0}  # p50
EDITOR = ("symbols", "symbols by meaning", "lenses", "uses of a lens", "hover")
EDITOR_MS = 15.0  # p95 of each of these
FIRST_TOKEN_MS = {10_000: 30.0}  # p50
BESIDE = 3.0  # times p95 of idle, while indexing
_ASKED = 300
_WARM_UP = 50
_CHANGED = 400  # files, for each run that goes on beside
_STAGES = {
    "route": "of a question, until it is routed",
    "search": "of a question, search",
    "pack": "of a question, packing",
    "retrieved": "of a question, until the excerpts are chosen",
    "first_token": "of a question, until the first token",
    "total": "of a question, all",
}
_PATIENCE = 90.0  # seconds, for the questions beside index runs


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    doc: str
    path: str
    line: int
    column: int


def names(store: Path, chances: random.Random) -> list[Name]:
    """Definitions of the index, mixed."""
    select = """SELECT s.name, s.doc, f.path, s.name_line, s.name_column FROM symbols s JOIN files f ON f.id = s.file_id
      WHERE length(s.name) > 3"""
    with ledger(store) as connection:
        found = [Name(*row) for row in connection.execute(select)]
    return chances.sample(found, min(len(found), 20 * _ASKED))


def questions(found: Sequence[Name], annotations: Path | None) -> list[str]:
    if annotations is not None:
        files = sorted(annotations.glob("*.json"))
        return [each["query"] for file in files for each in json.loads(file.read_text(encoding="utf-8"))]
    sentences = [name.doc.split("\n")[0].strip() for name in found if name.doc]
    told = [sentence for sentence in dict.fromkeys(sentences) if 4 <= len(sentence.split()) <= 20]
    return [each for pair in zip(told, (name.text for name in found), strict=False) for each in pair]


def asked(engine: Engine, chat: FakeChat, found: Sequence[Name], queries: Sequence[str]) -> dict[str, list[Ask]]:
    root, texts = engine.roots[0], {}
    for name in found[: _ASKED + _WARM_UP]:
        texts[name.path] = (root / name.path).read_text(encoding="utf-8", errors="replace")
    places = [name for name in found if name.path in texts][: _ASKED + _WARM_UP]
    typed = [name.text[: 3 + number % 8] for number, name in enumerate(places)]
    return {
        "first token": [partial(first_token, engine, chat, query) for query in queries[: _ASKED + _WARM_UP]],
        "search": [partial(engine.search, query) for query in queries[: _ASKED + _WARM_UP]],
        "symbols": [partial(engine.symbols, query) for query in typed],
        "symbols by meaning": [partial(engine.symbols, query) for query in queries[: _ASKED + _WARM_UP]],
        "lenses": [partial(engine.lens_places, name.path) for name in places],
        "uses of a lens": [partial(engine.uses_of, name.text, name.path, name.line) for name in places],
        "outline": [partial(asyncio.to_thread, outline, name.path, texts[name.path]) for name in places],
        "hover": [partial(engine.hover, name.path, texts[name.path], name.line, name.column) for name in places],
    }


async def first_token(engine: Engine, chat: FakeChat, question: str) -> None:
    chat.enqueue(Script(("word",)))
    async with aclosing(engine.ask(question)) as events:
        async for event in events:
            if isinstance(event, Token):
                return


async def timed(ask: Ask) -> float:
    started = time.perf_counter()
    await ask()
    return time.perf_counter() - started


async def idle(asks: dict[str, list[Ask]]) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Times, and milliseconds of CPU for each question, on all threads."""
    times, cpu = {}, {}
    for kind, each in asks.items():
        for ask in each[:_WARM_UP]:
            await ask()
        before = time.process_time()
        times[kind] = [await timed(ask) for ask in each[_WARM_UP:]]
        cpu[kind] = round(1000 * (time.process_time() - before) / len(times[kind]), 2)
    return times, cpu


async def beside_indexing(engine: Engine, asks: dict[str, list[Ask]], chances: random.Random) -> dict[str, list[float]]:
    """One question after another, for as long as there is a run beside them."""
    times: dict[str, list[float]] = {kind: [] for kind in asks}
    files = sorted(path for path in engine.roots[0].rglob("*.py") if path.stat().st_size)
    until = time.monotonic() + _PATIENCE
    while len(times["hover"]) < _ASKED and time.monotonic() < until:
        for path in chances.sample(files, min(_CHANGED, len(files))):
            with path.open("a", encoding="utf-8") as file:
                file.write(f"\nchanged = {chances.random()}\n")
        run = asyncio.create_task(index(engine))
        while not run.done():
            for kind, each in asks.items():
                times[kind].append(await timed(chances.choice(each)))
        await run
    return times


async def of_size(folder: Path, chunks: int, annotations: Path | None) -> dict[str, Any]:
    chances, chat = random.Random(chunks), FakeChat()
    async with engine_over(folder, chat) as engine:
        have = await fill(engine, chunks)
        found = names(store_folder(engine.roots[0], folder / "data"), chances)
        asks = asked(engine, chat, found, questions(found, annotations))
        alone, cpu = await idle(asks)
        stages = {name: 1000 * each.p50 for name, each in (await engine.stats()).asks.stages.items() if each.count}
        beside = await beside_indexing(engine, asks, chances)
    asked_beside = {kind: len(times) for kind, times in beside.items()}
    kept = {
        name: {kind: spread(times[kind]) for kind in times} for name, times in (("idle", alone), ("beside", beside))
    }
    return {"chunks": have, "asked": _ASKED, "asked_beside": asked_beside, "cpu_ms": cpu, "stages": stages, **kept}


def figures(size: dict[str, Any], chunks: int) -> list[Figure]:
    of = f"{size['chunks']:,} chunks"
    found = [Figure(f"{of}: {_STAGES[name]}, p50", ms, "ms") for name, ms in size["stages"].items()]
    middle = {"search": SEARCH_MS.get(chunks), "first token": FIRST_TOKEN_MS.get(chunks)}
    for kind, times in size["idle"].items():
        name, editors = f"{size['chunks']:,} chunks: {kind}", kind in EDITOR
        busy = p95(size["beside"][kind]) / p95(times)
        found.append(Figure(f"{name}, p50", p50(times), "ms", middle.get(kind)))
        found.append(Figure(f"{name}, p95", p95(times), "ms", EDITOR_MS if editors else None))
        found.append(Figure(f"{name}, CPU", size["cpu_ms"][kind], "ms"))
        found.append(Figure(f"{name}, p95 while indexing, against idle", busy, "x", BESIDE if editors else None))
    return found


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    sizes, found = [], []
    for chunks in options.chunks:
        sizes.append(asyncio.run(of_size(folder / str(chunks), chunks, options.annotations)))
        found += figures(sizes[-1], chunks)
    return Measured(found, {"sizes": sizes})


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, nargs="+", default=sorted(SEARCH_MS))
    ask.add_argument("--annotations", type=Path, metavar="DIR", help="the benchmark's annotated queries")
    ask.add_argument("--prepared", type=Path, metavar="DIR", help="where workspaces are kept for other benchmarks")
    options = ask.parse_args()
    with scratch(options.prepared) as folder:
        return conclude("latency", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
