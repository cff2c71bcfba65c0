"""Code that a model suggests: in the line where an editor shows that, else as one item of its completions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.lsp.harness import (
    FILES,
    NEOVIM,
    PATIENCE_SECONDS,
    VSCODE,
    Editor,
    editing,
    environment,
    make_workspace,
    spawned,
)
from tests.servers.model_server import Installed, ModelServer, Refusal, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

INLINE = types.TEXT_DOCUMENT_INLINE_COMPLETION
POPUP = types.TEXT_DOCUMENT_COMPLETION
TEXT = "from app.server import Server\n\n\ndef begin(port):\n    server = Server()\n    server.\n"
AT = (5, 11)
PATIENT = 3  # times, where other tests run beside this one


@pytest.fixture
def server() -> Iterator[ModelServer]:
    models = [Installed("coder:latest", ("completion", "insert")), Installed("talker:latest")]
    with ModelServer(models) as running:
        yield running


def inline_client(*, registers: bool = True) -> types.ClientCapabilities:
    """VS Code as it is today: the recorded one did not show suggestions in the line yet."""
    capabilities = client_capabilities(VSCODE)
    assert capabilities.text_document is not None
    capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities(registers or None)
    return capabilities


def settings(server: ModelServer, model: str = "coder", **completion: Any) -> dict[str, Any]:
    quick = {"delayMs": 0, "model": model} | completion
    return {"completion": quick, "ollama": {"url": server.url}, "chat": {"backend": "none"}}


@asynccontextmanager
async def typing_in(
    tmp_path: Path,
    server: ModelServer,
    editor: str | types.ClientCapabilities = VSCODE,
    files: Mapping[str, str] = FILES,
    **options: Any,
) -> AsyncIterator[Editor]:
    root = make_workspace(tmp_path / "work", files)
    given = {"settings": settings(server)} | options
    async with editing(root, tmp_path / "state", editor=editor, **given) as client:
        await client.indexed()
        yield client


def open_main(editor: Editor, tmp_path: Path, text: str = TEXT, name: str = "app/main.py") -> str:
    return editor.open(tmp_path / "work" / name, text)


async def inline(
    editor: Editor, uri: str, at: tuple[int, int] = AT, *, asked: bool = True, chosen: Any = None
) -> list[types.InlineCompletionItem]:
    kinds = types.InlineCompletionTriggerKind
    context = types.InlineCompletionContext(kinds.Invoked if asked else kinds.Automatic, chosen)
    params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), types.Position(*at))
    found = await editor.text_document_inline_completion_async(params)
    assert isinstance(found, types.InlineCompletionList)
    return list(found.items)


async def popup(
    editor: Editor, uri: str, at: tuple[int, int] = AT, kind: Any = types.CompletionTriggerKind.Invoked
) -> types.CompletionList:
    context = types.CompletionContext(kind)
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(*at), context=context)
    found = await editor.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    return found


def change(editor: Editor, uri: str, version: int, at: tuple[int, int], text: str) -> None:
    place = types.Position(*at)
    event = types.TextDocumentContentChangePartial(types.Range(place, place), text)
    document = types.VersionedTextDocumentIdentifier(version, uri)
    editor.text_document_did_change(types.DidChangeTextDocumentParams(document, [event]))


async def registered(editor: Editor, method: str) -> types.Registration:
    return await editor.until(lambda: next((each for each in editor.registrations if each.method == method), None))


async def test_a_suggestion_stands_in_the_line(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        await registered(editor, INLINE)
        uri = open_main(editor, tmp_path)
        server.enqueue(Reply("start(port)"))
        [item] = await inline(editor, uri)
        assert item.insert_text == "start(port)"
        assert item.range == types.Range(types.Position(*AT), types.Position(*AT))
        [asked] = server.fills
        assert asked.body["prompt"].endswith(TEXT[:-1])
        assert "# app/server.py\n" in asked.body["prompt"]
        assert "def start(self, port: int) -> None" in asked.body["prompt"]


async def test_an_editor_without_that_gets_one_item_that_says_where_it_is_from(
    tmp_path: Path, server: ModelServer
) -> None:
    async with typing_in(tmp_path, server) as editor:
        await registered(editor, POPUP)
        uri = open_main(editor, tmp_path, TEXT.replace("server.\n", "server.st\n"))
        server.enqueue(Reply("art(port)"))
        found = await popup(editor, uri, (5, 13))
        assert found.is_incomplete
        [item] = found.items
        assert item.text_edit == types.TextEdit(
            types.Range(types.Position(5, 11), types.Position(5, 13)), "start(port)"
        )
        assert (item.label, item.filter_text, item.kind) == (
            "start(port)",
            "start(port)",
            types.CompletionItemKind.Text,
        )
        assert item.detail == "DT6: coder"
        assert item.sort_text is not None
        assert item.sort_text > "zzzz"
        assert item.insert_text_format == types.InsertTextFormat.PlainText


async def test_nothing_is_offered_until_a_model_is_set_and_nothing_after_it_was_taken_away(
    tmp_path: Path, server: ModelServer
) -> None:
    off = {"settings": settings(server, "")}
    async with typing_in(tmp_path, server, inline_client(), **off) as editor:
        uri = open_main(editor, tmp_path)
        assert await inline(editor, uri) == []
        assert INLINE not in [each.method for each in editor.registrations]

        editor.set_configuration(settings(server), section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
        await registered(editor, INLINE)
        server.enqueue(Reply("start(port)"))
        assert await inline(editor, uri)

        editor.set_configuration(settings(server, ""), section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
        await editor.until(lambda: editor.unregistrations)
        assert [each.method for each in editor.unregistrations] == [INLINE]
        assert await inline(editor, uri) == []
        assert len(server.fills) == 1


async def offered(
    state: Path, client: str | types.ClientCapabilities, options: dict[str, Any]
) -> tuple[types.ServerCapabilities, Editor]:
    async with spawned(environment(state)) as editor:
        editor.set_configuration(options, section="dt6")
        known = client_capabilities(client) if isinstance(client, str) else client
        params = types.InitializeParams(capabilities=known, initialization_options=options)
        result = await editor.initialize_session(params)
        await editor.workspace_symbol_async(types.WorkspaceSymbolParams("x"))
    return result.capabilities, editor


@pytest.mark.parametrize("inlines", [False, True])
async def test_an_editor_that_takes_no_registrations_is_offered_it_at_the_start(
    tmp_path: Path, server: ModelServer, inlines: bool
) -> None:
    client = inline_client(registers=False) if inlines else NEOVIM
    said, editor = await offered(tmp_path, client, settings(server))
    assert (said.inline_completion_provider is not None, said.completion_provider is not None) == (inlines, not inlines)
    assert not {INLINE, POPUP} & {each.method for each in editor.registrations}


@pytest.mark.parametrize("client", [NEOVIM, VSCODE, "emacs"])
async def test_an_editor_is_offered_nothing_that_is_not_set_up(tmp_path: Path, client: str) -> None:
    said, editor = await offered(tmp_path, client, {})
    assert (said.inline_completion_provider, said.completion_provider) == (None, None)
    assert not {INLINE, POPUP} & {each.method for each in editor.registrations}


async def test_a_workspace_that_is_not_trusted_gets_nothing(tmp_path: Path, server: ModelServer) -> None:
    untrusted = settings(server) | {"workspace": {"trusted": False}}
    async with typing_in(tmp_path, server, inline_client(), settings=untrusted, options=untrusted) as editor:
        uri = open_main(editor, tmp_path)
        assert await inline(editor, uri) == []
        assert not (await popup(editor, uri)).items
        assert not {INLINE, POPUP} & {each.method for each in editor.registrations}
        assert server.history == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "TOKEN=abc\nOTHER="),
        ("config/id_rsa", "x\ny"),
        ("build.log", "x = 1\ny = "),
        ("../outside.py", "x = 1\ny = "),
    ],
)
async def test_no_text_is_sent_of_files_that_are_secret_ignored_or_elsewhere(
    tmp_path: Path, server: ModelServer, name: str, text: str
) -> None:
    files = {**FILES, ".gitignore": "*.log\n"}
    async with typing_in(tmp_path, server, inline_client(), files) as editor:
        uri = open_main(editor, tmp_path, text, name)
        assert await inline(editor, uri, (1, len(text.split("\n")[1]))) == []
        assert server.fills == []


async def test_a_document_without_a_name_is_completed_from_its_own_text(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = editor.open(tmp_path, "def add(a, b):\n    return ", uri="untitled:Untitled-1")
        server.enqueue(Reply("a + b"))
        assert [item.insert_text for item in await inline(editor, uri, (1, 11))] == ["a + b"]
        assert server.fills[0].body["prompt"] == "def add(a, b):\n    return "
        secret = editor.open(tmp_path, "A=1\nB=", uri="untitled:.env")
        assert await inline(editor, secret, (1, 2)) == []


async def test_what_nobody_has_opened_has_no_suggestion(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = (tmp_path / "work/app/server.py").as_uri()
        assert await inline(editor, uri) == []
        assert not (await popup(editor, uri)).items


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 12), ("utf-16", 9), ("utf-32", 8)])
async def test_places_are_counted_as_the_editor_counts(
    tmp_path: Path, server: ModelServer, encoding: str, units: int
) -> None:
    capabilities = client_capabilities(VSCODE)
    capabilities.general = types.GeneralClientCapabilities(position_encodings=[encoding])
    async with typing_in(tmp_path, server, capabilities) as editor:
        uri = open_main(editor, tmp_path, "x = 1\r\n\U0001f600é = xyz\r\n")
        server.enqueue(Reply("_more(\n    1\n)"))
        [item] = (await popup(editor, uri, (1, units))).items
        assert isinstance(item.text_edit, types.TextEdit)
        where = item.text_edit.range
        assert (where.start.character, where.end.character) == (units - 3, units)
        assert item.text_edit.new_text == "xyz_more(\r\n    1\r\n)"
        assert server.fills[0].body["prompt"].endswith("\U0001f600é = xyz")


async def test_while_somebody_types_no_popup_waits_for_a_model(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server) as editor:
        uri = open_main(editor, tmp_path)
        change(editor, uri, 2, AT, "s")
        found = await popup(editor, uri, (5, 12))
        assert (list(found.items), found.is_incomplete) == ([], False)
        again = types.CompletionTriggerKind.TriggerForIncompleteCompletions
        assert not (await popup(editor, uri, (5, 12), again)).items
        assert server.fills == []


async def test_typing_on_along_a_suggestion_asks_no_model(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = open_main(editor, tmp_path)
        server.enqueue(Reply("start(port)"))
        await inline(editor, uri)
        change(editor, uri, 2, AT, "sta")
        [item] = await inline(editor, uri, (5, 14), asked=False)
        assert item.insert_text == "rt(port)"
        [shown] = (await popup(editor, uri, (5, 14))).items
        assert isinstance(shown.text_edit, types.TextEdit)
        assert shown.text_edit.new_text == "start(port)"
        assert len(server.fills) == 1


async def test_a_suggestion_goes_on_from_what_is_chosen_in_a_popup(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = open_main(editor, tmp_path, TEXT.replace("server.\n", "server.st\n"))
        server.enqueue(Reply("(port)"))
        where = types.Range(types.Position(5, 11), types.Position(5, 13))
        [item] = await inline(editor, uri, (5, 13), chosen=types.SelectedCompletionInfo(where, "start"))
        assert (item.insert_text, item.range) == ("start(port)", where)
        assert server.fills[0].body["prompt"].endswith("    server.start")


async def test_suggestions_that_come_by_themselves_can_be_turned_off(tmp_path: Path, server: ModelServer) -> None:
    given = {"settings": settings(server, whileTyping=False)}
    async with typing_in(tmp_path, server, inline_client(), **given) as editor:
        uri = open_main(editor, tmp_path)
        assert await inline(editor, uri, asked=False) == []
        assert server.fills == []
        server.enqueue(Reply("start(port)"))
        assert len(await inline(editor, uri)) == 1


async def test_cancelling_answers_at_once_and_closes_the_stream(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = open_main(editor, tmp_path)
        server.enqueue(Stall(1))
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            types.TextDocumentIdentifier(uri),
            types.Position(*AT),
        )
        asked = asyncio.ensure_future(editor.raw_request(INLINE, params, "mine"))
        assert await asyncio.to_thread(server.wait_for, "/api/generate")
        loop = asyncio.get_running_loop()
        before = loop.time()
        editor.cancel_request(types.CancelParams("mine"))
        with pytest.raises(JsonRpcException, match="cancel"):
            await asked
        assert loop.time() - before < 0.05 * PATIENT
        assert await asyncio.to_thread(server.fills[-1].wait_ended)
        assert server.fills[-1].closed_early


async def test_a_newer_request_ends_the_one_before(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri, other = open_main(editor, tmp_path), open_main(editor, tmp_path, TEXT, "app/other.py")
        server.enqueue(Stall(1), Reply("start(port)"))
        first = asyncio.ensure_future(inline(editor, uri))
        assert await asyncio.to_thread(server.wait_for, "/api/generate")
        assert len(await inline(editor, other)) == 1
        assert await first == []
        assert server.fills[0].closed_early


async def test_a_suggestion_for_a_text_that_is_gone_is_not_sent_and_its_stream_closes(
    tmp_path: Path, server: ModelServer
) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = open_main(editor, tmp_path)
        server.enqueue(Stall(1))
        asked = asyncio.ensure_future(inline(editor, uri))
        assert await asyncio.to_thread(server.wait_for, "/api/generate")
        change(editor, uri, 2, (0, 0), "import os\n")
        with pytest.raises(JsonRpcException, match="changed"):
            await asked
        assert await asyncio.to_thread(server.fills[0].wait_ended)
        assert server.fills[0].closed_early


async def test_a_model_that_can_not_fill_gaps_is_told_of_once_and_not_asked_again(
    tmp_path: Path, server: ModelServer
) -> None:
    given = {"settings": settings(server, "talker")}
    async with typing_in(tmp_path, server, inline_client(), **given) as editor:
        uri = open_main(editor, tmp_path)
        for _ in range(3):
            assert await inline(editor, uri) == []
        told = [words for words in editor.shown() if "talker" in words]
        assert len(told) == 1
        assert "does not fill in the middle" in told[0]
        assert "completion.model" in told[0]
        assert server.fills == []

        editor.set_configuration(settings(server), section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
        server.enqueue(Reply("start(port)"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await inline(editor, uri):
                pass  # until the settings have been taken


async def test_a_server_that_fails_once_costs_one_suggestion(tmp_path: Path, server: ModelServer) -> None:
    async with typing_in(tmp_path, server, inline_client()) as editor:
        uri = open_main(editor, tmp_path)
        server.enqueue(Refusal(500), Reply("start(port)"))
        assert await inline(editor, uri) == []
        assert len(await inline(editor, uri)) == 1
        assert editor.shown() == []


async def test_a_host_that_was_not_allowed_gets_nothing(tmp_path: Path, server: ModelServer) -> None:
    elsewhere = settings(server) | {"ollama": {"url": "http://gpu.lan:11434"}}
    async with typing_in(tmp_path, server, inline_client(), settings=elsewhere) as editor:
        uri = open_main(editor, tmp_path)
        assert await inline(editor, uri) == []
        assert [words for words in editor.shown() if "gpu.lan" in words]
