"""What DT6 offers an editor at `initialize`, beside pygls' own document sync.

Each method in `dispatch` that an editor asks for by itself has its line here. Only what this client can take is
offered.
Not here: what the client can do (`client`), and notifications that are asked for later (`lifecycle`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.server import code_action, commands, findings, notebooks, pages

if TYPE_CHECKING:
    from dt6_lsp.server.client import Client

_ANY_FILE = types.FileOperationRegistrationOptions(
    [types.FileOperationFilter(types.FileOperationPattern("**/*"), scheme="file")]
)


def offer(offered: types.ServerCapabilities, client: Client) -> None:
    """Add to what pygls offers."""
    offered.hover_provider = True
    offered.document_symbol_provider = True
    offered.code_action_provider = types.CodeActionOptions(
        code_action_kinds=sorted(set(code_action.KINDS.values())), resolve_provider=client.resolves_edits
    )
    offered.code_lens_provider = types.CodeLensOptions(resolve_provider=True)
    offered.workspace_symbol_provider = (
        types.WorkspaceSymbolOptions(resolve_provider=True) if client.resolves_symbols else True
    )
    offered.execute_command_provider = types.ExecuteCommandOptions(commands=list(commands.NAMES))
    if offered.workspace is not None and client.file_operations:
        wanted = dict.fromkeys(client.file_operations, _ANY_FILE)
        offered.workspace.file_operations = types.FileOperationOptions(**wanted)
    if client.follows_links:
        offered.document_link_provider = types.DocumentLinkOptions(resolve_provider=True)
    if client.pulls_diagnostics:
        offered.diagnostic_provider = types.DiagnosticOptions(
            inter_file_dependencies=False, workspace_diagnostics=False, identifier=findings.IDENTIFIER
        )
    if offered.workspace is not None and client.takes_content:
        offered.workspace.text_document_content = types.TextDocumentContentOptions(schemes=[pages.SCHEME])
    if client.notebooks:
        offered.notebook_document_sync = notebooks.SYNC
