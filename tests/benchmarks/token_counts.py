"""How well DT6 knows how many tokens a prompt has, and how long it takes to pack one.

    python -m tests.benchmarks.token_counts [--json FILE]

A server that counts by itself is asked over HTTP about a workspace of code, prose and Chinese, twenty times, and each
count that it reports is compared with what DT6 said before it asked. Packing is twenty chunks of real code, a map and a
conversation into 16,384 tokens, in CPU time of one thread. Not here: real models' vocabularies, which differ more.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial

from dt6_lsp.assistant.context import Parts, budget, pack
from dt6_lsp.assistant.events import Retrieved
from dt6_lsp.assistant.services import Services
from dt6_lsp.assistant.turns import History, Turn
from dt6_lsp.engine import Engine
from dt6_lsp.index.model import Hit
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import OllamaSettings, Settings
from tests.benchmarks.measure import ROOT, Figure, Measured, arguments, conclude, quantile, spread
from tests.servers.model_server import Installed, ModelServer
from tests.unit.assistant_fixtures import FakeReader

PERCENT = 5.0  # off, after ten answers
PACKING_MS = 10.0  # p50, a third of what may be added before a model is asked
_ASKED, _LEARNING = 20, 10
_PACKED = 100
CHINESE = "索引保存在分类账中，每个文件的分块都有向量；模型的回答必须引用路径与行号。\n"
QUESTIONS = (
    "how is a file read into the index?",
    "索引 分类账 向量",
    "what does the architecture promise?",
    "def pack",
)


def workspace() -> dict[str, str]:
    code = sorted((ROOT / "dt6_lsp" / "index").glob("*.py"))
    prose = sorted((ROOT / "docs").glob("*.md"))
    files = {path.name: path.read_text(encoding="utf-8") for path in (*code, *prose)}
    return {**files, "说明.md": CHINESE * 200}


async def counted() -> list[tuple[int, int]]:
    """For each question what DT6 expected, and what the server counted."""
    found = []
    with ModelServer([Installed("llama3.2:latest", context_length=16_384)]) as server:
        chosen = Settings(ollama=OllamaSettings(url=server.url))
        engine = Engine(Services(chosen, ModelHub(chosen), TokenCounter()), [], FakeReader(workspace()))
        for number in range(_ASKED):
            question = f"{QUESTIONS[number % len(QUESTIONS)]} {number}"
            events = [event async for event in engine.ask(question)]
            expected = [event.prompt_tokens for event in events if isinstance(event, Retrieved)][-1]
            found.append((expected, server.chats[-1].prompt_tokens))
        await engine.close()
    return found


def packing() -> list[float]:
    """CPU seconds of each."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "dt6_lsp").rglob("*.py"))]
    hits = [
        Hit(f"{number}.py", 1, 1 + text[:1_800].count("\n"), "", "function", 1.0, text[:1_800])
        for number, text in enumerate(texts[:20])
    ]
    said = History(tuple(Turn("how is it read?", text[:800]) for text in texts[20:26]), (), texts[30][:900])
    parts = Parts("how is a file read?", "code", (), hits, "dt6_lsp/index\n  ledger.py\n" * 60, said)
    counter, times = TokenCounter(), []
    for _ in range(_PACKED):
        before = time.thread_time()
        pack(parts, partial(counter.count, model="m"), budget(16_384, 1_024))
        times.append(time.thread_time() - before)
    return times


def measured() -> Measured:
    pairs, times = asyncio.run(counted()), packing()
    off = [100 * abs(expected / real - 1) for expected, real in pairs]
    figures = (
        Figure("off before anything was counted", off[0], "%"),
        Figure(f"off after {_LEARNING} answers, worst of {_ASKED - _LEARNING}", max(off[_LEARNING:]), "%", PERCENT),
        Figure("packing 16,384 tokens, CPU, p50", 1_000 * quantile(times, 0.5), "ms", PACKING_MS),
        Figure("packing 16,384 tokens, CPU, p95", 1_000 * quantile(times, 0.95), "ms"),
    )
    return Measured(figures, {"off_percent": [round(each, 2) for each in off], "packing_ms": spread(times)})


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    sys.exit(conclude("token_counts", options.json, measured))
