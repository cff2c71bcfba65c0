"""`dt6-lsp stats`: what is indexed, how far ChromaDB is, how much room it takes, and who would answer.

Not here: counting.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dt6_lsp.cli.terminal import counted, listed, megabytes

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import ChatStats, IndexStats, Measure, Sizes, Stats


def stats(call: Invocation) -> int:
    result = call.run(_stats(call))
    if call.args.json:
        call.terminal.json(asdict(result))
        return 0
    for root in result.roots:
        call.terminal.table(_root(root))
    call.terminal.table([("Answers", _chat(result.chat)), ("Written", megabytes(result.answers_bytes))])
    if result.metrics:
        call.terminal.line()
        call.terminal.table([_measure(name, each) for name, each in sorted(result.metrics.items())])
    return 0


async def _stats(call: Invocation) -> Stats:
    async with call.engine() as engine:
        return await engine.stats()


def _root(root: IndexStats) -> list[tuple[str, str]]:
    return [
        ("Workspace", root.root),
        ("Indexed", f"{counted(root.files, 'file')}, {counted(root.chunks, 'chunk')}"),
        ("Names", f"{counted(root.symbols, 'definition')}, {counted(root.references, 'reference')}"),
        ("Languages", listed(root.languages.items()) or "none yet"),
        ("Embedding", f"{root.model}, {root.dimension} dimensions" if root.model else "none yet"),
        ("Vectors", f"{root.vectors:,}, of these {root.vectors_synced:,} in ChromaDB"),
        ("Room", _room(root.sizes)),
        ("Store", "this process may write it" if root.writer else "another process writes it; this one follows"),
    ]


def _room(sizes: Sizes) -> str:
    ledger = f"ledger {megabytes(sizes.ledger)}, of these vectors {megabytes(sizes.vectors)}"
    aside = f"; kept aside {megabytes(sizes.set_aside)}" if sizes.set_aside else ""
    return f"{megabytes(sizes.total)}: {ledger}; ChromaDB {megabytes(sizes.chroma)}{aside}"


def _measure(name: str, measure: Measure) -> tuple[str, str]:
    return name, f"{measure.count:,} times, half of them up to {measure.p50:g}, 95 % up to {measure.p95:g}"


def _chat(chat: ChatStats) -> str:
    if chat.backend == "none":
        return f"written without a model. {chat.why}".strip()
    return f"{chat.model} by {chat.backend} at {chat.url}, {chat.context_tokens:,} tokens"
