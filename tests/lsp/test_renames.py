"""Files that the editor creates, renames and deletes are followed at once, without anybody watching the disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, PATIENCE_SECONDS, VSCODE, Editor, editing, environment, make_workspace, spawned

if TYPE_CHECKING:
    from pathlib import Path

UNWATCHED = {"index": {"watch": False}}


async def places(editor: Editor, name: str) -> list[str]:
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(name)) or []
    return [one.location.uri for one in found if one.name == name]


async def until_at(editor: Editor, name: str, uris: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await places(editor, name) != uris:
            pass  # each answer is the event that the next question waits for


async def test_files_and_folders_that_are_renamed_created_and_deleted(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings=UNWATCHED) as editor:
        await editor.indexed()
        old, new = root / "app/server.py", root / "app/host.py"
        old.rename(new)
        editor.workspace_did_rename_files(types.RenameFilesParams([types.FileRename(old.as_uri(), new.as_uri())]))
        await until_at(editor, "Server", [new.as_uri()])

        (root / "app").rename(root / "lib")
        folders = types.FileRename((root / "app").as_uri(), (root / "lib").as_uri())
        editor.workspace_did_rename_files(types.RenameFilesParams([folders]))
        await until_at(editor, "Server", [(root / "lib/host.py").as_uri()])

        made = root / "made.py"
        made.write_text("def freshly_made() -> None: ...\n", encoding="utf-8")
        editor.workspace_did_create_files(types.CreateFilesParams([types.FileCreate(made.as_uri())]))
        await until_at(editor, "freshly_made", [made.as_uri()])

        made.unlink()
        elsewhere = types.FileDelete("vscode-vfs://host/made.py")
        editor.workspace_did_delete_files(types.DeleteFilesParams([elsewhere, types.FileDelete(made.as_uri())]))
        await until_at(editor, "freshly_made", [])


async def test_a_file_that_is_open_is_renamed_with_what_is_not_saved(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings=UNWATCHED) as editor:
        await editor.indexed()
        old, new = root / "app/server.py", root / "app/host.py"
        text = "class Server: ...\n\n\ndef not_saved() -> None: ...\n"
        editor.open(old, text)
        await until_at(editor, "not_saved", [old.as_uri()])
        old.rename(new)
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(old.as_uri())))
        editor.open(new, text)
        editor.workspace_did_rename_files(types.RenameFilesParams([types.FileRename(old.as_uri(), new.as_uri())]))
        assert await places(editor, "not_saved") == [new.as_uri()]
        await until_at(editor, "Server", [new.as_uri()])


@pytest.mark.parametrize(
    ("name", "offered"), [(VSCODE, ["did_create", "did_rename", "did_delete"]), (f"{NEOVIM}@v0.10", [])]
)
async def test_only_what_a_client_tells_of_is_asked_for(tmp_path: Path, name: str, offered: list[str]) -> None:
    async with spawned(environment(tmp_path)) as editor:
        result = await editor.initialize_session(types.InitializeParams(capabilities=client_capabilities(name)))
        workspace = result.capabilities.workspace
        assert workspace is not None
        told = workspace.file_operations or types.FileOperationOptions()
        assert [each for each in ("did_create", "did_rename", "did_delete") if getattr(told, each)] == offered
