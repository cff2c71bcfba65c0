"""`dt6-lsp search`: hits for a person, as JSON, or a line of JSON for each of many queries.

Not here: finding them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dt6_lsp.cli import queries
from dt6_lsp.cli.indexing import bring_up_to_date
from dt6_lsp.cli.invocation import named_file
from dt6_lsp.contracts import hit_json
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import Engine, Hit

_LINES_SHOWN = 6


def search(call: Invocation) -> int:
    _check(call)
    call.run(_search(call))
    return 0


def _check(call: Invocation) -> None:
    """Before anything is opened or indexed."""
    if call.args.count < 1:
        raise SettingError(f"{call.args.count} hits can't be asked for.", "Give --count 1 or more.")
    queries.check(call)


async def _search(call: Invocation) -> None:
    async with call.engine() as engine:
        if call.args.near:
            named_file(engine, call.workspace, call.args.near, "--near")
        await bring_up_to_date(call, engine)
        if call.args.queries:
            for query in queries.lines(call):
                call.cancel.raise_if_cancelled()
                call.terminal.json(await _answered(call, engine, query))
            return
        hits = await engine.search(" ".join(call.args.query), call.args.count, call.args.near)
    if call.args.json:
        call.terminal.json([hit_json(hit) for hit in hits])
    else:
        _tell(call, hits)


async def _answered(call: Invocation, engine: Engine, query: str) -> dict[str, Any]:
    start = time.perf_counter()
    hits = await engine.search(query, call.args.count, call.args.near)
    ms = (time.perf_counter() - start) * 1000
    return {"query": query, "hits": [hit_json(hit) for hit in hits], "ms": round(ms, 3)}


def _tell(call: Invocation, hits: list[Hit]) -> None:
    if not hits:
        call.terminal.line("Nothing fits.")
    for hit in hits:
        name = f"  {hit.kind} {hit.symbol}" if hit.symbol else ""
        call.terminal.line(f"{call.shown(hit.path)}:{hit.start_line}-{hit.end_line}{name}", "bold")
        for line in _excerpt(hit.text):
            call.terminal.line(f"    {line}")
        call.terminal.line()


def _excerpt(text: str) -> list[str]:
    lines = text.rstrip().splitlines()
    shown = [line[:160] for line in lines[:_LINES_SHOWN]]
    return (
        [*shown, f"... {len(lines) - _LINES_SHOWN} more lines"]
        if len(lines) > _LINES_SHOWN + 1
        else [line[:160] for line in lines]
    )
