"""A workspace that is not trusted: it is indexed and answered from, and nothing is run, sent or changed for it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.server import trust
from dt6_lsp.settings import Settings, WorkspaceSettings
from tests.lsp.harness import editing, make_workspace, plain
from tests.lsp.test_code_actions import listed
from tests.servers.model_server import ModelServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor

TRUSTED, UNTRUSTED = Settings(), Settings(workspace=WorkspaceSettings(trusted=False))
EDIT = types.WorkspaceEdit(changes={"file:///a.py": []})
FIX = types.CodeAction("Fix", edit=EDIT)
EXPLAIN = types.CodeAction("Explain", command=types.Command("Explain", "dt6.explain"))


def asking_everybody(server: ModelServer) -> dict[str, Any]:
    """Every server that DT6 can be told of, all of them there and willing."""
    return {
        "chat": {"backend": "ollama", "fallback": ["own"]},
        "intents": {"arch": "@openai"},
        "embedding": {"backend": "ollama", "model": "nomic-embed-text"},
        "ollama": {"url": server.url},
        "openai": {"url": server.openai_url},
        "backends": {"own": {"kind": "openai", "url": server.openai_url}},
        "chroma": {"url": server.url, "searchAbove": 0},
        "routing": {"confirmSeconds": 2},
        "completion": {"model": "llama3.2@ollama", "delayMs": 0},
        "hover": {"explain": "on"},
    }


def trap(folder: Path) -> Path:
    """A git that says when it was run."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/ran"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder / "ran"


async def who_answers(editor: Editor) -> str:
    """What runs when trust is withdrawn is cut, and says so."""
    try:
        stats = await editor.execute("dt6.stats")
    except JsonRpcException as error:
        if "Ask again." not in error.message:
            raise
        return "nobody for now"
    return str(stats["chat"]["backend"])


async def everything(editor: Editor, root: Path) -> None:
    """One of each thing that could reach a model, a server or git, or change a file."""
    uri = editor.open(root / "app/faces.py")
    actions = await listed(editor, uri, 2) or []
    assert actions
    for each in actions:
        assert isinstance(each, types.CodeAction)
        if each.command is None:
            assert each.disabled is not None
            assert "not trusted" in each.disabled.reason
            with pytest.raises(JsonRpcException, match="not trusted"):
                await editor.code_action_resolve_async(each)
            with pytest.raises(JsonRpcException, match="not trusted"):
                await editor.execute("dt6.applyAction", plain(each.data))
        elif each.disabled is not None:
            with pytest.raises(JsonRpcException, match="not trusted"):
                await editor.execute(each.command.command, *plain(each.command.arguments))
        else:
            await editor.execute(each.command.command, *plain(each.command.arguments))
    for _ in range(2):  # what is explained in the background would be there the second time
        await editor.hover(uri, 2, 26)
    document, place = types.TextDocumentIdentifier(uri), types.Position(2, 26)
    asked = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
    inline = types.InlineCompletionParams(asked, document, place)
    assert not (await editor.raw_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, inline)).items
    listed_at = types.CompletionParams(document, place)
    assert not (await editor.raw_request(types.TEXT_DOCUMENT_COMPLETION, listed_at)).items
    for lens in await editor.text_document_code_lens_async(types.CodeLensParams(document)) or []:
        await editor.code_lens_resolve_async(lens)
    await editor.workspace_symbol_async(types.WorkspaceSymbolParams("Server"))
    for command, argument in [
        ("dt6.search", "listen on a port"),
        ("dt6.ask", "Why does the server fail to start?"),
        ("dt6.architecture", {}),
        ("dt6.explain", {"symbol": "Server.start", "show": False}),
        ("dt6.stats", {}),
        ("dt6.models", {}),
        ("dt6.index", {"rebuild": True}),
    ]:
        assert await editor.execute(command, argument) is not None
    answer = await editor.request("dt6/ask", {"question": "What changed most often lately?"})
    assert answer["backend"] == "none"


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for git with a shell script")
async def test_nothing_is_run_or_sent_and_answers_come_from_the_index(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    (root / ".git" / "logs").mkdir(parents=True)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    ran = trap(tmp_path / "bin")
    env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with ModelServer() as server:
        options = {**asking_everybody(server), "workspace": {"trusted": False}}
        async with editing(root, tmp_path / "state", options=options, env=env) as editor:
            await editor.indexed()
            await everything(editor, root)
            answer = await editor.execute("dt6.ask", "How does the server listen on a port?")
            assert "app/server.py" in {cited["path"] for cited in answer["citations"]}
            for wanted in ({"backend": "ollama"}, {"backend": "own"}, {"model": "llama3.2"}):
                with pytest.raises(JsonRpcException, match="not trusted"):
                    await editor.execute("dt6.switchModel", wanted)
            assert "not trusted" in (await editor.execute("dt6.stats"))["chat"]["why"]
            for reviewed in ({"changes": True}, {"uri": (root / "app/faces.py").as_uri()}):
                with pytest.raises(JsonRpcException, match="not trusted"):
                    await editor.execute("dt6.review", reviewed)
        assert server.history == []
    assert not ran.exists()
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for git with a shell script")
async def test_trust_comes_and_goes_while_it_runs(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    ran = trap(tmp_path / "bin")
    env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with ModelServer() as server:
        settings = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}}
        async with editing(
            root, tmp_path / "state", settings=settings, options={"workspace": {"trusted": False}}, env=env
        ) as editor:
            await editor.indexed()
            assert (await editor.execute("dt6.ask", "How does the server start?"))["backend"] == "none"
            for trusted in (True, False):
                said = {**settings, "workspace": {"trusted": trusted}}
                editor.set_configuration(said, section="dt6")
                editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
                backend = "ollama" if trusted else "none"
                while await who_answers(editor) != backend:
                    pass  # each answer is the event that the next question waits for
                asked = len(server.chats)
                question = f"Where is the port of the server decided, {trusted}?"
                assert (await editor.execute("dt6.ask", question))["backend"] == backend
                assert (len(server.chats) > asked) == trusted
                await editor.execute("dt6.architecture", {})
                assert ran.exists() == trusted
                ran.unlink(missing_ok=True)


