"""`dt6.explain`, and the pages that grow while they are written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, Editor, editing, make_workspace
from tests.lsp.test_asking import with_model
from tests.lsp.test_commands import path_of
from tests.servers.model_server import ModelServer, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = "It listens on the port that it is given [app/server.py:7-9]."
KEYS = {
    "answer", "place", "citations", "backend", "model", "cached", "notice", "prompt_tokens", "completion_tokens",
}  # fmt: skip
START = {"path": "app/server.py", "start_line": 7, "end_line": 9}
Explaining = tuple[Editor, "Path", ModelServer]


def taking_content() -> types.ClientCapabilities:
    """An editor whose documents may be the server's. None was recorded that can."""
    capabilities = client_capabilities(VSCODE)
    assert capabilities.workspace
    capabilities.workspace.text_document_content = types.TextDocumentContentClientCapabilities()
    return capabilities


def at(line: int, character: int, end: tuple[int, int] | None = None) -> dict[str, Any]:
    start = {"line": line, "character": character}
    return {"start": start, "end": start if end is None else {"line": end[0], "character": end[1]}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Explaining]:
    folder = tmp_path_factory.mktemp("explaining")
    root = make_workspace(folder / "work")
    with ModelServer() as server:
        async with editing(root, folder / "state", editor=taking_content(), settings=with_model(server)) as editor:
            await editor.indexed()
            yield editor, root, server


async def content(editor: Editor, uri: str) -> str:
    params = types.TextDocumentContentParams(uri)
    return (await editor.workspace_text_document_content_async(params)).text


async def opened(editor: Editor, before: int) -> str:
    """The URI of the page that was opened after `before` others."""
    return (await editor.until(lambda: editor.shown_documents[before:]))[0].uri


async def test_a_page_opens_with_the_first_words_and_grows(session: Explaining) -> None:
    editor, root, server = session
    uri, before = editor.open(root / "app/server.py"), len(editor.shown_documents)
    server.enqueue(Reply(WORDS, held=True))
    asked = asyncio.ensure_future(editor.execute("dt6.explain", {"uri": uri, "range": at(6, 9)}))
    page = await opened(editor, before)
    assert page.startswith("dt6:/")
    assert (await content(editor, page)).startswith("# Explain `Server.start`\n\nIt")
    assert not asked.done()
    server.let_go()
    answer = await asked
    assert set(answer) == KEYS
    assert (answer["place"], answer["backend"], answer["cached"]) == (START, "ollama", False)
    await editor.until(lambda: page in editor.refreshed)
    whole = await content(editor, page)
    assert "It listens on the port that it is given" in whole
    assert "Written by llama3.2:latest" in whole
    assert (root / "app/server.py").as_uri() in whole
    hover = await editor.hover(uri, 6, 9)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "It listens on the port" in hover.contents.value, "a hover shows it from then on"
    assert (await editor.execute("dt6.explain", "Server.start"))["cached"] is True


async def test_lines_are_explained_and_open_no_page_for_who_wants_none(session: Explaining) -> None:
    editor, root, server = session
    uri, before = editor.open(root / "app/faces.py"), len(editor.shown_documents)
    server.enqueue(Reply("A face that smiles."))
    marked = {"uri": uri, "range": at(2, 0, (3, 0)), "show": False}
    answer = await editor.execute("dt6.explain", marked)
    assert answer["answer"] == "A face that smiles."
    assert answer["place"] == {"path": "app/faces.py", "start_line": 3, "end_line": 3}
    assert 'SMILE = "😀é"' in server.chats[-1].prompt
    assert len(editor.shown_documents) == before


