"""The wrapper around requests: what becomes of one whose document changes while it is worked on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.metrics import Metrics
from dt6_lsp.server import dispatch
from dt6_lsp.server.connection import Server
from dt6_lsp.server.documents import Documents
from dt6_lsp.server.session import Session
from dt6_lsp.settings import Loaded, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.server.session import Call

ONE, OTHER = "file:///src/one.py", "file:///src/other.py"
HOVER, COMPLETION, SYMBOLS = types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_COMPLETION, types.WORKSPACE_SYMBOL


class Work:
    """A request that goes on until it is told to end, or is cancelled."""

    def __init__(self) -> None:
        self.begun, self.done = asyncio.Event(), asyncio.Event()

    async def __call__(self, call: Call, _params: Any) -> str:
        call.cancel.on_cancel(self.done.set)
        self.begun.set()
        await self.done.wait()
        call.cancel.raise_if_cancelled()
        return "answered"


class Editing:
    """A session in which two documents are open, and one request that is being worked on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        self.server, self.work, self.cancel = Server(), Work(), CancelToken()
        loaded = Loaded(Settings(), {})
        self.server.session = Session(self.server, lambda *_: pytest.fail("no engine"), loaded, Metrics(), folder)
        self.documents = self.server.protocol._workspace = Documents(None)
        for uri in (ONE, OTHER):
            self.documents.put_text_document(types.TextDocumentItem(uri, "python", 1, "x = 1\n"))
        monkeypatch.setitem(dispatch.REQUESTS, method, self.work)

    async def ask(self, method: str) -> asyncio.Task[object]:
        place = types.TextDocumentIdentifier(ONE), types.Position(0, 0)
        params = types.WorkspaceSymbolParams("x") if method == SYMBOLS else types.HoverParams(*place)
        work = dispatch.start(self.server.session, method, params, self.cancel)
        assert work is not None
        task = asyncio.ensure_future(work)
        await self.work.begun.wait()
        return task

    def change(self, uri: str, text: str) -> None:
        whole = types.TextDocumentContentChangeWholeDocument(text)
        document = types.VersionedTextDocumentIdentifier(2, uri)
        self.documents.update_text_document(document, whole)
        params = types.DidChangeTextDocumentParams(document, [whole])
        dispatch.NOTIFICATIONS[types.TEXT_DOCUMENT_DID_CHANGE](self.server.session, params)


async def test_what_is_worked_out_for_a_text_that_is_gone_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing = Editing(tmp_path, monkeypatch, HOVER)
    asked = await editing.ask(HOVER)
    editing.change(ONE, "y = 2\n")
    assert editing.cancel.cancelled
    with pytest.raises(JsonRpcContentModified):
        await asked
    assert editing.server.session.running == {}


async def test_so_it_does_when_the_document_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editing = Editing(tmp_path, monkeypatch, HOVER)
    asked = await editing.ask(HOVER)
    editing.documents.remove_text_document(ONE)
    closed = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(ONE))
    dispatch.NOTIFICATIONS[types.TEXT_DOCUMENT_DID_CLOSE](editing.server.session, closed)
    with pytest.raises(JsonRpcContentModified):
        await asked


@pytest.mark.parametrize(
    ("method", "uri", "text"),
    [(HOVER, OTHER, "y = 2\n"), (HOVER, ONE, "x = 1\n"), (COMPLETION, ONE, "x = 12\n"), (SYMBOLS, ONE, "y = 2\n")],
)
async def test_other_changes_leave_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, uri: str, text: str
) -> None:
    editing = Editing(tmp_path, monkeypatch, method)
    asked = await editing.ask(method)
    editing.change(uri, text)
    assert not editing.cancel.cancelled
    editing.work.done.set()
    assert await asked == "answered"


async def test_what_the_client_cancels_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editing = Editing(tmp_path, monkeypatch, HOVER)
    asked = await editing.ask(HOVER)
    editing.cancel.cancel()
    with pytest.raises(Cancelled):
        await asked
