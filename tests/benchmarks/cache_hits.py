"""`python -m tests.benchmarks.cache_hits`: how long a kept answer takes, from question to end, in a workspace of 10,000
chunks. A model server that speaks Ollama's protocol writes each answer once; no hit may reach it.

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
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, quantile
from tests.servers.model_server import ModelServer

FILES, FUNCTIONS = 1_450, 20  # some seven chunks a file
ROUNDS = 100
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
        settings = Settings(chat=ChatSettings(backend="ollama"), ollama=OllamaSettings(url=server.url))
        engine = build_engine(settings, [root], Path(folder, "data"))
        try:
            return await _asked(engine, server)
        finally:
            await engine.close()


async def _asked(engine: Engine, server: ModelServer) -> Measured:
    chunks = [progress.report.chunks async for progress in engine.index() if progress.report is not None][-1]
    await _ask(engine, "What does compute_7_3 return?")
    asked = len(server.chats)
    times, cached = [], 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        cached += (await _ask(engine, "what is returned by compute_7_3")).cached
        times.append((time.perf_counter() - start) * 1000)
    figures = [
        Figure("chunks", chunks, ""),
        Figure(f"hits of {ROUNDS} askings in other words", cached, "", budget=ROUNDS, at_least=True),
        Figure("requests to the model for them", len(server.chats) - asked, "", budget=0),
        Figure("a hit, p50", quantile(times, 0.5), "ms", budget=MOST_MS),
        Figure("a hit, p95", quantile(times, 0.95), "ms", budget=MOST_MS),
    ]
    return Measured(figures)


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