async def test_a_file_that_is_not_open_is_read_and_one_that_is_nowhere_is_refused(session: Explaining) -> None:
    editor, root, server = session
    server.enqueue(Reply("It makes two."))
    where = {"uri": (root / "app/windows.py").as_uri(), "range": at(3, 5), "show": False}
    answer = await editor.execute("dt6.explain", where)
    assert answer["place"] == {"path": "app/windows.py", "start_line": 4, "end_line": 5}
    outside = {"uri": (root.parent / "elsewhere.py").as_uri(), "range": at(0, 0)}
    with pytest.raises(JsonRpcException, match=r"elsewhere\.py is neither open nor a text of this workspace"):
        await editor.execute("dt6.explain", outside)
    with pytest.raises(JsonRpcException, match="no definition of 'nothing_like_it'"):
        await editor.execute("dt6.explain", "nothing_like_it")
    with pytest.raises(JsonRpcException, match="needs 'symbol', or 'uri' and 'range'"):
        await editor.execute("dt6.explain", {"uri": (root / "app/windows.py").as_uri()})


@pytest.mark.parametrize("by_bar", [True, False])
async def test_it_stops_when_it_is_told_to_and_the_page_says_so(session: Explaining, by_bar: bool) -> None:
    editor, _, server = session
    before = len(editor.shown_documents)
    await editor.execute("dt6.clearCache")
    server.enqueue(Stall(tokens=2))
    params = types.ExecuteCommandParams("dt6.explain", ["twice"], work_done_token=f"bar{by_bar}")
    editor.bars.setdefault(f"bar{by_bar}", [])
    asked = asyncio.ensure_future(editor.raw_request("workspace/executeCommand", params, f"explain{by_bar}"))
    page = await opened(editor, before)
    if by_bar:
        editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(f"bar{by_bar}"))
    else:
        editor.cancel_request(types.CancelParams(f"explain{by_bar}"))
    with pytest.raises(JsonRpcException) as failure:
        await asked
    assert failure.value.code == -32800
    assert await asyncio.to_thread(server.chats[-1].wait_ended)
    assert server.chats[-1].closed_early
    assert "*Stopped.*" in await content(editor, page)
    assert isinstance(editor.bars[f"bar{by_bar}"][-1], types.WorkDoneProgressEnd)


async def test_an_answer_and_the_architecture_grow_on_a_page_too(session: Explaining) -> None:
    editor, _, server = session
    for command, argument in (("dt6.ask", "How is the port chosen?"), ("dt6.architecture", None)):
        before = len(editor.shown_documents)
        server.enqueue(Reply("The port is given.", held=False))
        await editor.execute(command, *([argument] if argument else []))
        assert (await content(editor, await opened(editor, before))).startswith("# ")


async def test_a_page_that_is_gone_says_so_and_what_is_no_page_is_refused(session: Explaining) -> None:
    editor, root, _ = session
    assert "not kept" in await content(editor, "dt6:/20200101-000000-000000-answer.md")
    for uri in ("dt6:/../secret.md", (root / "README.md").as_uri(), "dt6:/answers/x.md", "dt6:"):
        with pytest.raises(JsonRpcException, match="DT6 has no page"):
            await content(editor, uri)


async def test_lists_are_shown_when_that_is_asked_for(session: Explaining) -> None:
    editor, _, _ = session
    wanted: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("dt6.search", {"query": "listen on a port", "show": True}, "## [app/server.py:"),
        ("dt6.models", {"show": True}, "| llama3.2:latest |"),
        ("dt6.stats", {"show": True}, "| index | 4 of 4 files"),
    )
    for command, argument, expected in wanted:
        before = len(editor.shown_documents)
        await editor.execute(command, argument)
        assert expected in await content(editor, await opened(editor, before))
        quiet = {**argument, "show": False}
        await editor.execute(command, quiet)
        assert len(editor.shown_documents) == before + 1


async def test_without_a_model_the_workspace_tells_what_it_can(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=NEOVIM) as editor:
        await editor.indexed()
        answer = await editor.execute("dt6.explain", {"symbol": "Server.start"})
        assert set(answer) == KEYS
        assert (answer["backend"], answer["place"]) == ("none", START)
        assert "Listen on a port." in answer["answer"]
        page = path_of(await opened(editor, 0)).read_text(encoding="utf-8")
        assert page.startswith("# Explain `Server.start`\n")
        assert "without a model" in page