async def test_a_trust_that_makes_no_sense_is_none(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        settings = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "workspace": {"trusted": "yes!"}}
        async with editing(root, tmp_path / "state", settings=settings) as editor:
            message = (await editor.until(editor.shown))[0]
            assert "workspace.trusted must be true or false" in message
            assert "Until then it is False." in message
            assert (await editor.execute("dt6.ask", "How does the server start?"))["backend"] == "none"
        assert server.history == []


async def test_a_workspace_can_not_trust_itself(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work", {".dt6.toml": "[workspace]\ntrusted = true\n", "a.py": "x = 1\n"})
    with ModelServer() as server:
        options = {"chat": {"backend": "ollama"}, "ollama": {"url": server.url}, "workspace": {"trusted": False}}
        async with editing(root, tmp_path / "state", options=options) as editor:
            await editor.indexed()
            assert (await editor.execute("dt6.ask", "What is x?"))["backend"] == "none"
        assert server.history == []


# --- edits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result", [EDIT, FIX, [types.TextEdit(types.Range(types.Position(0, 0), types.Position(0, 0)), "x")]]
)
def test_an_edit_passes_where_the_workspace_is_trusted_only(result: object) -> None:
    assert trust.admit(result, TRUSTED) == result
    if isinstance(result, list):
        assert trust.admit(result, UNTRUSTED) == []
    else:
        with pytest.raises(WorkspaceError, match="not trusted"):
            trust.admit(result, UNTRUSTED)


def test_of_a_list_of_actions_those_that_change_nothing_stay() -> None:
    assert trust.admit([FIX, EXPLAIN], UNTRUSTED) == [EXPLAIN]
    assert trust.admit([FIX, EXPLAIN], TRUSTED) == [FIX, EXPLAIN]


@pytest.mark.parametrize("result", [None, [], [EXPLAIN], types.Hover("x"), {"answer": "x"}])
def test_what_changes_nothing_passes(result: object) -> None:
    assert trust.admit(result, UNTRUSTED) == result


def test_no_editor_is_asked_to_change_a_file_of_a_workspace_that_is_not_trusted() -> None:
    with pytest.raises(WorkspaceError, match="not trusted"):
        trust.admit_request(types.WORKSPACE_APPLY_EDIT, UNTRUSTED)
    trust.admit_request(types.WORKSPACE_APPLY_EDIT, TRUSTED)
    trust.admit_request(types.WINDOW_SHOW_DOCUMENT, UNTRUSTED)
    assert replace(UNTRUSTED.workspace, trusted=True) == TRUSTED.workspace
