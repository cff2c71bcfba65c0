"""Code actions over the wire: listed without a model, made when they are chosen, in what each editor can take."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, Editor, editing, make_workspace, plain
from tests.lsp.test_asking import with_model
from tests.servers.model_server import Cut, ModelServer, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMACS = "emacs"
DOCUMENTED = "```\nStarts a server on port 8000.\n```"
MAIN = 11  # the line of `def main` in app/server.py, from 0
DOC = '    """Starts a server on port 8000."""\n'
Acting = tuple[Editor, "Path", ModelServer]


@asynccontextmanager
async def acting(folder: Path, editor: str | types.ClientCapabilities) -> AsyncIterator[Acting]:
    root = make_workspace(folder / "work")
    with ModelServer() as server:
        async with editing(root, folder / "state", editor=editor, settings=with_model(server)) as client:
            await client.indexed()
            yield client, root, server


def honouring() -> types.ClientCapabilities:
    """VS Code as it is now: what was recorded did not honour annotations yet."""
    capabilities = client_capabilities(VSCODE)
    assert capabilities.text_document
    assert capabilities.text_document.code_action
    capabilities.text_document.code_action.honors_change_annotations = True
    capabilities.text_document.code_action.tag_support = types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated])
    return capabilities


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vscode(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Acting]:
    async with acting(tmp_path_factory.mktemp("vscode"), honouring()) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neovim(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Acting]:
    async with acting(tmp_path_factory.mktemp("neovim"), NEOVIM) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def emacs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Acting]:
    async with acting(tmp_path_factory.mktemp("emacs"), EMACS) as session:
        yield session


def opened(session: Acting, name: str = "app/server.py", text: str | None = None) -> tuple[str, str]:
    """The URI and the text of a document that is open from now on."""
    editor, root, _ = session
    editor.questions.clear()
    editor.applied.clear()
    editor.choice = None
    path = root / name
    body = path.read_bytes().decode() if text is None else text
    return editor.open(path, body), body


async def listed(
    editor: Editor, uri: str, line: int, end: tuple[int, int] | None = None, **context: Any
) -> Sequence[types.CodeAction | types.Command] | None:
    """At the start of a line, or from there to a line and character."""
    start = types.Position(line, 0)
    where = types.Range(start, types.Position(*end) if end else start)
    given = types.CodeActionContext(context.pop("diagnostics", []), trigger_kind=types.CodeActionTriggerKind.Invoked)
    for name, value in context.items():
        setattr(given, name, value)
    return await editor.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), where, given)
    )


async def action(editor: Editor, uri: str, line: int, kind: str, **context: Any) -> types.CodeAction:
    found = await listed(editor, uri, line, **context)
    assert found is not None
    return next(each for each in found if isinstance(each, types.CodeAction) and each.kind == kind)


def made(text: str, edits: Sequence[Any], encoding: str) -> str:
    """A text with edits made, last first, as an editor makes them: columns are units of the encoding."""
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    lines = [*text.splitlines(keepends=True), ""]

    def offset(at: types.Position) -> int:
        column = len(lines[at.line].encode(codec)[: at.character * size].decode(codec))
        return sum(map(len, lines[: at.line])) + column

    for edit in sorted(edits, key=lambda each: -offset(each.range.start)):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def close(editor: Editor, uri: str) -> None:
    editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))


async def test_what_is_offered_needs_no_model_and_is_told_by_its_data(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, _ = opened(vscode)
    before = len(server.chats)
    found = await listed(editor, uri, MAIN)
    assert found is not None
    actions = [each for each in found if isinstance(each, types.CodeAction)]
    assert [(each.kind, each.title) for each in actions] == [
        ("refactor.rewrite.document", "DT6: document `main`"),
        ("refactor.rewrite", "DT6: refactor `main`"),
        ("refactor.tests", "DT6: write tests for `main`"),
        ("dt6.explain", "DT6: explain `main`"),
        ("dt6.review", "DT6: review `main`"),
        ("dt6.ask", "DT6: ask about `main`"),
    ]
    data = plain(actions[0].data)
    assert (data["kind"], data["uri"], data["version"], data["start_line"], data["end_line"]) == (
        "document", uri, 1, 12, 13,
    )  # fmt: skip
    assert not any("DT6" in str(value) for value in data.values()), "no title"
    assert all(each.edit is None for each in actions)
    assert [each.command is not None for each in actions] == [False, False, False, True, True, True]
    assert [bool(each.tags) for each in actions] == [True, True, True, False, False, False], "who writes it"
    assert len(server.chats) == before


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["refactor"], {"refactor.rewrite.document", "refactor.rewrite", "refactor.tests"}),
        (["refactor.rewrite.document"], {"refactor.rewrite.document"}),
        (["refactor.rew"], set()),
        (["dt6"], {"dt6.explain", "dt6.review", "dt6.ask"}),
        (["quickfix", "dt6.ask"], {"dt6.ask"}),
        (["source"], set()),
    ],
)
async def test_only_the_kinds_that_are_asked_for(vscode: Acting, only: list[str], kinds: set[str]) -> None:
    editor, _, _ = vscode
    uri, _ = opened(vscode)
    found = await listed(editor, uri, MAIN, only=only)
    assert {each.kind for each in found or () if isinstance(each, types.CodeAction)} == kinds


async def test_an_editor_that_asks_by_itself_gets_no_sign_that_is_always_there(vscode: Acting) -> None:
    editor, _, _ = vscode
    uri, _ = opened(vscode)
    automatic: dict[str, Any] = {"trigger_kind": types.CodeActionTriggerKind.Automatic}
    assert not await listed(editor, uri, MAIN, **automatic)
    where = types.Range(types.Position(12, 4), types.Position(12, 10))
    problem = types.Diagnostic(where, "Unused name `Server`", tags=(types.DiagnosticTag.Unnecessary,))
    fixes = await listed(editor, uri, 12, diagnostics=[problem], **automatic)
    assert [(each.kind, each.diagnostics) for each in fixes or () if isinstance(each, types.CodeAction)] == [
        ("quickfix", (problem,))
    ]
    selected = await listed(editor, uri, MAIN, end=(12, 5), **automatic)
    assert "refactor.rewrite" in {each.kind for each in selected or () if isinstance(each, types.CodeAction)}


async def test_vscode_gets_a_versioned_edit_that_it_confirms_itself(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, text = opened(vscode)
    server.enqueue(Reply(DOCUMENTED))
    resolved = await editor.code_action_resolve_async(await action(editor, uri, MAIN, "refactor.rewrite.document"))
    assert resolved.edit is not None
    assert resolved.edit.changes is None
    (change,) = resolved.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (uri, 1)
    assert [edit.annotation_id for edit in change.edits if isinstance(edit, types.AnnotatedTextEdit)] == ["dt6"]
    (note,) = (resolved.edit.change_annotations or {}).values()
    assert (note.label, note.needs_confirmation) == ("Write documentation", True)
    assert made(text, change.edits, "utf-16") == text.replace("main() -> None:\n", f"main() -> None:\n{DOC}")
    assert editor.questions == []


async def test_neovim_is_asked_before_it_gets_an_edit(neovim: Acting) -> None:
    editor, _, server = neovim
    uri, text = opened(neovim)
    editor.choice = "Apply"
    server.enqueue(Reply(DOCUMENTED))
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    resolved = await editor.code_action_resolve_async(chosen)
    assert resolved.edit is not None
    assert resolved.edit.document_changes is None
    assert resolved.edit.changes is not None
    assert made(text, resolved.edit.changes[uri], "utf-8") == text.replace(
        "main() -> None:\n", f"main() -> None:\n{DOC}"
    )
    (question,) = editor.questions
    assert question.message == ("llama3.2:latest would change 1 line of server.py. Apply it?\n+" + DOC.rstrip("\n"))
    for answer in ("Discard", None):
        editor.choice = answer
        server.enqueue(Reply(DOCUMENTED))
        assert (await editor.code_action_resolve_async(chosen)).edit is None


async def test_emacs_runs_a_command_and_gets_the_edit_to_apply(emacs: Acting) -> None:
    editor, _, server = emacs
    uri, text = opened(emacs)
    editor.choice = "Apply"
    server.enqueue(Reply(DOCUMENTED))
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    assert chosen.edit is None
    assert chosen.command is not None
    assert await editor.execute(chosen.command.command, *plain(chosen.command.arguments or [])) is None
    (edit,) = await editor.until(lambda: editor.applied)
    (change,) = edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert edit.change_annotations is None
    assert made(text, change.edits, "utf-16") == text.replace("main() -> None:\n", f"main() -> None:\n{DOC}")
    assert len(editor.questions) == 1


async def test_emacs_is_told_what_went_wrong(emacs: Acting) -> None:
    editor, _, server = emacs
    uri, _ = opened(emacs)
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    assert chosen.command is not None
    for times in (1, 2):
        server.enqueue(Reply("I would rather not."), Reply("No."))
        await editor.execute(chosen.command.command, *plain(chosen.command.arguments or []))
        await told(editor, "There is no code block.", times)
    assert editor.applied == []


async def told(editor: Editor, words: str, times: int) -> None:
    await editor.until(lambda: sum(words in said for said in editor.shown()) == times)


@pytest.mark.parametrize("name", ["vscode", "neovim"])
async def test_places_are_right_in_every_encoding_and_with_any_line_end(
    name: str, request: pytest.FixtureRequest
) -> None:
    session: Acting = request.getfixturevalue(name)
    editor, _, server = session
    text = 'SMILE = "😀é"; smiling = 1\r\n\r\n\r\ndef greet(who):\r\n    x = "😀" + who\r\n    return x'
    uri, _ = opened(session, "app/smile.py", text)
    editor.choice = "Apply"
    server.enqueue(Reply('```\ndef greet(who):\n    return "😀" + who\n```'))
    resolved = await editor.code_action_resolve_async(await action(editor, uri, 3, "refactor.rewrite"))
    assert resolved.edit is not None
    if resolved.edit.changes:
        edits: Sequence[Any] = resolved.edit.changes[uri]
    else:
        (change,) = resolved.edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        edits = change.edits
    encoding = {"vscode": "utf-16", "neovim": "utf-8"}[name]
    assert made(text, edits, encoding) == text.replace('x = "😀" + who\r\n    return x', 'return "😀" + who')
    close(editor, uri)


async def test_a_problem_is_mended_as_its_own_action(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, text = opened(vscode, text="def f(a):\n    return b\n")
    problem = types.Diagnostic(
        types.Range(types.Position(1, 11), types.Position(1, 12)), "Undefined name `b`", code="F821", source="ruff"
    )
    server.enqueue(Reply("```\ndef f(a):\n    return a\n```"))
    chosen = await action(editor, uri, 1, "quickfix", diagnostics=[problem])
    assert (chosen.title, chosen.diagnostics) == ("DT6: fix “Undefined name `b`”", (problem,))
    resolved = await editor.code_action_resolve_async(chosen)
    assert resolved.edit is not None
    (change,) = resolved.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert made(text, change.edits, "utf-16") == "def f(a):\n    return a\n"
    assert "Undefined name `b`" in server.chats[-1].prompt


async def test_tests_are_a_new_file_where_the_editor_makes_files(vscode: Acting) -> None:
    editor, root, server = vscode
    uri, _ = opened(vscode)
    body = "from app.server import main\n\n\ndef test_main():\n    assert main\n"
    server.enqueue(Reply(f"```python\n{body}```"))
    resolved = await editor.code_action_resolve_async(await action(editor, uri, MAIN, "refactor.tests"))
    assert resolved.edit is not None
    create, change = resolved.edit.document_changes or ()
    assert isinstance(create, types.CreateFile)
    assert isinstance(change, types.TextDocumentEdit)
    assert create.uri == change.text_document.uri == (root / "tests/test_server.py").as_uri()
    assert create.annotation_id in (resolved.edit.change_annotations or {})
    assert made("", change.edits, "utf-16") == body
    assert not (root / "tests").exists(), "nothing is written before the editor does it"


async def test_tests_are_shown_where_the_editor_makes_no_files(emacs: Acting) -> None:
    editor, _, server = emacs
    uri, _ = opened(emacs)
    server.enqueue(Reply("```python\ndef test_main():\n    assert main\n```"))
    chosen = await action(editor, uri, MAIN, "refactor.tests")
    assert chosen.command is not None
    await editor.execute(chosen.command.command, *plain(chosen.command.arguments or []))
    await editor.until(lambda: any("The whole answer:" in said for said in editor.shown()))
    assert editor.applied == []


async def test_a_document_that_was_changed_gets_no_edit_of_what_it_was(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, text = opened(vscode)
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    change(editor, uri, f"import os\n{text}", 2)
    before = len(server.chats)
    assert await code(editor.code_action_resolve_async(chosen)) == -32801
    assert len(server.chats) == before
    change(editor, uri, text, 3)
    server.enqueue(Reply(DOCUMENTED))
    resolved = await editor.code_action_resolve_async(chosen)
    (edit,) = (resolved.edit and resolved.edit.document_changes) or ()
    assert isinstance(edit, types.TextDocumentEdit)
    assert edit.text_document.version == 3, "the same text again, as it is now"


async def test_a_document_that_changes_while_a_model_writes_gets_no_edit(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, text = opened(vscode)
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    server.enqueue(Reply(DOCUMENTED, gap=0.05))
    before = len(server.chats)
    asked = asyncio.ensure_future(editor.code_action_resolve_async(chosen))
    assert await asyncio.to_thread(server.wait_until, lambda: len(server.chats) > before)
    change(editor, uri, f"import os\n{text}", 2)
    assert await code(asked) == -32801


def change(editor: Editor, uri: str, text: str, version: int) -> None:
    editor.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, uri), [types.TextDocumentContentChangeWholeDocument(text)]
        )
    )


async def code(work: Any) -> int:
    with pytest.raises(JsonRpcException) as failure:
        await work
    assert isinstance(failure.value.code, int)
    return failure.value.code


async def test_stopping_answers_at_once_and_closes_the_stream(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, _ = opened(vscode)
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    server.enqueue(Stall(tokens=2))
    before = len(server.chats)
    asked = asyncio.ensure_future(editor.raw_request(types.CODE_ACTION_RESOLVE, chosen, "resolving"))
    assert await asyncio.to_thread(server.wait_until, lambda: len(server.chats) > before)
    bar = await editor.until(lambda: bars(editor, "DT6: write documentation"))
    editor.cancel_request(types.CancelParams("resolving"))
    assert await code(asked) == -32800
    assert await asyncio.to_thread(server.chats[-1].wait_ended)
    assert server.chats[-1].closed_early
    assert isinstance(await editor.until(lambda: ended(bar)), types.WorkDoneProgressEnd)


def bars(editor: Editor, title: str) -> list[Any]:
    return next((bar for bar in reversed(editor.bars.values()) if bar and bar[0].title == title), [])


def ended(bar: list[Any]) -> Any:
    return bar[-1] if isinstance(bar[-1], types.WorkDoneProgressEnd) else None


async def test_what_a_model_wrote_wrong_is_told_in_plain_words(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, _ = opened(vscode)
    server.enqueue(Reply("```\ndef broken(:\n```"), Reply("```\ndef broken(:\n```"))
    chosen = await action(editor, uri, MAIN, "refactor.rewrite")
    with pytest.raises(JsonRpcException) as failure:
        await editor.code_action_resolve_async(chosen)
    assert failure.value.code == -32803
    assert "it adds syntax errors. Nothing was changed." in failure.value.message


async def test_a_stream_that_breaks_off_is_told_and_changes_nothing(vscode: Acting) -> None:
    editor, _, server = vscode
    uri, _ = opened(vscode)
    server.enqueue(Cut(tokens=3))
    chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
    with pytest.raises(JsonRpcException) as failure:
        await editor.code_action_resolve_async(chosen)
    assert failure.value.code == -32803
    assert "closed the connection in the middle of its answer" in failure.value.message


@pytest.mark.parametrize(
    "data",
    [{"kind": "format", "uri": "x", "digest": "0", "start_line": 1, "end_line": 1}, "document", {"kind": 7}, [],
     {"kind": "document", "uri": "x", "digest": "0", "start_line": 0, "end_line": -3}],
)  # fmt: skip
async def test_data_that_is_not_ours_is_bad_params(vscode: Acting, data: Any) -> None:
    editor, _, _ = vscode
    assert await code(editor.code_action_resolve_async(types.CodeAction("x", data=data))) == -32602


async def test_a_nameless_document_and_one_that_is_not_open(vscode: Acting) -> None:
    editor, root, server = vscode
    assert await listed(editor, (root / "README.md").as_uri(), 0) is None
    uri = editor.open(root, "def f(a):\n    return a\n", uri="untitled:Untitled-1")
    server.enqueue(Reply("```\nGives it back.\n```"))
    resolved = await editor.code_action_resolve_async(await action(editor, uri, 0, "refactor.rewrite.document"))
    (edit,) = (resolved.edit and resolved.edit.document_changes) or ()
    assert isinstance(edit, types.TextDocumentEdit)
    assert edit.text_document.uri == uri
    assert [each.new_text for each in edit.edits if not isinstance(each, types.SnippetTextEdit)] == [
        '    """Gives it back."""\n'
    ]


@pytest.mark.parametrize("applies", [True, False])
async def test_an_editor_that_knows_only_commands_gets_those_that_reach_it(tmp_path: Path, applies: bool) -> None:
    root = make_workspace(tmp_path / "work")
    bare = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(apply_edit=applies))
    with ModelServer() as server:
        options = with_model(server)
        async with editing(root, tmp_path / "state", editor=bare, options=options) as editor:
            uri = editor.open(root / "app/server.py")
            found = await listed(editor, uri, MAIN) or ()
            commands = {each.title: each for each in found if isinstance(each, types.Command)}
            assert len(commands) == len(found)
            assert ("DT6: document `main`" in commands) is applies
            assert "DT6: explain `main`" in commands
            if applies:
                editor.choice = "Apply"
                server.enqueue(Reply(DOCUMENTED))
                chosen = commands["DT6: document `main`"]
                await editor.execute(chosen.command, *plain(chosen.arguments or []))
                (edit,) = await editor.until(lambda: editor.applied)
                assert list(edit.changes or {}) == [uri]


async def test_a_question_about_lines_is_chosen_from_a_few(neovim: Acting) -> None:
    editor, _, server = neovim
    uri, _ = opened(neovim)
    chosen = await action(editor, uri, MAIN, "dt6.ask")
    assert chosen.command is not None
    editor.choice = "What can go wrong in this code?"
    server.enqueue(Reply("Nothing much."))
    await editor.execute(chosen.command.command, *plain(chosen.command.arguments or []))
    await editor.until(lambda: editor.shown_documents)
    assert "What can go wrong in this code?" in server.chats[-1].prompt
    assert "def main() -> None:" in server.chats[-1].prompt


async def test_without_a_model_or_without_trust_what_can_not_be_done_says_so(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    for setting, reason in (
        ({"chat": {"backend": "none"}}, "No model was asked"),
        ({"workspace": {"trusted": False}}, "is not trusted"),
    ):
        async with editing(root, tmp_path / "state", settings=setting) as editor:
            await editor.indexed()
            uri = editor.open(root / "app/server.py")
            chosen = await action(editor, uri, MAIN, "refactor.rewrite.document")
            assert chosen.disabled is not None
            assert reason in chosen.disabled.reason
            assert await code(editor.code_action_resolve_async(chosen)) == -32803
            assert (await action(editor, uri, MAIN, "dt6.explain")).disabled is None
        async with editing(root, tmp_path / "state", editor=NEOVIM, settings=setting) as editor:
            await editor.indexed()
            found = await listed(editor, editor.open(root / "app/server.py"), MAIN)
            kinds = {each.kind for each in found or () if isinstance(each, types.CodeAction)}
            assert kinds == {"dt6.explain", "dt6.ask"}
