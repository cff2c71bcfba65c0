"""What the editor at the other end can do, read once from its capabilities. Nothing is sent that it can't take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol.types import MarkupKind, SymbolKind
from pygls.capabilities import get_capability

if TYPE_CHECKING:
    from lsprotocol.types import ClientCapabilities

_FIRST_KINDS = frozenset(SymbolKind(number) for number in range(SymbolKind.File, SymbolKind.Array + 1))
FILE_OPERATIONS = ("did_create", "did_rename", "did_delete")


@dataclass(frozen=True, slots=True)
class Client:
    progress: bool = False  # takes progress that the server starts
    show_document: bool = False
    configuration: bool = False  # answers workspace/configuration
    registers_configuration: bool = False
    registers_watching: bool = False
    file_operations: frozenset[str] = frozenset()  # of those in `FILE_OPERATIONS`, which it tells of
    notebooks: bool = False  # tells of notebooks that are open
    markdown: bool = False  # in a hover
    symbol_kinds: frozenset[SymbolKind] = _FIRST_KINDS  # in workspace/symbol
    resolves_symbols: bool = False  # takes a symbol without a range, and asks for it when it is chosen
    outline_kinds: frozenset[SymbolKind] = _FIRST_KINDS  # in textDocument/documentSymbol
    nested_outline: bool = False

    @classmethod
    def of(cls, capabilities: ClientCapabilities) -> Client:
        def can(name: str) -> bool:
            return bool(get_capability(capabilities, name, False))

        return cls(
            progress=can("window.work_done_progress"),
            show_document=can("window.show_document.support"),
            configuration=can("workspace.configuration"),
            registers_configuration=can("workspace.did_change_configuration.dynamic_registration"),
            registers_watching=can("workspace.did_change_watched_files.dynamic_registration"),
            file_operations=frozenset(each for each in FILE_OPERATIONS if can(f"workspace.file_operations.{each}")),
            notebooks=capabilities.notebook_document is not None,
            markdown=MarkupKind.Markdown in _listed(capabilities, "text_document.hover.content_format"),
            symbol_kinds=_kinds(capabilities, "workspace.symbol.symbol_kind.value_set"),
            resolves_symbols="location.range" in _listed(capabilities, "workspace.symbol.resolve_support.properties"),
            outline_kinds=_kinds(capabilities, "text_document.document_symbol.symbol_kind.value_set"),
            nested_outline=can("text_document.document_symbol.hierarchical_document_symbol_support"),
        )


def _listed(capabilities: ClientCapabilities, name: str) -> Any:
    return get_capability(capabilities, name, None) or ()


def _kinds(capabilities: ClientCapabilities, name: str) -> frozenset[SymbolKind]:
    return frozenset(_listed(capabilities, name)) or _FIRST_KINDS
