"""`dt6.review` over the wire: findings as diagnostics, pulled and sent, that follow the text, and their own fixes."""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.lsp.harness import VSCODE, Editor, editing, make_workspace
from tests.lsp.test_asking import with_model
from tests.servers.model_server import ModelServer, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = {
    "line": 9, "quote": "self.port = port", "severity": "warning", "code": "unchecked-port",
    "message": "Any number is taken for a port.", "fix": "self.port = checked(port)",
}  # fmt: skip
MAIN = {
    "line": 13, "quote": "    Server().start(8000)", "severity": "error", "code": "fixed-port",
    "message": "The port may be taken.",
}  # fmt: skip
Reviewing = tuple[Editor, "Path", ModelServer]


def said(*findings: Mapping[str, Any]) -> Reply:
    return Reply("\n".join(json.dumps(finding) for finding in findings) or "[]")


def pulling() -> types.ClientCapabilities:
    """VS Code as it is now: what was recorded did not pull yet, or could not be told to."""
    capabilities = client_capabilities(VSCODE)
    assert capabilities.text_document
    assert capabilities.workspace
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return capabilities


def sent_to() -> types.ClientCapabilities:
    capabilities = client_capabilities(VSCODE)
    assert capabilities.text_document
    capabilities.text_document.diagnostic = None
    return capabilities


@asynccontextmanager
async def reviewing(folder: Path, capabilities: types.ClientCapabilities, **settings: Any) -> AsyncIterator[Reviewing]:
    root = make_workspace(folder / "work")
    with ModelServer() as server:
        own = {**with_model(server), **settings}
        async with editing(root, folder / "state", editor=capabilities, settings=own) as editor:
            await editor.indexed()
            yield editor, root, server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def puller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reviewing]:
    async with reviewing(tmp_path_factory.mktemp("pulling"), pulling()) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reviewing]:
    async with reviewing(tmp_path_factory.mktemp("listening"), sent_to()) as session:
        yield session


async def pull(editor: Editor, uri: str, previous: str | None = None) -> Any:
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=previous)
    return await editor.text_document_diagnostic_async(params)


def edit(editor: Editor, uri: str, version: int, text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    where = types.Range(types.Position(*start), types.Position(*end))
    change = types.TextDocumentContentChangePartial(range=where, text=text)
    document = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
    editor.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))


def close(editor: Editor, uri: str) -> None:
    editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))


async def test_findings_are_pulled_and_asking_again_asks_no_model(puller: Reviewing) -> None:
    editor, root, server = puller
    assert (await pull(editor, (root / "app/server.py").as_uri())).items == ()
    uri, before = editor.open(root / "app/server.py"), editor.refreshed_diagnostics
    server.enqueue(said(START, MAIN))
    result = await editor.execute("dt6.review", {"uri": uri}, token="review")
    assert [each["code"] for each in result["findings"]] == ["unchecked-port", "fixed-port"]
    assert (result["dropped"], result["files"], result["model"]) == (0, 1, "llama3.2:latest")
    assert "2 findings" in editor.bars["review"][-1].message
    await editor.until(lambda: editor.refreshed_diagnostics > before)
    asked = len(server.chats)
    report = await pull(editor, uri)
    first, second = report.items
    assert (first.range.start.line, first.range.start.character, first.range.end.line) == (8, 8, 8)
    assert (first.severity, first.code, first.source) == (types.DiagnosticSeverity.Warning, "unchecked-port", "DT6")
    assert second.severity == types.DiagnosticSeverity.Error
    again = await pull(editor, uri, report.result_id)
    assert (again.kind, again.result_id) == ("unchanged", report.result_id)
    edit(editor, uri, 2, "# first\n", (0, 0), (0, 0))
    assert [each.range.start.line for each in (await pull(editor, uri, report.result_id)).items] == [9, 13]
    edit(editor, uri, 3, "x", (9, 12), (9, 12))
    assert [each.code for each in (await pull(editor, uri)).items] == ["fixed-port"]
    assert len(server.chats) == asked
    close(editor, uri)
    editor.open(root / "app/server.py")
    assert (await pull(editor, uri)).items == ()
    close(editor, uri)


async def test_findings_are_sent_with_the_version_and_again_when_they_move(listener: Reviewing) -> None:
    editor, root, server = listener
    uri = editor.open(root / "app/server.py")
    server.enqueue(said(MAIN))
    await editor.execute("dt6.review", uri)
    sent = await editor.until(lambda: editor.diagnostics.get(uri))
    assert [(each.code, each.range.start.line) for each in sent] == [("fixed-port", 12)]
    edit(editor, uri, 2, "# first\n", (0, 0), (0, 0))
    await editor.until(lambda: [each.range.start.line for each in editor.diagnostics[uri]] == [13])
    edit(editor, uri, 3, "#", (13, 0), (13, 0))
    await editor.until(lambda: not editor.diagnostics[uri])
    server.enqueue(said({**MAIN, "quote": "def main() -> None:"}))
    await editor.execute("dt6.review", uri)
    await editor.until(lambda: editor.diagnostics[uri])
    assert await editor.execute("dt6.clearReview", {"uri": uri}) == {"documents": 1}
    await editor.until(lambda: not editor.diagnostics[uri])
    close(editor, uri)


