"""`python -m tests.benchmarks.cache_hits`: how long a kept answer takes, from question to end, in a workspace of 10,000
chunks where hundreds of answers are kept. A model server that speaks Ollama's protocol writes each answer once; no hit
may reach it.

Not here: which questions are taken for the same (`cache`).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from dt6_lsp.app import build_engine
from dt6_lsp.engine import Done, Engine
from dt6_lsp.settings import ChatSettings, OllamaSettings, Settings
from dt6_lsp.settings.model import MemorySettings
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, quantile
from tests.servers.model_server import ModelServer

FILES, FUNCTIONS = 1_450, 20  # some seven chunks a file
KEPT = 300
ROUNDS = 100
ALIKE = 30
MOST_MS = 20.0


def main() -> int:
    options = arguments(__doc__).parse_args()
    return conclude("cache_hits", options.json, lambda: asyncio.run(_measure()))


async def _measure() -> Measured:
    with tempfile.TemporaryDirectory() as folder, ModelServer(answer=lambda _: "It returns a number.") as server:
        root = Path(folder, "workspace")
        root.mkdir()
        for number in range(FILES):
            _write(root / f"module_{number}.py", number)
        data = Path(folder, "data")
        kept = await _filled(build_engine(_settings(server, remembers=False), [root], data))
        engine = build_engine(_settings(server, remembers=True), [root], data)
        try:
            return Measured([*kept, *await _hits(engine, server), await _kept_beside_memory(engine)])
        finally:
            await engine.close()


def _settings(server: ModelServer, *, remembers: bool) -> Settings:
    return Settings(
        chat=ChatSettings(backend="ollama"),
        ollama=OllamaSettings(url=server.url),
        memory=MemorySettings(keep=remembers),
    )


async def _filled(engine: Engine) -> list[Figure]:
    """Without memory: it tells a model of questions that are alike, and an answer that was written so is not kept."""
    try:
        chunks = [progress.report.chunks async for progress in engine.index() if progress.report is not None][-1]
        for number in range(KEPT):
            await _ask(engine, f"What does compute_{number}_3 return?")
        kept = len(await engine.kept_answers())
    finally:
        await engine.close()
    return [Figure("chunks", chunks, ""), Figure("answers kept", kept, "", budget=KEPT, at_least=True)]


async def _hits(engine: Engine, server: ModelServer) -> list[Figure]:
    async for _ in engine.index():
        pass
    asked = len(server.chats)
    times, worked, cached = [], [], 0
    for number in range(ROUNDS):
        start, began = time.perf_counter(), time.process_time()
        cached += (await _ask(engine, f"what is returned by compute_{number}_3")).cached
        times.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - began) * 1000)
    return [
        Figure(f"hits of {ROUNDS} askings in other words", cached, "", budget=ROUNDS, at_least=True),
        Figure("requests to the model for them", len(server.chats) - asked, "", budget=0),
        Figure("a hit, p50", quantile(times, 0.5), "ms", budget=MOST_MS),
        Figure("a hit, p95", quantile(times, 0.95), "ms", budget=MOST_MS),
        Figure("  its CPU time, p95", quantile(worked, 0.95), "ms"),
    ]


async def _kept_beside_memory(engine: Engine) -> Figure:
    before = len(await engine.kept_answers())
    for number in range(ALIKE):
        await _ask(engine, f"What does compute_{number}_5 return?")
    kept = len(await engine.kept_answers()) - before
    return Figure(f"kept of {ALIKE} questions that differ in a name, with memory", kept, "")


async def _ask(engine: Engine, question: str) -> Done:
    ends = [event async for event in engine.ask(question) if isinstance(event, Done)]
    return ends[-1]


def _write(path: Path, number: int) -> None:
    body = "\n".join(f"    step_{line} = value * {line} + {number}" for line in range(12))
    functions = (
        f'def compute_{number}_{each}(value):\n    """Step {each} of part {number}."""\n{body}\n    return step_11\n'
        for each in range(FUNCTIONS)
    )
    path.write_text("\n\n".join(functions), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
