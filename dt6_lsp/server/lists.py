"""What commands return as data, as pages for people: hits with links to their places, models, and figures.

Such a command shows a page only when it is asked to (`show`): who calls it from a program wants the data, and no
window. Not here: the data itself (`dt6_lsp.contracts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dt6_lsp.server.answers import plain, show_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dt6_lsp.engine import Engine, Hit, Stats
    from dt6_lsp.server.session import Call

_LINES = 12  # of a hit that are shown


async def show_hits(call: Call, engine: Engine, query: str, hits: Sequence[Hit]) -> None:
    title = f"Search: {' '.join(query.split())}"
    parts = [_hit(call, engine, hit) for hit in hits] or ["Nothing in the index fits."]
    await show_text(call.session, title, "\n\n".join((f"# {plain(title)}", *parts)) + "\n", f"{len(hits)} hits.")


async def show_models(call: Call, models: Mapping[str, Any]) -> None:
    choice = models["choice"]
    answers = f"{choice['model']} at {choice['backend']} answers." if choice["model"] else choice["why"]
    parts = ["# Models", plain(answers), *(part for server in models["servers"] for part in _server(server))]
    await show_text(call.session, "Models", "\n\n".join(parts) + "\n", plain(answers))


async def show_stats(call: Call, stats: Stats) -> None:
    rows = "\n".join(f"| {plain(what)} | {plain(figure)} |" for what, figure in _figures(stats))
    await show_text(call.session, "DT6", f"# DT6\n\n| | |\n|---|---|\n{rows}\n", "Figures about DT6.")


def _hit(call: Call, engine: Engine, hit: Hit) -> str:
    from dt6_lsp.engine import fenced  # late: it is heavy to import

    place = f"{hit.path}:{hit.start_line}-{hit.end_line}"
    link = f"[{plain(place)}]({call.uri(engine, hit.path)}#L{hit.start_line})"
    name = f" {plain(hit.symbol)}" if hit.symbol else ""
    lines = hit.text.split("\n")
    shown = lines if len(lines) <= _LINES else [*lines[:_LINES], "…"]
    return f"## {link}{name}\n\n{fenced(chr(10).join(shown), hit.language)}"


def _server(server: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {plain(server['backend'])}"
    yield plain(server["problem"] or f"{server['kind']}, {server['url']}")
    rows = [
        f"| {plain(model['name'])} | {model['context_tokens'] or ''} | {'yes' if model['in_use'] else ''} |"
        for model in server["models"]
    ]
    if rows:
        yield "\n".join(("| model | context (tokens) | in use |", "|---|---|---|", *rows))


def _figures(stats: Stats) -> Iterator[tuple[str, str]]:
    chat, asks = stats.chat, stats.asks
    yield "answers are written by", f"{chat.model} at {chat.backend}" if chat.model else f"nobody: {chat.why}"
    yield "index", f"{stats.index.indexed:,} of {stats.index.files:,} files, {stats.index.stale:,} of them stale"
    for root in stats.roots:
        yield "folder", f"{root.root}: {root.files:,} files, {root.chunks:,} chunks"
    yield "questions", f"{asks.answered:,} answered, {asks.failed:,} failed"
    yield "remembered", f"{stats.memory.turns:,} turns of {stats.memory.conversations:,} conversations"
    yield "pages on disk", f"{stats.answers_bytes:,} bytes"
