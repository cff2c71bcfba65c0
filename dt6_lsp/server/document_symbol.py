"""`textDocument/documentSymbol`: the outline of an open document, from its text.

Needs neither an index nor a folder, so it waits for no engine. Not here: what the definitions are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from dt6_lsp.server.convert import column_range, split_lines
from dt6_lsp.server.symbols import symbol_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dt6_lsp.engine import Symbol
    from dt6_lsp.features.outline import Item
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.session import Call

    Symbols = Sequence[types.DocumentSymbol] | Sequence[types.SymbolInformation]

_MOST_DETAIL = 100


async def document_symbol(call: Call, params: types.DocumentSymbolParams) -> Symbols | None:
    """None for a document that is not open. As a tree where the client shows one."""
    snapshot = call.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    return await call.session.in_worker(lambda: _symbols(call, snapshot))


def telling_path(snapshot: Snapshot) -> str:
    """What of a URI tells the language. Of what is no file that is the editor's to say: a cell of Python lies in a
    notebook, which is JSON."""
    try:
        parts = urlsplit(snapshot.uri)
    except ValueError:
        return ""
    return "" if snapshot.language and parts.scheme.lower() != "file" else unquote(parts.path)


def _symbols(call: Call, snapshot: Snapshot) -> Symbols:
    """On a worker thread: a large text takes its time."""
    from dt6_lsp.engine import outline  # late: the engine is not needed for `initialize`

    items = outline(telling_path(snapshot), snapshot.text, snapshot.language)
    shapes = _Shapes(call, snapshot)
    if call.session.client.nested_outline:
        return [shapes.nested(item) for item in items]
    return [shapes.flat(item) for item in _all(items)]


def _all(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _all(item.children)


class _Shapes:
    """Definitions of one text as the protocol has them. A tree is `features.outline.MOST_LEVELS` deep at most."""

    def __init__(self, call: Call, snapshot: Snapshot) -> None:
        self._uri, self._encoding = snapshot.uri, call.encoding
        self._kinds = call.session.client.outline_kinds
        self._lines = split_lines(snapshot.text)

    def nested(self, item: Item) -> types.DocumentSymbol:
        symbol = item.symbol
        signature = symbol.signature if symbol.signature != symbol.name else ""
        return types.DocumentSymbol(
            name=item.name,
            detail=signature[:_MOST_DETAIL] or None,
            kind=symbol_kind(symbol.kind, self._kinds),
            range=self._whole(symbol),
            selection_range=self._name(symbol),
            children=[self.nested(child) for child in item.children],
        )

    def flat(self, item: Item) -> types.SymbolInformation:
        symbol = item.symbol
        return types.SymbolInformation(
            name=symbol.name,
            kind=symbol_kind(symbol.kind, self._kinds),
            location=types.Location(self._uri, self._whole(symbol)),
            container_name=symbol.container or None,
        )

    def _whole(self, symbol: Symbol) -> types.Range:
        """From its first character to the end of its last line."""
        first = self._line(symbol.start_line)
        start = len(first) - len(first.lstrip())
        if symbol.name_line == symbol.start_line:
            start = min(start, symbol.name_column)
        last = self._line(symbol.end_line)
        return column_range(symbol.start_line, start, first, symbol.end_line, len(last), last, self._encoding)

    def _name(self, symbol: Symbol) -> types.Range:
        """Inside of the whole, or the protocol does not allow it."""
        line = min(max(symbol.name_line, symbol.start_line), symbol.end_line)
        text = self._line(line)
        start, end = symbol.name_column, symbol.name_column + len(symbol.name)
        return column_range(line, start, text, line, end, text, self._encoding)

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if number <= len(self._lines) else ""
