"""`dt6-lsp route`: what kind of question it is taken for, why, and what would be looked at. Nobody is asked.

Not here: the choice (`dt6_lsp.assistant.router`).
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from dt6_lsp.cli import queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.assistant.router import Router
    from dt6_lsp.cli.invocation import Invocation

_LONGEST = 60  # characters of a query in the table


def route(call: Invocation) -> int:
    queries.check(call)
    from dt6_lsp.assistant.router import packaged_router

    router = packaged_router()
    if not call.args.queries:
        query = " ".join(call.args.query)
        found = _routed(call, router, queries.valid(call.terminal.source.read() if query == "-" else query))
        if call.args.json:
            call.terminal.json(found)
        else:
            _tell(call, found)
        return 0
    rows = (_routed(call, router, query) for query in _queries(call))
    if call.args.json:
        for row in rows:
            call.terminal.json(row)
    else:
        _table(call, list(rows))
    return 0


def _queries(call: Invocation) -> Iterator[str]:
    for line in queries.lines(call):
        call.cancel.raise_if_cancelled()
        yield _unquoted(line)


def _unquoted(line: str) -> str:
    """A line may be a JSON string, for a query of several lines; any other line is the query itself."""
    if not (line.startswith('"') and line.endswith('"')):
        return line
    try:
        value = json.loads(line)
    except ValueError:
        return line
    return value if isinstance(value, str) else line


def _routed(call: Invocation, router: Router, query: str) -> dict[str, Any]:
    start = time.perf_counter()
    routed = router.route(query)
    ms = (time.perf_counter() - start) * 1000
    return {
        "query": query,
        "intent": routed.intent,
        "probability": round(routed.probability, 4),
        "ms": round(ms, 3),
        "why": routed.why,
        "plan": routed.plan,
        "model": _model(call, routed.intent),
    }


def _model(call: Invocation, intent: str) -> str:
    """Whom the settings name for such questions, as one would write it in a setting; nothing is asked of a server."""
    from dt6_lsp.models.targets import targets

    wanted = targets(call.loaded.settings, intent)
    if not wanted:
        return "none"
    return f"{wanted[0].model}@{wanted[0].backend}"


def _tell(call: Invocation, found: dict[str, Any]) -> None:
    first, _, rest = found["model"].partition("@")
    model = "none" if found["model"] == "none" else f"{first or 'the first that it has'}, by {rest}"
    call.terminal.line(f"{found['intent']}  {found['probability']:.0%}", "bold")
    rows = [("because", found["why"]), ("looks at", found["plan"]), ("model", model), ("took", f"{found['ms']:.1f} ms")]
    call.terminal.table(rows)


def _table(call: Invocation, rows: list[dict[str, Any]]) -> None:
    cells = [(each["intent"], f"{each['probability']:.0%}", _short(each["query"]), each["why"]) for each in rows]
    if cells:
        call.terminal.table(cells, ("intent", "sure", "query", "because"))
    else:
        call.terminal.line("There are no queries in it.")


def _short(query: str) -> str:
    text = " ".join(query[: 4 * _LONGEST].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
