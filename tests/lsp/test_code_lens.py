"""Code lenses and the command behind them, in a real session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from dt6_lsp.server.convert import to_path
from tests.lsp.harness import FILES, NEOVIM, VSCODE, Editor, editing, make_workspace
from tests.servers.model_server import ModelServer, Reply

TEST = "from app.server import Server\n\n\ndef test_it_starts() -> None:\n    Server().start(1)\n"
WITH_TESTS = {**FILES, "tests/test_server.py": TEST}


async def lenses(editor: Editor, uri: str) -> list[types.CodeLens]:
    found = await editor.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    return list(found or ())


async def titles(editor: Editor, uri: str) -> list[tuple[int, str]]:
    """By line, as an editor shows them once they are resolved."""
    shown = [await editor.code_lens_resolve_async(lens) for lens in await lenses(editor, uri) if lens.data]
    return [(lens.range.start.line, lens.command.title) for lens in shown if lens.command]


async def test_a_lens_counts_uses_and_tests_and_its_command_lists_them(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work", WITH_TESTS)
    async with editing(root, tmp_path / "state", editor=VSCODE) as editor:
        await editor.indexed()
        uri = editor.open(root / "app/server.py")
        assert await titles(editor, uri) == [
            (3, "used by 4"), (3, "1 test"), (6, "used by 2"), (6, "1 test"), (11, "not used"), (11, "no tests"),
        ]  # fmt: skip
        lens = await editor.code_lens_resolve_async((await lenses(editor, uri))[0])
        assert lens.command is not None
        assert lens.range == types.Range(types.Position(3, 6), types.Position(3, 12))
        result = await editor.execute(lens.command.command, *(lens.command.arguments or ()))
        assert (result["name"], result["count"], len(result["references"])) == ("Server", 4, 4)
        places = {(each["uri"].rpartition("/")[2], each["range"]["start"]["line"]) for each in result["references"]}
        assert places == {("faces.py", 2), ("server.py", 12), ("windows.py", 4), ("test_server.py", 4)}
        page = (await editor.until(lambda: shown_pages(editor)))[0]
        assert "# Uses of Server" in page
        link = f"- [tests/test_server.py:5]({(root / 'tests/test_server.py').as_uri()}#L5)"
        assert f"{link} in `test_it_starts`: `Server().start(1)`" in page


def shown_pages(editor: Editor) -> list[str]:
    return [Path(path).read_text(encoding="utf-8") for each in editor.shown_documents if (path := to_path(each.uri))]


async def test_a_lens_has_its_definition_explained(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Reply("It listens on a port."))
        chat = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}}
        async with editing(root, tmp_path / "state", settings=chat) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/server.py")
            commands = [(lens.range.start.line, lens.command) for lens in await lenses(editor, uri) if lens.command]
            assert [(line, command.title) for line, command in commands] == [
                (3, "explain"),
                (6, "explain"),
                (11, "explain"),
            ]
            _, command = commands[1]
            await editor.execute(command.command, *(command.arguments or ()))
            assert "It listens on a port." in (await editor.until(lambda: shown_pages(editor)))[-1]
            assert 'note="what the task is about">\n    def start(self, port: int)' in server.chats[0].prompt
            hover = await editor.hover(uri, 6, 9)
            assert hover is not None
            assert "Explained by" in str(hover.contents)


async def test_lenses_see_the_buffer_and_can_be_turned_off(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=VSCODE) as editor:
        await editor.indexed()
        await editor.until(lambda: editor.refreshed_lenses)  # after the first run
        uri = editor.open(root / "app/new.py", text="\n\ndef fresh(): ...\n\nfresh()\n")
        assert await titles(editor, uri) == [(2, "used by 1"), (2, "no tests")]
        editor.set_configuration({"lens": {"enabled": False}}, section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
        await editor.until(lambda: editor.refreshed_lenses > 1)
        assert await lenses(editor, uri) == []


async def test_a_client_that_can_not_be_asked_is_not(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=NEOVIM) as editor:
        await editor.indexed()
        assert await lenses(editor, editor.open(root / "app/server.py"))
    assert editor.refreshed_lenses == 0


async def test_a_client_that_can_be_asked_looks_again_when_the_index_has_changed(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=VSCODE) as editor:
        await editor.indexed()
        await editor.until(lambda: editor.refreshed_lenses)
        before = editor.refreshed_lenses
        (root / "app/more.py").write_text("from app.server import Server\n\nServer()\n", encoding="utf-8")
        await editor.execute("dt6.index")
        await editor.until(lambda: editor.refreshed_lenses > before)
        uri = editor.open(root / "app/server.py")
        assert (await titles(editor, uri))[0] == (3, "used by 4")


async def test_what_has_no_place_in_the_index_has_no_lens(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    capabilities = client_capabilities(VSCODE)
    async with editing(root, tmp_path / "state", editor=capabilities) as editor:
        await editor.indexed()
        for uri in ("untitled:Untitled-1", (tmp_path / "outside.py").as_uri()):
            assert await lenses(editor, editor.open(root, text="def f(): ...\n", uri=uri)) == []
        assert await lenses(editor, (root / "never-opened.py").as_uri()) == []


@pytest.mark.parametrize("data", [None, 5, {"what": "uses"}, {"what": "x", "path": "a", "name": "b", "line": 1}])
async def test_a_lens_that_is_not_ours_is_refused(tmp_path: Path, data: Any) -> None:
    where = types.Range(types.Position(0, 0), types.Position(0, 1))
    async with editing(make_workspace(tmp_path / "work"), tmp_path / "state") as editor:
        with pytest.raises(JsonRpcException) as caught:
            await editor.code_lens_resolve_async(types.CodeLens(where, data=data))
    assert caught.value.code == types.ErrorCodes.InvalidParams.value


async def test_of_a_name_that_nothing_has_it_is_said_so(tmp_path: Path) -> None:
    async with editing(make_workspace(tmp_path / "work"), tmp_path / "state") as editor:
        await editor.indexed()
        with pytest.raises(JsonRpcException, match="no definition of 'nobody'"):
            await editor.execute("dt6.references", {"name": "nobody"})
        assert (await editor.execute("dt6.references", "Server.start"))["count"] == 1
