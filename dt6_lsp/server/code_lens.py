"""`textDocument/codeLens`: above each function and type, who uses it, which tests do, and a way to have it explained.

What is counted is counted when a lens is shown (`codeLens/resolve`), so listing costs no more than the outline. No
model is asked. Not here: counting, and the list behind a count (`references`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import attrs
from lsprotocol import types

from dt6_lsp.server.arguments import parse
from dt6_lsp.server.convert import name_range, split_lines, to_plain
from dt6_lsp.server.faults import invalid_params
from dt6_lsp.server.references import REFERENCES, ReferencesArguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.engine import Definition, Uses
    from dt6_lsp.server.session import Call, Session

USES, TESTS = "uses", "tests"
EXPLAIN = "dt6.explain"


@dataclass(frozen=True, slots=True)
class LensData:
    """What a lens carries to where it is counted: the definition, as `dt6.references` takes it."""

    what: str
    path: str
    name: str
    line: int


async def code_lens(call: Call, params: types.CodeLensParams) -> list[types.CodeLens]:
    """None for what is not open, is in no folder or has no place in the index. Waits for the engine, and nobody waits
    for lenses; when the index has changed, the client is asked to look again."""
    snapshot = call.documents.get(params.text_document.uri)
    if snapshot is None or not call.settings.lens.enabled or not call.session.roots:
        return []
    engine = await call.session.engines.settled()
    path = snapshot.name(engine) if engine is not None else ""
    if engine is None or not path:
        return []
    found = await engine.lens_places(path, texts=call.texts(engine))
    lines = split_lines(snapshot.text)
    shown = (item for item in found if item.name_line <= len(lines))
    return [lens for item in shown for lens in _lenses(call, snapshot.uri, item, lines[item.name_line - 1])]


async def resolve(call: Call, params: types.CodeLens) -> types.CodeLens:
    """One that is complete comes back as it is: there are clients that ask about all."""
    if params.command is not None:
        return params
    data = parse(LensData, params.data, "The data of a lens")
    if data.what not in (USES, TESTS):
        raise invalid_params(f"A lens of DT6 counts {USES} or {TESTS}, not {data.what!r}.")
    engine = await call.engine()
    uses = await engine.uses_of(data.name, data.path, data.line, texts=call.texts(engine))
    uri = call.uri(engine, data.path)
    asked = ReferencesArguments(data.name, uri, data.line, tests=data.what == TESTS, show=True)
    return attrs.evolve(params, command=types.Command(_title(data.what, uses), REFERENCES, arguments=[asdict(asked)]))


def refresh(session: Session) -> None:
    """What lenses say may have changed; the client looks again where it can be asked to."""
    if session.client.refreshes_lenses:
        session.server.workspace_code_lens_refresh(None)


def _lenses(call: Call, uri: str, item: Definition, line: str) -> Iterator[types.CodeLens]:
    where = name_range(item.name_line, item.name_column, len(item.name), line, call.encoding)
    for what in (USES, TESTS):
        yield types.CodeLens(where, data=asdict(LensData(what, item.path, item.qualified, item.name_line)))
    place = to_plain(name_range(item.name_line, item.name_column, 0, line, call.encoding))
    yield types.CodeLens(where, types.Command("explain", EXPLAIN, arguments=[{"uri": uri, "range": place}]))


def _title(what: str, uses: Uses | None) -> str:
    count = 0 if uses is None else uses.count if what == USES else len(uses.tests)
    if what == USES:
        return f"used by {count:,}" if count else "not used"
    return {0: "no tests", 1: "1 test"}.get(count, f"{count:,} tests")
