"""Models from an editor: which there are, and another one while answers are being written."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.harness import Editor, editing, make_workspace
from tests.servers.model_server import Installed, ModelServer, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

QUESTION = "How does `start` listen on the port of the server?"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
SLOW = Reply("It starts in start, and then it waits for more of what comes.", gap=0.05)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    models = [Installed("small:latest"), Installed("eyes:latest", ("completion", "vision"), 4096)]
    with ModelServer(models, [Installed("big")]) as running:
        yield running


@pytest.fixture
async def editor(tmp_path: Path, server: ModelServer) -> AsyncIterator[Editor]:
    settings = with_models(server, {"backend": "ollama", "model": "small"})
    async with editing(make_workspace(tmp_path / "work"), tmp_path / "state", settings=settings) as editor:
        await editor.indexed()
        yield editor


def with_models(server: ModelServer, chat: dict[str, Any]) -> dict[str, Any]:
    gpu = {"kind": "openai", "url": server.openai_url, "apiKey": "secret", "model": "big"}
    return {"chat": chat, "ollama": {"url": server.url}, "backends": {"gpu": gpu}, "routing": {"confirm_seconds": 0}}


async def ask(editor: Editor, question: str = QUESTION, token: str = "mine") -> dict[str, Any]:
    answer: dict[str, Any] = await editor.request("dt6/ask", {"question": question, "partialResultToken": token})
    return answer


def begun(editor: Editor, token: str) -> bool:
    return any(value["kind"] == "token" for value in editor.partial_results.get(token, []))


async def test_the_models_of_every_server_with_what_they_can_and_which_is_in_use(editor: Editor) -> None:
    said = await editor.execute("dt6.models")
    ollama, openai, gpu = said["servers"]
    assert (ollama["backend"], openai["reachable"], gpu["kind"]) == ("ollama", False, "openai")
    assert [model["name"] for model in ollama["models"] if model["in_use"]] == ["small:latest"]
    eyes = ollama["models"][1]
    assert (eyes["context_tokens"], eyes["capabilities"]) == (4096, ["completion", "vision"])
    assert [model["name"] for model in gpu["models"]] == ["big"]
    assert gpu["health"]["state"] == "closed"
    assert said["choice"]["model"] == "small"
    assert "secret" not in str(said)


async def test_a_switch_holds_from_the_next_question_on(editor: Editor) -> None:
    assert (await editor.execute("dt6.switchModel", {"backend": "gpu"}))["model"] == "big"
    answer = await ask(editor)
    assert (answer["backend"], answer["model"]) == ("gpu", "big")
    assert (await editor.execute("dt6.switchModel", "eyes@ollama"))["context_tokens"] == 4096
    assert (await ask(editor))["model"] == "eyes"
    assert (await editor.execute("dt6.switchModel"))["model"] == "small"


@pytest.mark.parametrize(
    ("wanted", "said"), [({"model": "absent"}, "`ollama pull absent`"), ({"backend": "azure"}, "no backend 'azure'")]
)
async def test_what_is_not_there_is_not_switched_to(editor: Editor, wanted: dict[str, str], said: str) -> None:
    with pytest.raises(JsonRpcException, match=said):
        await editor.execute("dt6.switchModel", wanted)
    assert (await ask(editor))["model"] == "small"


async def test_neither_a_switch_nor_other_settings_break_an_answer_in_flight(
    editor: Editor, server: ModelServer
) -> None:
    server.enqueue(SLOW, SLOW)
    first = asyncio.ensure_future(ask(editor, token="first"))
    await editor.until(lambda: begun(editor, "first"))
    await editor.execute("dt6.switchModel", {"backend": "gpu"})
    second = asyncio.ensure_future(ask(editor, token="second"))
    await editor.until(lambda: begun(editor, "second"))
    settings = with_models(server, {"backend": "ollama", "model": "eyes"})
    settings["backends"] = {}
    editor.set_configuration(settings, section="dt6")
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    assert [(answer["model"], answer["answer"]) for answer in await asyncio.gather(first, second)] == [
        ("small", SLOW.text),
        ("big", SLOW.text),
    ]
    assert (await ask(editor))["model"] == "eyes", "settings that name another model end a switch"
    assert len(editor.ended_bars()) == 1, "the workspace is not indexed again for it"


async def test_a_question_with_an_image_that_the_editor_names(
    editor: Editor, server: ModelServer, tmp_path: Path
) -> None:
    shot = tmp_path / "work" / "a shot.png"
    shot.write_bytes(PNG)
    await editor.execute("dt6.switchModel", "eyes")
    for image in (shot.as_uri(), "a shot.png", str(shot), "data:image/png;base64," + base64.b64encode(PNG).decode()):
        answer = await editor.request("dt6/ask", {"question": QUESTION, "images": [image]})
        assert answer["model"] == "eyes"
        assert server.chats[-1].images == [PNG]
    for image, said in (
        ("https://example.org/x.png", "fetches none"),
        ("../x.png", "not in this workspace"),
        ("x.png", "no image"),
    ):
        with pytest.raises(JsonRpcException, match=said):
            await editor.request("dt6/ask", {"question": QUESTION, "images": [image]})


async def test_a_switch_outlasts_a_change_of_folders(editor: Editor, tmp_path: Path) -> None:
    await editor.execute("dt6.switchModel", {"backend": "gpu"})
    more = make_workspace(tmp_path / "more")
    added = [types.WorkspaceFolder(more.as_uri(), "more")]
    event = types.WorkspaceFoldersChangeEvent(added=added, removed=[])
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await editor.until(lambda: len(editor.ended_bars()) == 2)
    assert (await ask(editor))["model"] == "big"
