"""What the editor at the other end can do, read once from its capabilities. Nothing is sent that it can't take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol.types import MarkupKind, SymbolKind
from pygls.capabilities import get_capability

if TYPE_CHECKING:
    from lsprotocol.types import ClientCapabilities

_FIRST_KINDS = frozenset(SymbolKind(number) for number in range(SymbolKind.File, SymbolKind.Array + 1))


@dataclass(frozen=True, slots=True)
class Client:
    progress: bool = False  # takes progress that the server starts
    show_document: bool = False
    configuration: bool = False  # answers workspace/configuration
    registers_configuration: bool = False
    registers_watching: bool = False
    markdown: bool = False  # in a hover
    symbol_kinds: frozenset[SymbolKind] = _FIRST_KINDS

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
            markdown=MarkupKind.Markdown in _listed(capabilities, "text_document.hover.content_format"),
            symbol_kinds=frozenset(_listed(capabilities, "workspace.symbol.symbol_kind.value_set")) or _FIRST_KINDS,
        )


def _listed(capabilities: ClientCapabilities, name: str) -> Any:
    return get_capability(capabilities, name, None) or ()
