"""Folders that are missing, no folders, none at all, several, and such that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.harness import Editor, editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path


async def names(editor: Editor, query: str) -> list[str]:
    return [
        found.location.uri for found in await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query)) or []
    ]


@pytest.mark.parametrize("kind", ["missing", "file"])
async def test_a_folder_that_is_none_is_told_once_and_the_server_stays(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "work"
    if kind == "file":
        root.write_text("no folder", encoding="utf-8")
    async with editing(root, tmp_path / "state") as editor:
        message = (await editor.until(editor.shown))[0]
        assert str(root) in message
        for command in ("dt6.search", "dt6.ask"):
            with pytest.raises(JsonRpcException) as failure:
                await editor.execute(command, "anything")
            assert failure.value.message == message
        uri = editor.open(root / "x.py", text="Server()")
        assert await editor.hover(uri, 0, 0) is None
        assert editor.shown() == [message]
        editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        make_workspace(tmp_path / "other")
        await change(editor, added=tmp_path / "other", removed=root)
        await editor.indexed()
        assert await names(editor, "Server")


async def test_a_single_file_without_a_folder(tmp_path: Path) -> None:
    async with editing(None, tmp_path / "state") as editor:
        uri = editor.open(tmp_path / "alone.py", text="Server()")
        assert await editor.hover(uri, 0, 0) is None
        assert await names(editor, "Server") == []
        with pytest.raises(JsonRpcException, match="No folder is open"):
            await editor.execute("dt6.ask", "What is this?")
        assert editor.messages == []


async def test_a_folder_that_is_on_another_machine(tmp_path: Path) -> None:
    async with editing(None, tmp_path / "state", uris=["vscode-remote://ssh-remote+host/work"]) as editor:
        assert await names(editor, "Server") == []
        await editor.until(lambda: [log for log in editor.log_messages if "vscode-remote://" in log.message])


async def test_several_folders_and_one_of_them_lost(tmp_path: Path) -> None:
    one = make_workspace(tmp_path / "one")
    two = make_workspace(tmp_path / "two", {"b.py": "class OnlyInTwo: ...\n"})
    async with editing(one, tmp_path / "state", folders=[one, two, tmp_path / "lost"]) as editor:
        await editor.indexed()
        assert await names(editor, "OnlyInTwo") == [(two / "b.py").as_uri()]
        assert (one / "app/server.py").as_uri() in await names(editor, "Server")
        hits = await editor.execute("dt6.search", "OnlyInTwo")
        assert hits[0]["path"] == "two/b.py"
        await editor.until(lambda: [log for log in editor.log_messages if "lost" in log.message])


async def test_folders_come_and_go(tmp_path: Path) -> None:
    one = make_workspace(tmp_path / "one")
    two = make_workspace(tmp_path / "two & more", {"b.py": "class OnlyInTwo: ...\n"})
    async with editing(one, tmp_path / "state") as editor:
        await editor.indexed()
        await change(editor, added=two)
        await editor.until(lambda: len(editor.ended_bars()) == 2)
        assert await names(editor, "OnlyInTwo") == [(two / "b.py").as_uri()]
        await change(editor, removed=one)
        await editor.until(lambda: len(editor.ended_bars()) == 3)
        assert await names(editor, "Server") == []
        assert await names(editor, "OnlyInTwo")
        await change(editor, removed=two)
        assert await names(editor, "OnlyInTwo") == []


async def change(editor: Editor, *, added: Path | None = None, removed: Path | None = None) -> None:
    def folder(path: Path | None) -> list[types.WorkspaceFolder]:
        return [] if path is None else [types.WorkspaceFolder(path.as_uri(), path.name)]

    event = types.WorkspaceFoldersChangeEvent(added=folder(added), removed=folder(removed))
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


async def test_an_old_client_names_its_folder_by_path(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(None, tmp_path / "state", root_path=root) as editor:
        await editor.indexed()
        assert await names(editor, "Server")
