"""What the server says of itself, at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import HERE, NEOVIM, VSCODE, environment, spawned

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "dt6_lsp.engine", "numpy", "tree_sitter", "chromadb", "openai", "ollama", "tiktoken", "torch", "httpx", "rich",
    "websockets",
)  # fmt: skip


def test_nothing_heavy_is_imported_before_initialize_is_answered() -> None:
    reached = "dt6_lsp.cli, dt6_lsp.app, dt6_lsp.server.connection"
    code = f"import sys, {reached}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("editor", "encoding"),
    [(VSCODE, "utf-16"), (f"{NEOVIM}@v0.10", "utf-16"), (f"{NEOVIM}@v0.11", "utf-8"), ("emacs", "utf-32")],
)
async def test_capabilities(tmp_path: Path, editor: str, encoding: str) -> None:
    async with spawned(environment(tmp_path)) as client:
        result = await client.initialize_session(types.InitializeParams(capabilities=client_capabilities(editor)))
        offered = result.capabilities
        assert result.server_info is not None
        assert result.server_info.name == "dt6-lsp"
        assert offered.position_encoding == encoding
        assert offered.hover_provider is True
        assert offered.workspace_symbol_provider is True
        assert offered.execute_command_provider is not None
        assert list(offered.execute_command_provider.commands) == [
            "dt6.applyAction", "dt6.architecture", "dt6.ask", "dt6.clearCache", "dt6.clearReview", "dt6.explain",
            "dt6.forget",
            "dt6.index", "dt6.models", "dt6.references", "dt6.review", "dt6.search",
            "dt6.stats", "dt6.switchModel",
        ]  # fmt: skip
        assert isinstance(offered.text_document_sync, types.TextDocumentSyncOptions)
        assert offered.text_document_sync.change == types.TextDocumentSyncKind.Incremental
        assert offered.text_document_sync.save is True
        assert offered.workspace is not None
        assert offered.workspace.workspace_folders is not None
        assert offered.workspace.workspace_folders.change_notifications is True


async def test_vscode_is_asked_to_tell_of_files_and_settings(tmp_path: Path) -> None:
    async with spawned(environment(tmp_path)) as client:
        await client.initialize_session(types.InitializeParams(capabilities=client_capabilities(VSCODE)))
        await client.until(lambda: client.registrations)
        assert {registration.method for registration in client.registrations} == {
            types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.TEXT_DOCUMENT_DEFINITION,
        }


async def test_a_client_that_can_do_nothing_gets_nothing_it_cannot_take(tmp_path: Path) -> None:
    async with spawned(environment(tmp_path)) as client:
        await client.initialize_session(types.InitializeParams(capabilities=types.ClientCapabilities()))
        assert await client.workspace_symbol_async(types.WorkspaceSymbolParams("x")) == []
        assert client.registrations == []
        assert client.messages == []
