"""Hover and `workspace/symbol` in the encodings that editors count in. One server for each encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import VSCODE, Editor, editing, make_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNITS = {"utf-8": 7, "utf-16": 4, "utf-32": 3}  # of 😀é and the quote before it


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(UNITS))
async def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Editor, Path, str]]:
    folder = tmp_path_factory.mktemp("hover")
    root = make_workspace(folder / "work")
    capabilities = client_capabilities(VSCODE)
    assert capabilities.general is not None
    capabilities.general.position_encodings = [types.PositionEncodingKind(request.param)]
    async with editing(root, folder / "state", editor=capabilities) as editor:
        await editor.indexed()
        yield editor, root, request.param


def text_of(found: types.Hover | None) -> str:
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    assert found.contents.kind == types.MarkupKind.Markdown
    return found.contents.value


async def test_hover_after_an_emoji(session: tuple[Editor, Path, str]) -> None:
    editor, root, encoding = session
    uri = editor.open(root / "app/faces.py")
    line = 'SMILE = "😀é"; smiling = Server()'
    start = len('SMILE = "😀é"; smiling = '.encode(f"{encoding}-le" if encoding != "utf-8" else encoding))
    start //= {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    assert line.index("Server") != start or encoding == "utf-32"
    for character in (start, start + 3):
        found = await editor.hover(uri, 2, character)
        assert "Answers requests." in text_of(found)
        assert found is not None
        assert found.range == types.Range(types.Position(2, start), types.Position(2, start + len("Server")))


async def test_hover_in_a_file_with_crlf(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    uri = editor.open(root / "app/windows.py")
    found = await editor.hover(uri, 4, 5)
    assert "class Server" in text_of(found)
    assert found is not None
    assert found.range == types.Range(types.Position(4, 4), types.Position(4, 10))


async def test_hover_sees_the_buffer_and_not_the_file(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    uri = editor.open(root / "app/new.py", text="\n\n")
    change = types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(1, 0), types.Position(1, 0)), text="x = Server()"
    )
    identifier = types.VersionedTextDocumentIdentifier(2, uri)
    editor.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
    assert "Answers requests." in text_of(await editor.hover(uri, 1, 5))


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "vscode-notebook-cell:/a/b.ipynb#W0", "git:/a/b.py?ref=x"])
async def test_hover_in_what_is_no_file(session: tuple[Editor, Path, str], uri: str) -> None:
    editor, root, _ = session
    editor.open(root, text="Server()", uri=uri)
    assert "Answers requests." in text_of(await editor.hover(uri, 0, 1))


async def test_hover_where_there_is_nothing(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    uri = editor.open(root / "app/server.py")
    assert await editor.hover(uri, 1, 0) is None
    assert await editor.hover(uri, 900, 900) is None
    assert await editor.hover((root / "app/never-opened.py").as_uri(), 0, 0) is None


async def test_symbols_name_the_place_of_the_name(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    editor.open(root / "app/faces.py")
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("Server"))
    assert found
    best = found[0]
    assert isinstance(best, types.SymbolInformation)
    assert (best.name, best.kind) == ("Server", types.SymbolKind.Class)
    assert best.location == types.Location(
        (root / "app/server.py").as_uri(), types.Range(types.Position(3, 6), types.Position(3, 12))
    )
    smiling = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("start"))
    assert smiling
    assert {one.container_name for one in smiling} == {"Server"}
    assert await editor.workspace_symbol_async(types.WorkspaceSymbolParams("nothing_like_this")) == []
