"""How the server behaves while an editor is used: answers to a text that is gone, traces, requests under way when
everything starts anew."""

from __future__ import annotations

import asyncio
import json
import select
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.harness import editing, environment, make_workspace
from tests.lsp.raw import frame, raw_server
from tests.servers.model_server import ModelServer, Reply, Stall

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.raw import Raw

URI = "file:///src/a.py"
HOVER = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}


def message(method: str, params: object, msg_id: int | None = None) -> bytes:
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
    return frame(json.dumps(body if msg_id is None else {**body, "id": msg_id}, separators=(",", ":")).encode())


def changed(text: str, version: int) -> bytes:
    document = {"uri": URI, "version": version}
    return message("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})


def opened(text: str) -> bytes:
    document = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    return message("textDocument/didOpen", {"textDocument": document})


async def together(server: Raw, *messages: bytes) -> dict[str, Any]:
    """A pipe takes this much at once, so that all of them are there before a request has begun."""
    sent = b"".join(messages)
    assert len(sent) <= select.PIPE_BUF
    server.send_bytes(sent)
    return await server.answer()


async def test_an_answer_about_a_text_that_changed_meanwhile_is_not_sent(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        hover = message("textDocument/hover", HOVER, 7)
        answer = await together(server, opened("x = 1\n"), hover, changed("\nx = 1\n", 2))
        assert (answer["id"], answer["error"]["code"]) == (7, -32801)
        assert "changed meanwhile" in answer["error"]["message"]
        closed = message("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert (await together(server, hover, closed))["error"]["code"] == -32801


async def test_a_change_that_changes_nothing_and_one_elsewhere_cost_no_answer(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        hover = message("textDocument/hover", HOVER, 7)
        answer = await together(server, opened("x = 1\n"), hover, changed("y = 2\n", 2), changed("x = 1\n", 3))
        assert answer == {"jsonrpc": "2.0", "id": 7, "result": None}
        symbols = message("workspace/symbol", {"query": "x"}, 8)
        assert (await together(server, symbols, changed("z = 3\n", 4)))["result"] == []


async def test_requests_are_traced_as_far_as_the_editor_says(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize(trace="messages")
        traced = []
        for level in (None, "verbose", "off"):
            if level:
                server.send(method="$/setTrace", params={"value": level})
            server.send(id=1, method="textDocument/hover", params=HOVER)
            while "id" not in (said := await server.receive()):
                traced += [said["params"]] if said["method"] == "$/logTrace" else []
        assert [each["message"].split(" in ")[0] for each in traced] == ["textDocument/hover answered"] * 2
        assert [URI in each.get("verbose", "") for each in traced] == [False, True]


async def test_an_answer_that_is_being_written_ends_before_folders_change(tmp_path: Path) -> None:
    one, two = make_workspace(tmp_path / "one"), make_workspace(tmp_path / "two", {"b.py": "class OnlyInTwo: ...\n"})
    with ModelServer() as server:
        settings = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "routing": {"confirm_seconds": 0}}
        async with editing(one, tmp_path / "state", settings=settings) as editor:
            await editor.indexed()
            server.enqueue(Reply("It starts [app/server.py:7-9], and then it waits for a while.", gap=0.05))
            question = {"question": "How does `start` listen?", "partialResultToken": "mine"}
            asked = asyncio.ensure_future(editor.request("dt6/ask", question))
            await editor.until(
                lambda: [each for each in editor.partial_results.get("mine", []) if each["kind"] == "token"]
            )
            added = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder(two.as_uri(), "two")], [])
            editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(added))
            answer = await asked
            assert answer["answer"].startswith("It starts")
            await editor.until(lambda: len(editor.ended_bars()) == 2)
            found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("OnlyInTwo"))
            assert found


async def test_trust_that_is_withdrawn_ends_what_a_model_is_writing(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        settings = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "routing": {"confirm_seconds": 0}}
        async with editing(root, tmp_path / "state", settings=settings) as editor:
            await editor.indexed()
            server.enqueue(Stall(3))
            question = {"question": "How does `start` listen?", "partialResultToken": "mine"}
            asked = asyncio.ensure_future(editor.request("dt6/ask", question))
            await editor.until(
                lambda: [each for each in editor.partial_results.get("mine", []) if each["kind"] == "token"]
            )
            editor.set_configuration({**settings, "workspace": {"trusted": False}}, section="dt6")
            editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
            with pytest.raises(JsonRpcException, match=r"started anew meanwhile.* Ask again"):
                await asked
            await asyncio.to_thread(server.chats[-1].wait_ended)
            assert server.chats[-1].closed_early
