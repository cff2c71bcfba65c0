"""`dt6/ask`: words that stream, an answer without a model, and stopping."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.harness import Editor, editing, make_workspace
from tests.servers.model_server import Cut, ModelServer, Refusal, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = "How does `start` listen on the port of the server?"
WORDS = (
    "It starts in start [app/server.py:7-9], which listens on the port that it is given, and then it waits for more."
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Editor, Path, ModelServer]]:
    """One editor and one model for all tests that leave both in order."""
    folder = tmp_path_factory.mktemp("asking")
    root = make_workspace(folder / "work")
    with ModelServer() as server:
        async with editing(root, folder / "state", settings=with_model(server)) as editor:
            await editor.indexed()
            yield editor, root, server


def with_model(server: ModelServer) -> dict[str, Any]:
    """It is asked for answers only, not what kind of question it is."""
    return {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "routing": {"confirm_seconds": 0}}


def pieces(editor: Editor, kind: str, token: str = "mine") -> list[dict[str, Any]]:
    return [value for value in editor.partial_results.get(token, []) if value["kind"] == kind]


Asking = tuple[Editor, "Path", ModelServer]


async def test_the_words_of_a_model_stream(asking: Asking) -> None:
    editor, _, server = asking
    server.enqueue(Reply(WORDS))
    answer = await editor.request("dt6/ask", {"question": QUESTION, "partialResultToken": "stream"})
    assert "".join(piece["text"] for piece in pieces(editor, "token", "stream")) == WORDS
    assert pieces(editor, "routed", "stream")
    assert pieces(editor, "retrieved", "stream")[0]["hits"]
    assert (answer["backend"], answer["model"]) == ("ollama", "llama3.2:latest")
    assert answer["citations"] == [{"path": "app/server.py", "start_line": 7, "end_line": 9}]
    assert answer["prompt_tokens"] > 0


async def test_what_two_ask_at_once_is_written_once(tmp_path: Path) -> None:
    """The model's answer is held until the second question has got the beginning of it, which came before it asked."""
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Reply(WORDS, held=True), Reply("A second answer, which nobody should have been asked for."))
        async with editing(root, tmp_path / "state", settings=with_model(server)) as editor:
            await editor.indexed()
            asked = []
            for token in ("one", "two"):
                params = {"question": QUESTION, "partialResultToken": token}
                asked.append(asyncio.ensure_future(editor.request("dt6/ask", params)))
                await editor.until(partial(pieces, editor, "token", token))
            server.let_go()
            first, second = await asyncio.gather(*asked)
        assert first["answer"] == second["answer"]
        assert "It starts in start" in first["answer"]
        for token in ("one", "two"):
            assert "".join(piece["text"] for piece in pieces(editor, "token", token)) == WORDS
        assert len(server.chats) == 1


async def test_a_kept_answer_is_given_until_it_is_not_wanted_or_cleared(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        async with editing(root, tmp_path / "state", settings=with_model(server)) as editor:
            await editor.indexed()

            async def ask(**params: bool | str) -> tuple[bool, int]:
                """Whether the answer was kept from before, and how often the model has been asked by now."""
                server.enqueue(Reply(WORDS))
                return (await editor.request("dt6/ask", {"question": QUESTION, **params}))["cached"], len(server.chats)

            assert await ask() == (False, 1)
            assert await ask() == (True, 1)
            assert await ask(use_cache=False) == (False, 2)
            assert await ask(use_cache=True) == (True, 2)
            gone = await editor.execute("dt6.clearCache")
            assert gone["answers"] == 1
            assert gone["bytes"] > 0
            assert await ask(conversation="another") == (False, 3), "the model is told nothing, so it is kept"
            assert (await editor.execute("dt6.clearCache", {}))["answers"] == 1
            assert await editor.execute("dt6.clearCache") == {"answers": 0, "bytes": 0}


async def test_what_the_user_marked_is_in_the_prompt(asking: Asking) -> None:
    editor, root, server = asking
    uri = editor.open(root / "app/faces.py", text='only_in_the_buffer = "😀é"; marked_part = 1\n')
    marked = types.Range(types.Position(0, 28), types.Position(0, 43))
    named = (root / "README.md").as_uri()
    await editor.request(
        "dt6/ask", {"question": "What is it?", "uri": uri, "range": plain_range(marked), "files": [named]}
    )
    prompt = server.chats[-1].prompt
    assert "marked_part = 1" in prompt
    assert "The server listens on a port." in prompt


def plain_range(chosen: types.Range) -> dict[str, Any]:
    ends = {"start": chosen.start, "end": chosen.end}
    return {name: {"line": end.line, "character": end.character} for name, end in ends.items()}


async def test_without_a_model_the_workspace_itself_answers(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        answer = await editor.request("dt6/ask", {"question": QUESTION, "workDoneToken": None})
        assert answer["backend"] == "none"
        assert "app/server.py" in {cited["path"] for cited in answer["citations"]}


async def test_cancelling_answers_at_once_and_closes_the_stream(asking: Asking) -> None:
    editor, _, server = asking
    server.enqueue(Stall(tokens=2))
    params = {"question": QUESTION, "partialResultToken": "mine"}
    asked = asyncio.ensure_future(editor.raw_request("dt6/ask", params, "question"))
    await editor.until(lambda: len(pieces(editor, "token")) == 2)
    editor.cancel_request(types.CancelParams("question"))
    with pytest.raises(JsonRpcException) as failure:
        await asked
    assert failure.value.code == -32800
    assert await asyncio.to_thread(server.chats[-1].wait_ended)
    assert server.chats[-1].closed_early
    assert len(pieces(editor, "token")) == 2
    server.enqueue(Reply(WORDS))
    assert (await editor.request("dt6/ask", {"question": QUESTION}))["backend"] == "ollama"


async def test_cancelling_the_bar_of_a_command_stops_it_too(asking: Asking) -> None:
    editor, _, server = asking
    server.enqueue(Stall(tokens=2))
    before = len(server.chats)
    asked = asyncio.ensure_future(editor.execute("dt6.ask", QUESTION, token="bar"))
    assert await asyncio.to_thread(server.wait_until, lambda: len(server.chats) > before)
    editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("bar"))
    with pytest.raises(JsonRpcException) as failure:
        await asked
    assert failure.value.code == -32800
    assert editor.bars["bar"][-1].message == "Cancelled."
    assert editor.shown_documents == []


@pytest.mark.parametrize("trouble", [Refusal(500), Cut(tokens=3)])
async def test_a_model_in_trouble_still_leaves_an_answer(asking: Asking, trouble: Refusal | Cut) -> None:
    editor, _, server = asking
    server.enqueue(trouble)
    assert (await editor.request("dt6/ask", {"question": QUESTION}))["answer"]


async def test_shutdown_while_a_model_stalls(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        server.enqueue(Stall(tokens=0))
        async with editing(root, tmp_path / "state", settings=with_model(server)) as editor:
            await editor.indexed()
            asked = asyncio.ensure_future(editor.request("dt6/ask", {"question": QUESTION}))
            assert await asyncio.to_thread(server.wait_for, "/api/chat")
            await editor.shutdown_session()
            with pytest.raises(JsonRpcException) as failure:
                await asked
            assert failure.value.code == -32800
            assert await editor.exit_code() == 0
