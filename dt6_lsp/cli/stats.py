"""`dt6-lsp stats`: what is indexed, how far ChromaDB is, how much room it takes, and who would answer.

Not here: counting.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dt6_lsp.cli.terminal import counted, listed, megabytes

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import AskStats, ChatStats, IndexState, IndexStats, Kept, Measure, Sizes, Stats


_TIMINGS = ("Milliseconds", "times", "p50", "p95", "p99", "most")
_STAGES = {
    "route": "question: routed",
    "search": "  search",
    "pack": "  packing",
    "retrieved": "question to excerpts",
    "first_token": "question to first token",
    "total": "question to answer",
}


def stats(call: Invocation) -> int:
    result = call.run(_stats(call))
    if call.args.json:
        call.terminal.json(asdict(result))
        return 0
    for root in result.roots:
        call.terminal.table(_root(root))
    files = f"{megabytes(result.answers_bytes)} of answers that editors opened as files, of all workspaces"
    remembered = _remembered(result.memory)
    call.terminal.table([("Answers", _chat(result.chat)), ("Files", files), ("Memory", remembered)])
    call.terminal.table([("Fresh", _fresh(result.index)), *_asks(result.asks)])
    call.terminal.line()
    call.terminal.table(_timings(result), _TIMINGS)
    return 0


async def _stats(call: Invocation) -> Stats:
    async with call.engine() as engine:
        return await engine.stats()


def _remembered(kept: Kept) -> str:
    turns, conversations = counted(kept.turns, "question"), counted(kept.conversations, "conversation")
    return f"{turns} of {conversations}, {megabytes(kept.bytes)}"


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


def _fresh(index: IndexState) -> str:
    stale = f"; {counted(index.stale, 'file')} changed since" if index.stale else ""
    return f"{index.indexed:,} of {counted(index.files, 'file')} indexed{stale}"


def _asks(asks: AskStats) -> list[tuple[str, str]]:
    went = [("failed", asks.failed), ("broke off", asks.broken), ("stopped", asks.cancelled)]
    other = "".join(f", {number:,} {word}" for word, number in went if number)
    return [
        ("Questions", f"{asks.answered:,} answered{other}"),
        ("From cache", f"{asks.cached:,} ({asks.cache_share:.0%})"),
        ("Written by", listed(asks.backends.items()) or "nobody yet"),
        ("Tokens", f"{asks.prompt_tokens:,} read, {asks.completion_tokens:,} written"),
    ]


def _timings(result: Stats) -> list[tuple[str, ...]]:
    """A question's stages first, in their order, then all else that took time."""
    stages = [(_STAGES[name], each) for name, each in result.asks.stages.items()]
    others = [
        (name.removesuffix(".seconds"), each)
        for name, each in result.metrics.items()
        if name.endswith(".seconds") and not name.startswith("ask.")
    ]
    return [(name, *_columns(each)) for name, each in (*stages, *others)]


def _columns(measure: Measure) -> tuple[str, ...]:
    if not measure.count:
        return "0", "-", "-", "-", "-"
    times = (measure.p50, measure.p95, measure.p99, measure.largest)
    return f"{measure.count:,}", *(f"{1000 * seconds:,.1f}" for seconds in times)


def _chat(chat: ChatStats) -> str:
    if chat.backend == "none":
        return f"written without a model. {chat.why}".strip()
    return f"{chat.model} by {chat.backend} at {chat.url}, {chat.context_tokens:,} tokens"
