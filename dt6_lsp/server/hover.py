"""`textDocument/hover`: what the index knows of the name under the cursor.

Not here: what a hover says. Never waits long: an editor shows a hover that comes late over something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.server.convert import from_position, line_at, name_range

if TYPE_CHECKING:
    from dt6_lsp.engine import Engine, Hover
    from dt6_lsp.server.session import Call

_PATIENCE_SECONDS = 1.0


async def hover(call: Call, params: types.HoverParams) -> types.Hover | None:
    """None for a document that is not open, while the engine is not ready, and where there is nothing to say."""
    snapshot = call.documents.get(params.text_document.uri)
    engine = await call.session.engines.get_within(_PATIENCE_SECONDS)
    if snapshot is None or engine is None:
        return None
    line, column = from_position(snapshot.text, params.position, call.encoding)
    path, texts = snapshot.name(engine), call.texts(engine)
    found = await engine.hover(path, snapshot.text, line, column, texts=texts)
    if found is None:
        return None
    length = found.end_column - found.start_column
    where = name_range(line, found.start_column, length, line_at(snapshot.text, line), call.encoding)
    return types.Hover(contents=_contents(found, engine, call), range=where)


def _contents(found: Hover, engine: Engine, call: Call) -> types.MarkupContent:
    from dt6_lsp.engine import render_markdown, render_plain  # late: the engine is not needed for `initialize`

    if call.session.client.markdown:
        value = render_markdown(found, lambda path: call.uri(engine, path))
        return types.MarkupContent(kind=types.MarkupKind.Markdown, value=value)
    return types.MarkupContent(kind=types.MarkupKind.PlainText, value=render_plain(found))
