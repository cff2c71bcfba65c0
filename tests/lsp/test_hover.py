"""What a hover shows beyond the index: the last change, and a model's explanation. In real sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types

from tests.git_workspaces import git
from tests.lsp.harness import PATIENCE_SECONDS, VSCODE, Editor, editing, make_workspace
from tests.servers.model_server import ModelServer, Reply, Stall

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "It waits for requests on a port ![x](https://evil.example/x.png)."


def settings(server: ModelServer, explain: str = "on") -> dict[str, Any]:
    chat = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "routing": {"confirm_seconds": 0}}
    return {**chat, "hover": {"explain": explain}}


async def text_of(editor: Editor, uri: str, line: int = 4, character: int = 5) -> str:
    """A hover over `Server` in app/windows.py, unless it is said where."""
    found = await editor.hover(uri, line, character)
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def shown(editor: Editor, uri: str, words: str, line: int = 4, character: int = 5) -> str:
    """The first hover that has these words."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while words not in (text := await text_of(editor, uri, line, character)):
            pass  # each answer is the event that the next question waits for
    return text


async def test_an_explanation_is_written_for_the_next_hover_and_outlasts_the_session(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Reply(WORDS))
        async with editing(root, tmp_path / "state", settings=settings(server)) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/windows.py")
            assert "Explained by" not in await text_of(editor, uri)
            text = await shown(editor, uri, "Explained by `llama3.2:latest` (ollama).")
            assert "It waits for requests on a port x." in text
            assert "evil" not in text
        async with editing(root, tmp_path / "state", settings=settings(server, "request")) as editor:
            await editor.indexed()
            await shown(editor, editor.open(root / "app/windows.py"), "Explained by")
        assert len(server.chats) == 1


@pytest.mark.parametrize("explain", ["request", "off"])
async def test_nothing_is_written_unless_that_is_wished(tmp_path: Path, explain: str) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        async with editing(root, tmp_path / "state", settings=settings(server, explain)) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/windows.py")
            for _ in range(5):
                assert "Explained by" not in await text_of(editor, uri)
        assert server.chats == []


async def test_the_setting_changes_while_the_server_runs(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Reply(WORDS))
        async with editing(root, tmp_path / "state", settings=settings(server, "off")) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/windows.py")
            assert "Explained by" not in await text_of(editor, uri)
            editor.set_configuration(settings(server, "on"), section="dt6")
            editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
            await shown(editor, uri, "Explained by")


async def test_a_model_that_stalls_holds_up_no_hover_and_no_end(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Stall(tokens=1))
        async with editing(root, tmp_path / "state", settings=settings(server)) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/windows.py")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not server.chats:
                    await text_of(editor, uri)
            async with asyncio.timeout(5):
                assert "Explained by" not in await text_of(editor, uri)


async def test_the_last_change_is_there_at_the_next_hover(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    git(root, "init")
    git(root, "add", "-A")
    git(root, "commit", "-m", "Begin <b>well</b>", "--date=2024-03-01T12:00:00+0000")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        uri = editor.open(root / "app/windows.py")
        assert "changed" not in await text_of(editor, uri)
        text = await shown(editor, uri, "Last changed 2024-03-01: Begin &lt;b>well&lt;/b>")
        assert f"[`app/server.py:4`]({(root / 'app/server.py').as_uri()}#L4)" in text


async def test_an_editor_without_markdown_gets_plain_text(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    from pytest_lsp import client_capabilities

    capabilities = client_capabilities(VSCODE)
    assert capabilities.text_document is not None
    capabilities.text_document.hover = types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText])
    async with editing(root, tmp_path / "state", editor=capabilities) as editor:
        await editor.indexed()
        text = await text_of(editor, editor.open(root / "app/windows.py"))
    assert text.startswith("class Server\n\nAnswers requests.\n\nclass Server, defined at app/server.py:4")
    assert "`" not in text
    assert "](" not in text
