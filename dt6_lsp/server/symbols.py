"""`workspace/symbol`: definitions of the workspace that a query may mean, by name and by meaning.

Ranges are those of the names; a client that can ask for one later gets none before it does. Not here: matching and
ranking.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import attrs
from lsprotocol import types
from lsprotocol.types import SymbolKind

from dt6_lsp.server.arguments import parse
from dt6_lsp.server.convert import column_range, line_at, name_range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.engine import Definition, Engine
    from dt6_lsp.server.session import Call

    Symbols = Sequence[types.WorkspaceSymbol] | Sequence[types.SymbolInformation]

LIMIT = 100

_KINDS: Mapping[str, SymbolKind] = {
    "module": SymbolKind.Module,
    "class": SymbolKind.Class,
    "interface": SymbolKind.Interface,
    "enum": SymbolKind.Enum,
    "struct": SymbolKind.Struct,
    "trait": SymbolKind.Interface,
    "type": SymbolKind.Class,
    "namespace": SymbolKind.Namespace,
    "function": SymbolKind.Function,
    "method": SymbolKind.Method,
    "constructor": SymbolKind.Constructor,
    "macro": SymbolKind.Function,
    "constant": SymbolKind.Constant,
    "variable": SymbolKind.Variable,
    "field": SymbolKind.Field,
    "property": SymbolKind.Property,
    "section": SymbolKind.String,
    "rule": SymbolKind.Object,
    "key": SymbolKind.Key,
    "table": SymbolKind.Struct,
    "test": SymbolKind.Method,
    "text": SymbolKind.File,
}
_OLDER = {SymbolKind.Struct: SymbolKind.Class, SymbolKind.Object: SymbolKind.Class, SymbolKind.Key: SymbolKind.Property}
"""Kinds that a client may not know, and what stands for them."""


@dataclass(frozen=True, slots=True)
class SymbolData:
    """What a symbol without a range carries to where its range is asked for."""

    path: str
    name: str
    line: int
    column: int


async def workspace_symbol(call: Call, params: types.WorkspaceSymbolParams) -> Symbols:
    """Waits for the engine, not for the index: what is indexed by now is found. No folder has no symbols."""
    if not call.session.roots:
        return []
    engine = await call.engine()
    found = await engine.symbols(params.query, LIMIT, texts=call.texts(engine))
    if call.session.client.resolves_symbols:
        return [_without_range(call, definition, engine) for definition in found]
    texts = call.texts(engine)
    return [_information(call, definition, engine, texts) for definition in found]


async def resolve(call: Call, params: types.WorkspaceSymbol) -> types.WorkspaceSymbol:
    """The symbol with its range, as it is now: in the text that is open, else in the file."""
    from dt6_lsp.engine import Seen  # late: it is heavy to import

    data = parse(SymbolData, params.data, "The data of a symbol")
    engine = await call.engine()
    seen = Seen(data.path, data.name, data.line, data.column)
    (now,) = await engine.name_places([seen], call.texts(engine))
    where = column_range(now.line, now.start, now.text, now.line, now.end, now.text, call.encoding)
    return attrs.evolve(params, location=types.Location(call.uri(engine, data.path), where))


def _without_range(call: Call, found: Definition, engine: Engine) -> types.WorkspaceSymbol:
    """No file is read for what nobody chooses."""
    return types.WorkspaceSymbol(
        name=found.name,
        kind=symbol_kind(found.kind, call.session.client.symbol_kinds),
        location=types.LocationUriOnly(call.uri(engine, found.path)),
        container_name=found.container or found.path,
        data=asdict(SymbolData(found.path, found.name, found.name_line, found.name_column)),
    )


def _information(call: Call, found: Definition, engine: Engine, texts: Mapping[str, str]) -> types.SymbolInformation:
    line = _line(found, texts.get(found.path))
    where = name_range(found.name_line, found.name_column, len(found.name), line, call.encoding)
    return types.SymbolInformation(
        name=found.name,
        kind=symbol_kind(found.kind, call.session.client.symbol_kinds),
        location=types.Location(call.uri(engine, found.path), where),
        container_name=found.container or found.path,
    )


def _line(found: Definition, text: str | None) -> str:
    """The line of the name. Where the file is not open it is not read for this: what stands before the name of a
    definition (an indent, keywords) has one unit a character in every encoding; exceptions cost a few columns."""
    return " " * found.name_column + found.name if text is None else line_at(text, found.name_line)


def symbol_kind(kind: str, known: frozenset[SymbolKind]) -> SymbolKind:
    wanted = _KINDS.get(kind, SymbolKind.Variable)
    return wanted if wanted in known else _OLDER.get(wanted, SymbolKind.Variable)
