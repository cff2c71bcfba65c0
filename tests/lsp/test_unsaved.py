"""What is typed and not saved: found in that editor, at once, and nowhere else."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from lsprotocol import types

from tests.lsp.harness import HERE, editing, environment, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor

NEW = '\n\ndef drain_the_queue(limit: int) -> None:\n    """Empty it, bit by bit."""\n    main()\n'


def type_at_the_end(editor: Editor, uri: str, text: str, version: int) -> None:
    end = types.Position(1000, 0)
    change = types.TextDocumentContentChangePartial(types.Range(end, end), text)
    editor.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), [change])
    )


async def symbols(editor: Editor, query: str) -> list[str]:
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query))
    return [item.name for item in found or []]


async def searched(editor: Editor) -> list[str]:
    hits = await editor.execute("dt6.search", "drain_the_queue")
    return [hit["path"] for hit in hits if "def drain_the_queue" in hit["text"]]


async def searched_by_command(root: Path, state: Path) -> str:
    command = (sys.executable, "-m", "dt6_lsp", "search", "--json", "--workspace", str(root), "drain_the_queue")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=HERE, env=environment(state), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode()


async def test_unsaved_text_is_known_to_its_own_editor_only(tmp_path: Path) -> None:
    root, state = make_workspace(tmp_path / "work"), tmp_path / "state"
    async with editing(root, state) as editor, editing(root, state) as other:
        await editor.indexed()
        await other.indexed()
        uri = editor.open(root / "app/server.py")
        type_at_the_end(editor, uri, NEW, 2)
        assert await symbols(editor, "drain") == ["drain_the_queue"]
        assert await searched(editor) == ["app/server.py"]
        fresh = editor.open(root / "app/fresh.py", "from app.server import drain_the_queue\n\ndrain_the_queue(3)\n")
        found = await editor.hover(fresh, 2, 4)
        assert found is not None
        assert isinstance(found.contents, types.MarkupContent)
        assert "Empty it, bit by bit." in found.contents.value
        answer = await editor.execute("dt6.ask", "What does drain_the_queue do?")
        assert "app/server.py" in {place["path"] for place in answer["citations"]}

        assert await symbols(other, "drain") == []
        assert await searched(other) == []
        assert "def drain_the_queue" not in await searched_by_command(root, state)

        for closed in (uri, fresh):
            editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(closed)))
        assert await symbols(editor, "drain") == []
        assert await searched(editor) == []
        stores = state / "data" / "workspaces"  # the answer that was asked for is kept, with what it quotes
        assert not [path for path in stores.rglob("*") if path.is_file() and b"def drain" in path.read_bytes()]
