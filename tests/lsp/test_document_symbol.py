"""`textDocument/documentSymbol` and the resolving of `workspace/symbol`, over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, Editor, editing, make_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = 'class Größe:\n    😀 = "é"\n\n    def mäßig(self): ...\r\n\ndef last(): ...'


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["utf-8", "utf-16", "utf-32"])
async def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Editor, Path, str]]:
    folder = tmp_path_factory.mktemp("outline")
    root = make_workspace(folder / "work")
    capabilities = client_capabilities(VSCODE)
    assert capabilities.general is not None
    assert capabilities.workspace is not None
    capabilities.general.position_encodings = [types.PositionEncodingKind(request.param)]
    capabilities.workspace.symbol = types.WorkspaceSymbolClientCapabilities(
        resolve_support=types.ClientSymbolResolveOptions(properties=["location.range"])
    )
    async with editing(root, folder / "state", editor=capabilities) as editor:
        await editor.indexed()
        yield editor, root, request.param


async def outline(editor: Editor, uri: str) -> list[types.DocumentSymbol]:
    found = await editor.text_document_document_symbol_async(
        types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
    )
    assert found is not None
    assert all(isinstance(each, types.DocumentSymbol) for each in found)
    return list(found)  # type: ignore[arg-type]


async def test_a_document_without_a_name_has_an_outline(session: tuple[Editor, Path, str]) -> None:
    editor, root, encoding = session
    size = {"utf-8": len("Größe".encode()), "utf-16": 5, "utf-32": 5}[encoding]
    (cls, last) = await outline(editor, editor.open(root, text=TEXT, uri="untitled:Untitled-1"))
    assert (cls.name, cls.kind, cls.detail) == ("Größe", types.SymbolKind.Class, "class Größe")
    assert cls.range == types.Range(
        types.Position(0, 0), types.Position(3, len("    def mäßig(self): ...") + 2 * (encoding == "utf-8"))
    )
    assert cls.selection_range == types.Range(types.Position(0, 6), types.Position(0, 6 + size))
    assert [child.name for child in cls.children or ()][-1] == "mäßig"
    assert (last.name, last.range.end) == ("last", types.Position(5, len("def last(): ...")))


async def test_the_outline_is_of_the_buffer(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    uri = editor.open(root / "app/faces.py", text="def changed(): ...\n")
    assert [each.name for each in await outline(editor, uri)] == ["changed"]


async def test_the_name_lies_in_the_whole(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    texts = [
        "@a\n@b\ndef f(x,\n      y):\n  '''😀'''\n",
        "x = 1; y = 2\n",
        "class A:\n\tdef f(self): ...",
        "",
        "\ufeffx=1",
    ]
    todo = [
        each
        for number, text in enumerate(texts)
        for each in await outline(editor, editor.open(root, text, f"untitled:{number}"))
    ]
    assert len(todo) >= 5
    while todo:
        one = todo.pop()
        todo += one.children or ()
        whole, name = one.range, one.selection_range
        assert whole.start <= name.start <= name.end <= whole.end


async def test_a_document_that_is_not_open_has_none(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    params = types.DocumentSymbolParams(types.TextDocumentIdentifier((root / "never-opened.py").as_uri()))
    assert await editor.text_document_document_symbol_async(params) is None


async def test_a_symbol_gets_its_range_when_it_is_chosen(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("listen on a port"))
    assert found
    best = next(each for each in found if each.name == "start")
    assert isinstance(best, types.WorkspaceSymbol)
    uri = (root / "app/windows.py").as_uri()
    twice = next(each for each in await symbols(editor, "twice") if each.name == "twice")
    assert twice.location == types.LocationUriOnly(uri)
    editor.open(root / "app/windows.py", text='"😀"; \n\ndef twice(): ...\n')
    assert (await editor.workspace_symbol_resolve_async(twice)).location == types.Location(
        uri, types.Range(types.Position(2, 4), types.Position(2, 9))
    )


async def symbols(editor: Editor, query: str) -> list[types.WorkspaceSymbol]:
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query))
    return [each for each in found or () if isinstance(each, types.WorkspaceSymbol)]


@pytest.mark.parametrize("data", [None, {}, 3, {"path": "a.py", "name": "f", "line": "x", "column": 0}, {"path": 1}])
async def test_a_symbol_that_is_not_ours_is_refused(session: tuple[Editor, Path, str], data: Any) -> None:
    editor, root, _ = session
    ours = types.WorkspaceSymbol(types.LocationUriOnly(root.as_uri()), "f", types.SymbolKind.Function, data=data)
    with pytest.raises(JsonRpcException) as caught:
        await editor.workspace_symbol_resolve_async(ours)
    assert caught.value.code == types.ErrorCodes.InvalidParams.value


async def test_a_path_outside_of_the_workspace_is_refused(session: tuple[Editor, Path, str]) -> None:
    editor, root, _ = session
    data = {"path": "../secret.py", "name": "f", "line": 1, "column": 0}
    ours = types.WorkspaceSymbol(types.LocationUriOnly(root.as_uri()), "f", types.SymbolKind.Function, data=data)
    with pytest.raises(JsonRpcException):
        await editor.workspace_symbol_resolve_async(ours)


async def test_an_old_client_gets_a_flat_outline_and_whole_symbols(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    capabilities = client_capabilities(NEOVIM)
    assert capabilities.text_document is not None
    assert capabilities.workspace is not None
    capabilities.text_document.document_symbol = types.DocumentSymbolClientCapabilities()
    capabilities.workspace.symbol = None
    async with editing(None, tmp_path / "state", editor=capabilities) as editor:
        uri = editor.open(root / "app/server.py")
        found = await editor.text_document_document_symbol_async(
            types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
        )
    assert found is not None
    assert [(each.name, getattr(each, "container_name", "")) for each in found] == [
        ("Server", None), ("start", "Server"), ("main", None)
    ]  # fmt: skip
    assert all(isinstance(each, types.SymbolInformation) and each.location.uri == uri for each in found)