async def test_a_review_of_lines_leaves_what_was_found_in_others(puller: Reviewing) -> None:
    editor, root, server = puller
    uri = editor.open(root / "app/server.py")
    server.enqueue(said(START, MAIN), said())
    await editor.execute("dt6.review", uri)
    where = {"start": {"line": 11, "character": 0}, "end": {"line": 13, "character": 0}}
    await editor.execute("dt6.review", {"uri": uri, "range": where})
    assert "app/server.py:12-13" in server.chats[-1].prompt
    assert [each.code for each in (await pull(editor, uri)).items] == ["unchecked-port"]
    close(editor, uri)


async def test_a_finding_with_its_fix_is_mended_without_a_model(puller: Reviewing) -> None:
    editor, root, server = puller
    uri = editor.open(root / "app/server.py")
    server.enqueue(said(START, MAIN))
    await editor.execute("dt6.review", uri)
    found, asked = (await pull(editor, uri)).items, len(server.chats)
    context = types.CodeActionContext(found, only=[types.CodeActionKind.QuickFix])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), found[0].range, context)
    listed = await editor.text_document_code_action_async(params) or []
    mends = [each for each in listed if isinstance(each, types.CodeAction) and "as the review says" in each.title]
    told = [(list(each.diagnostics or ()), each.is_preferred) for each in mends]
    assert told == [([found[0]], True)], "the other has no fix"
    editor.choice = "Apply"
    resolved = await editor.code_action_resolve_async(mends[0])
    assert resolved.edit is not None
    assert resolved.edit.document_changes
    change = resolved.edit.document_changes[0]
    assert isinstance(change, types.TextDocumentEdit)
    (made,) = change.edits
    assert isinstance(made, types.TextEdit)
    assert made.new_text == "        self.port = checked(port)\n"
    assert len(server.chats) == asked
    edit(editor, uri, 2, "x", (8, 8), (8, 8))
    with pytest.raises(JsonRpcException) as failure:
        await editor.code_action_resolve_async(mends[0])
    assert failure.value.code == -32801
    close(editor, uri)


async def test_what_is_made_up_is_dropped_and_counted(puller: Reviewing) -> None:
    editor, root, server = puller
    uri = editor.open(root / "app/server.py")
    wrong = {**MAIN, "quote": "os.system(port)"}
    server.enqueue(said(START, wrong), said(START, wrong))
    result = await editor.execute("dt6.review", uri)
    assert (len(result["findings"]), result["dropped"]) == (1, 1)
    assert any("1 finding, 1 more could not be used" in message for message in editor.shown())
    close(editor, uri)


async def test_it_stops_when_it_is_told_to(puller: Reviewing) -> None:
    editor, root, server = puller
    uri = editor.open(root / "app/server.py")
    server.enqueue(Stall(tokens=2))
    params = types.ExecuteCommandParams("dt6.review", [uri])
    before = len(server.chats)
    asked = asyncio.ensure_future(editor.raw_request("workspace/executeCommand", params, "review"))
    assert await asyncio.to_thread(server.wait_until, lambda: len(server.chats) > before)
    editor.cancel_request(types.CancelParams("review"))
    with pytest.raises(JsonRpcException) as failure:
        await asked
    assert failure.value.code == -32800
    assert await asyncio.to_thread(server.chats[-1].wait_ended)
    assert server.chats[-1].closed_early
    close(editor, uri)


async def test_what_is_not_open_and_what_is_empty_is_refused(puller: Reviewing) -> None:
    editor, root, _ = puller
    for given, why in (
        ({"uri": (root / "app/windows.py").as_uri()}, "is not open"),
        ({}, "needs 'uri', or 'changes'"),
        ({"uri": "a", "changes": True}, "needs 'uri', or 'changes'"),
        ({"changes": True}, "no folder of the workspace has a commit"),
    ):
        with pytest.raises(JsonRpcException, match=why):
            await editor.execute("dt6.review", given)


async def test_what_is_saved_is_reviewed_where_the_user_wants_it(tmp_path: Path) -> None:
    async with reviewing(tmp_path, sent_to(), review={"on_save": True}) as (editor, root, server):
        uri = editor.open(root / "app/server.py")
        server.enqueue(said(MAIN))
        editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        await editor.until(lambda: editor.diagnostics.get(uri))
        assert editor.shown() == []


async def test_what_is_not_committed_is_reviewed_with_its_definition(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "All")):
        name = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(root), *name, *command], check=True, capture_output=True)
    path = root / "app/server.py"
    path.write_text(path.read_text(encoding="utf-8").replace("8000", "9000"), encoding="utf-8")
    with ModelServer() as server:
        async with editing(root, tmp_path / "state", editor=pulling(), settings=with_model(server)) as editor:
            await editor.indexed()
            server.enqueue(said({**MAIN, "quote": "Server().start(9000)"}))
            result = await editor.execute("dt6.review", {"changes": True})
            assert [(each["path"], each["start_line"]) for each in result["findings"]] == [("app/server.py", 13)]
            assert "app/server.py:12-13" in server.chats[-1].prompt
            sent = await editor.until(lambda: editor.diagnostics.get(path.as_uri()))
            assert len(sent) == 1, "a file that is not open is not pulled, so it is sent"
            editor.open(path)
            await editor.until(lambda: not editor.diagnostics[path.as_uri()])
            assert len((await pull(editor, path.as_uri())).items) == 1


async def test_without_a_model_it_fails_in_plain_words(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        uri = editor.open(root / "app/server.py")
        with pytest.raises(JsonRpcException, match="No model can write this"):
            await editor.execute("dt6.review", uri)
