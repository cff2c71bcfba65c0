"""What DT6 adds before a model is asked to complete code, in process, at about 10,000 chunks: finding what bears on the
gap, cutting the text around it to size, and taking out secrets.

    python -m tests.benchmarks.completion [--chunks 10000] [--prepared DIR] [--json FILE]

The workspace is real code that is installed on this machine. At each place one of its files is being typed in: the text
is one that the index does not have, and two other files are open. The wait for typing to rest is left out, as is the
model, which answers at once. Then the same is asked again, where the suggestion is known.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.engine import CompletionWish, Gap
from dt6_lsp.settings import CompletionSettings, Settings
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, p50, p95, scratch, spread
from tests.benchmarks.workspaces import engine_over, fill
from tests.unit.assistant_fixtures import FakeChat, Script

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.engine import Engine
    from dt6_lsp.models.base import Delta, FillRequest

PREPARED_MS = 15.0  # p95
KNOWN_MS = 5.0  # p95
_ASKED = 300
_WARM_UP = 30
_ON = replace(Settings(), completion=CompletionSettings(model="fake-1", delay_ms=0))
_SUFFIXES = (".py", ".js", ".ts", ".h")


class Clocked(FakeChat):
    """Notes when it is asked."""

    asked_at = 0.0
    asked_cpu = 0.0

    async def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        self.asked_at, self.asked_cpu = time.perf_counter(), time.process_time()
        async for delta in super().fill(request, cancel):
            yield delta


def gaps(root: Path, chances: random.Random) -> list[tuple[Gap, dict[str, str]]]:
    """Places at the ends of lines, each with what is open: no two texts are alike."""
    files = sorted(path for path in root.rglob("*") if path.suffix in _SUFFIXES and path.stat().st_size > 2_000)
    texts = {path.relative_to(root).as_posix(): path for path in chances.sample(files, min(len(files), 100))}
    read = {name: path.read_text(encoding="utf-8", errors="replace") for name, path in texts.items()}
    names, found = sorted(read), []
    for number in range(_ASKED + _WARM_UP):
        name, other, third = chances.sample(names, 3)
        lines = read[name].split("\n")
        line = chances.randrange(len(lines))
        before = "\n".join(lines[: line + 1]) + f"\nvalue_{number} = "
        text = before + "\n" + "\n".join(lines[line + 1 :])
        found.append((Gap.at(name, text, len(before)), {name: text, other: read[other], third: read[third]}))
    return found


async def measured(folder: Path, chunks: int) -> dict[str, Any]:
    chat, chances = Clocked(), random.Random(chunks)
    async with engine_over(folder, chat) as engine:
        have = await fill(engine, chunks)
        await engine.reconfigure(_ON)
        asks = gaps(engine.roots[0], chances)
        for gap, texts in asks[:_WARM_UP]:
            await prepared(engine, chat, gap, texts)
        before = time.process_time()
        pairs = [await prepared(engine, chat, gap, texts) for gap, texts in asks[_WARM_UP:]]
        times, until_asked = [each[0] for each in pairs], [each[1] for each in pairs]
        cpu = 1000 * (time.process_time() - before) / len(times)
        known = [await timed(partial(engine.complete, CompletionWish(gap), texts=texts)) for gap, texts in asks[-20:]]
        sizes = [len(request.prefix) + len(request.suffix) for request in chat.fills]
        beside = sum(request.prefix.startswith(("# ", "// ")) for request in chat.fills) / len(chat.fills)
    return {
        "chunks": have,
        "prepared": spread(times),
        "prepared_cpu": spread(until_asked),
        "known": spread(known),
        "cpu_ms": round(cpu, 2),
        "beside": round(100 * beside),
        "characters": sorted(sizes)[len(sizes) // 2],
    }


async def prepared(engine: Engine, chat: Clocked, gap: Gap, texts: dict[str, str]) -> tuple[float, float]:
    """Seconds, and those of CPU on all threads, until the model is asked."""
    chat.enqueue(Script(("1",)))
    started, cpu = time.perf_counter(), time.process_time()
    assert await engine.complete(CompletionWish(gap), texts=texts) is not None
    return chat.asked_at - started, chat.asked_cpu - cpu


async def timed(ask: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    assert await ask() is not None
    return time.perf_counter() - started


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    got = asyncio.run(measured(folder / str(options.chunks), options.chunks))
    of = f"{got['chunks']:,} chunks: "
    figures = [
        Figure(f"{of}before a model is asked, p50", p50(got["prepared"]), "ms"),
        Figure(f"{of}before a model is asked, p95", p95(got["prepared"]), "ms", PREPARED_MS),
        Figure(f"{of}of that CPU, p50", p50(got["prepared_cpu"]), "ms"),
        Figure(f"{of}of that CPU, p95", p95(got["prepared_cpu"]), "ms"),
        Figure(f"{of}CPU with searches that came late", got["cpu_ms"], "ms"),
        Figure(f"{of}a suggestion that is known, p95", p95(got["known"]), "ms", KNOWN_MS),
        Figure("of requests, those with code of other files", got["beside"], "%"),
        Figure("characters that a model is shown, median", got["characters"], ""),
    ]
    return Measured(figures, got)


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, default=10_000)
    ask.add_argument("--prepared", type=Path, metavar="DIR", help="where workspaces are kept for other benchmarks")
    options = ask.parse_args()
    with scratch(options.prepared) as folder:
        return conclude("completion", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
