"""Commands, from an editor that knows nothing of DT6."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from pygls.exceptions import JsonRpcException

from dt6_lsp.server.convert import to_path
from tests.lsp.harness import NEOVIM, Editor, editing, make_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIT = {"path", "start_line", "end_line", "symbol", "kind", "score", "text"}
REPORT = {
    "files", "chunks", "skipped", "languages", "embedding", "seconds", "chunks_per_second", "vectors_synced",
}  # fmt: skip
ANSWER = {
    "answer", "citations", "intent", "backend", "model", "cached", "conversation", "resolved", "route",
    "notice", "broken", "left_out", "prompt_tokens",
    "completion_tokens", "index",
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Editor, Path]]:
    folder = tmp_path_factory.mktemp("commands")
    root = make_workspace(folder / "work")
    async with editing(root, folder / "state") as editor:
        await editor.indexed()
        yield editor, root


@pytest.mark.parametrize(
    "argument", ["listen on a port", {"query": "listen on a port", "n": 2, "near": "app/faces.py"}]
)
async def test_search(session: tuple[Editor, Path], argument: object) -> None:
    hits = await session[0].execute("dt6.search", argument)
    assert set(hits[0]) == HIT
    assert "port" in hits[0]["text"]
    assert isinstance(argument, str) or len(hits) == 2
    assert hits == sorted(hits, key=lambda hit: -hit["score"])


async def test_ask_writes_the_answer_and_opens_it(session: tuple[Editor, Path]) -> None:
    editor, root = session
    uri = (root / "app/server.py").as_uri()
    answer = await editor.execute("dt6.ask", {"question": "How does the server start?", "uri": uri})
    assert set(answer) == ANSWER
    assert (answer["backend"], answer["cached"]) == ("none", False)
    assert "app/server.py" in {cited["path"] for cited in answer["citations"]}
    assert set(answer["index"]) == {"files", "indexed", "stale"}
    shown = await editor.until(lambda: editor.shown_documents[-1:])
    text = path_of(shown[0].uri).read_text(encoding="utf-8")
    assert text.startswith("# How does the server start?\n")
    assert answer["answer"].strip() in text
    assert "without a model" in text
    assert re.search(r"\(file://\S+/app/server\.py#L\d+\)", text)


async def test_the_architecture_is_written_and_opened(session: tuple[Editor, Path]) -> None:
    editor, root = session
    before = len(editor.shown_documents)
    answer = await editor.execute("dt6.architecture", {"tokens": 800})
    assert set(answer) == ANSWER
    assert "| layer | part |" in answer["answer"]
    shown = await editor.until(lambda: editor.shown_documents[before:])
    text = path_of(shown[0].uri).read_text(encoding="utf-8")
    assert text.startswith("# What is the architecture of this workspace?\n")
    focused = await editor.execute("dt6.architecture", (root / "app/server.py").as_uri())
    assert focused["answer"].startswith("`app/server.py` imports")
    unknown = await editor.execute("dt6.architecture", {"focus": "no/such/folder"})
    assert unknown["answer"].startswith("Nothing in the index is called `no/such/folder`.")


async def test_an_overview_can_not_be_endless(session: tuple[Editor, Path]) -> None:
    with pytest.raises(JsonRpcException, match="gives up to 16,384 tokens, not 99999"):
        await session[0].execute("dt6.architecture", {"tokens": 99_999})


def path_of(uri: str) -> Path:
    found = to_path(uri)
    assert found is not None
    return Path(found)


async def test_index_with_the_clients_own_token(session: tuple[Editor, Path]) -> None:
    editor, root = session
    (root / "app/added.py").write_text("def freshly_added() -> None: ...\n", encoding="utf-8")
    report = await editor.execute("dt6.index", {"rebuild": False}, token="mine")
    assert set(report) == REPORT
    assert report["files"] == 5
    begin, *_, end = editor.bars["mine"]
    assert (begin.kind, begin.cancellable, end.kind) == ("begin", True, "end")
    assert "5 files" in end.message
    assert await editor.execute("dt6.index", {"rebuild": True}, token="mine") is not None
    (root / "app/added.py").unlink()
    assert (await editor.execute("dt6.index"))["files"] == 4


async def test_stats(session: tuple[Editor, Path]) -> None:
    await session[0].execute("dt6.search", "server")
    stats = await session[0].execute("dt6.stats", {})
    assert stats["metrics"]["search.seconds"]["count"] >= 1
    assert stats["roots"][0]["root"] == str(session[1])
    assert stats["chat"]["backend"] == "none"
    assert any(name.startswith("lsp.") for name in stats["metrics"])


async def test_a_command_that_does_not_fit_says_what_would(session: tuple[Editor, Path]) -> None:
    with pytest.raises(JsonRpcException, match="question, uri, range, selection, files"):
        await session[0].execute("dt6.ask", {"query": "What?"})


async def test_an_editor_that_opens_no_documents_is_told_where_the_answer_is(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=f"{NEOVIM}@v0.6") as editor:
        answer = await editor.execute("dt6.ask", "How does the server start?")
        assert answer["answer"]
        message = (await editor.until(editor.shown))[0]
        assert str(tmp_path / "state" / "data" / "answers") in message
        assert editor.shown_documents == []
