"""What the editor at the other end can do, read once from its capabilities. Nothing is sent that it can't take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol.types import CodeActionTag, InsertTextMode, MarkupKind, ResourceOperationKind, SymbolKind
from pygls.capabilities import get_capability

if TYPE_CHECKING:
    from lsprotocol.types import ClientCapabilities

_FIRST_KINDS = frozenset(SymbolKind(number) for number in range(SymbolKind.File, SymbolKind.Array + 1))
_ITEM = "text_document.completion.completion_item"
FILE_OPERATIONS = ("did_create", "did_rename", "did_delete")


@dataclass(frozen=True, slots=True)
class Client:
    progress: bool = False  # takes progress that the server starts
    show_document: bool = False
    pulls_diagnostics: bool = False  # and looks again when it is told to
    versioned_diagnostics: bool = False  # takes the version of the document with those that are sent
    follows_links: bool = False  # in documents
    registers_definition: bool = False
    takes_content: bool = False  # opens documents whose text the server has, and follows it
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
    inline_completion: bool = False  # shows a suggestion in the line
    registers_inline_completion: bool = False
    completion: bool = False
    registers_completion: bool = False
    completion_markdown: bool = False  # in the documentation of an item
    completion_label_details: bool = False
    completion_as_is: bool = False  # can leave the indentation of what it inserts alone
    action_literals: bool = False  # takes code actions that are no commands
    resolves_edits: bool = False  # asks for the edit of an action when it is chosen, and sends the action's data back
    disabled_actions: bool = False
    tags_actions: bool = False  # shows that a model writes it
    document_changes: bool = False  # edits with the version of the document
    creates_files: bool = False
    confirms_edits: bool = False  # asks before it makes an edit of an action that says so
    confirms_applied: bool = False  # the same for workspace/applyEdit
    applies_edits: bool = False
    refreshes_lenses: bool = False

    @classmethod
    def of(cls, capabilities: ClientCapabilities) -> Client:
        def can(name: str) -> bool:
            return bool(get_capability(capabilities, name, False))

        return cls(
            progress=can("window.work_done_progress"),
            show_document=can("window.show_document.support"),
            pulls_diagnostics=can("workspace.diagnostics.refresh_support") and _pulls(capabilities),
            versioned_diagnostics=can("text_document.publish_diagnostics.version_support"),
            follows_links=capabilities.text_document is not None
            and capabilities.text_document.document_link is not None,
            registers_definition=can("text_document.definition.dynamic_registration"),
            takes_content=can("window.show_document.support") and _takes_content(capabilities),
            configuration=can("workspace.configuration"),
            registers_configuration=can("workspace.did_change_configuration.dynamic_registration"),
            registers_watching=can("workspace.did_change_watched_files.dynamic_registration"),
            file_operations=frozenset(each for each in FILE_OPERATIONS if can(f"workspace.file_operations.{each}")),
            notebooks=capabilities.notebook_document is not None,
            markdown=MarkupKind.Markdown in _listed(capabilities, "text_document.hover.content_format"),
            symbol_kinds=_kinds(capabilities, "workspace.symbol.symbol_kind.value_set"),
            resolves_symbols="location.range" in _listed(capabilities, "workspace.symbol.resolve_support.properties"),
            outline_kinds=_kinds(capabilities, "text_document.document_symbol.symbol_kind.value_set"),
            refreshes_lenses=can("workspace.code_lens.refresh_support"),
            inline_completion=_has(capabilities, "inline_completion"),
            registers_inline_completion=can("text_document.inline_completion.dynamic_registration"),
            completion=_has(capabilities, "completion"),
            registers_completion=can("text_document.completion.dynamic_registration"),
            completion_markdown=MarkupKind.Markdown in _listed(capabilities, f"{_ITEM}.documentation_format"),
            completion_label_details=can(f"{_ITEM}.label_details_support"),
            completion_as_is=InsertTextMode.AsIs
            in _listed(capabilities, f"{_ITEM}.insert_text_mode_support.value_set"),
            nested_outline=can("text_document.document_symbol.hierarchical_document_symbol_support"),
            **_of_edits(capabilities),
        )


def _pulls(capabilities: ClientCapabilities) -> bool:
    return capabilities.text_document is not None and capabilities.text_document.diagnostic is not None


def _takes_content(capabilities: ClientCapabilities) -> bool:
    """By its being there: it has no field that must be set."""
    return capabilities.workspace is not None and capabilities.workspace.text_document_content is not None


def _of_edits(capabilities: ClientCapabilities) -> dict[str, bool]:
    def can(name: str) -> bool:
        return get_capability(capabilities, name, None) not in (None, False)

    resolved = _listed(capabilities, "text_document.code_action.resolve_support.properties")
    changes = can("workspace.workspace_edit.document_changes")
    annotated = changes and can("workspace.workspace_edit.change_annotation_support")
    tags = _listed(capabilities, "text_document.code_action.tag_support.value_set")
    created = ResourceOperationKind.Create in _listed(capabilities, "workspace.workspace_edit.resource_operations")
    return {
        "action_literals": can("text_document.code_action.code_action_literal_support"),
        "resolves_edits": "edit" in resolved and can("text_document.code_action.data_support"),
        "disabled_actions": can("text_document.code_action.disabled_support"),
        "tags_actions": CodeActionTag.LlmGenerated in tags,
        "document_changes": changes,
        "creates_files": created,
        "confirms_edits": annotated and can("text_document.code_action.honors_change_annotations"),
        "confirms_applied": annotated,
        "applies_edits": can("workspace.apply_edit"),
    }


def _has(capabilities: ClientCapabilities, name: str) -> bool:
    """A section that says by being there that the client can."""
    return get_capability(capabilities, f"text_document.{name}", None) is not None


def _listed(capabilities: ClientCapabilities, name: str) -> Any:
    return get_capability(capabilities, name, None) or ()


def _kinds(capabilities: ClientCapabilities, name: str) -> frozenset[SymbolKind]:
    return frozenset(_listed(capabilities, name)) or _FIRST_KINDS
