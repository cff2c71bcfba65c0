"""Changes that no editor tells of are found all the same, unless the user does not want that."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lsprotocol import types

from tests.lsp.harness import editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor


async def _found(editor: Editor, name: str) -> bool:
    symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(name)) or []
    return any(symbol.name == name for symbol in symbols)


async def test_a_file_that_another_program_wrote_and_took_away(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        (root / "fresh").mkdir()
        (root / "fresh" / "made.py").write_text("def made_behind_its_back() -> None: ...\n", encoding="utf-8")
        while not await _found(editor, "made_behind_its_back"):
            pass  # each answer is the event that the next question waits for
        (root / "fresh").rename(root / "moved")
        (root / "moved" / "made.py").unlink()
        while await _found(editor, "made_behind_its_back"):
            pass


async def test_watching_can_be_switched_off(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings={"index": {"watch": False}}) as editor:
        await editor.indexed()
        (root / "other.py").write_text("def made_behind_its_back() -> None: ...\n", encoding="utf-8")
        uri = (root / "app" / "server.py").as_uri()
        (root / "app" / "server.py").write_text("def saved_by_the_editor() -> None: ...\n", encoding="utf-8")
        editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        while not await _found(editor, "saved_by_the_editor"):
            pass
        assert not await _found(editor, "made_behind_its_back")


async def test_an_index_that_somebody_removed_is_built_anew_without_being_asked(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    (root / "here.py").write_text("def still_here() -> None: ...\n", encoding="utf-8")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        assert await _found(editor, "still_here")
        (ledger,) = (tmp_path / "state").rglob("ledger.sqlite3")
        shutil.rmtree(ledger.parent)
        assert not await _found(editor, "still_here")
        while not await _found(editor, "still_here"):
            pass
