"""`workspace/symbol`: definitions of the workspace that a query may mean.

Not here: matching and ranking. Ranges are those of the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol.types import SymbolInformation, SymbolKind, WorkspaceSymbolParams

from dt6_lsp.server.convert import line_at, location, name_range, to_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dt6_lsp.engine import Definition, Engine
    from dt6_lsp.server.session import Call

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


async def workspace_symbol(call: Call, params: WorkspaceSymbolParams) -> list[SymbolInformation]:
    """Waits for the engine, not for the index: what is indexed by now is found. No folder has no symbols."""
    if not call.session.roots:
        return []
    engine = await call.engine()
    found = await engine.symbols(params.query, LIMIT, texts=call.texts(engine))
    texts = {path: snapshot.text for snapshot in call.documents.values() if (path := to_path(snapshot.uri))}
    return [_information(call, definition, engine, texts) for definition in found]


def _information(call: Call, found: Definition, engine: Engine, texts: Mapping[str, str]) -> SymbolInformation:
    path = engine.locate(found.path)
    where = name_range(found.name_line, found.name_column, len(found.name), _line(found, path, texts), call.encoding)
    return SymbolInformation(
        name=found.name,
        kind=symbol_kind(found.kind, call.session.client.symbol_kinds),
        location=location(path, where),
        container_name=found.container or found.path,
    )


def _line(found: Definition, path: Path, texts: Mapping[str, str]) -> str:
    """The line of the name. Where the file is not open it is not read for this: what stands before the name of a
    definition (an indent, keywords) has one unit a character in every encoding; exceptions cost a few columns."""
    text = texts.get(str(path))
    return " " * found.name_column + found.name if text is None else line_at(text, found.name_line)


def symbol_kind(kind: str, known: frozenset[SymbolKind]) -> SymbolKind:
    wanted = _KINDS.get(kind, SymbolKind.Variable)
    return wanted if wanted in known else _OLDER.get(wanted, SymbolKind.Variable)
