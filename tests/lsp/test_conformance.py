"""Every method that DT6 has, asked by each editor whose capabilities are recorded, to the letter of the specification.

A method without a case here, or a command without one, fails. pytest-lsp's own checks are errors; `conforming` has the
rest. An editor that can do everything that the protocol knows is the fourth: the recorded ones are older than some
methods.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pytest_lsp import LspSpecificationWarning, client_capabilities

from dt6_lsp.server import commands
from dt6_lsp.server.ask import ASK
from dt6_lsp.server.converter import converter
from dt6_lsp.server.dispatch import REQUESTS
from tests.editing_soak import MODELS
from tests.lsp.conforming import Talk, problems
from tests.lsp.harness import HERE, Editor, connected, editing, make_workspace
from tests.lsp.strict import everything
from tests.lsp.test_asking import QUESTION, with_model
from tests.servers.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow

RECORDED = ("visual-studio-code", "neovim", "emacs")
ALL = "an editor that can do everything"
Cases = Callable[["Asking"], list[Any]]
FIXED = "```\nStarts a server on port 8000.\n```"


class Asking:
    """A session in which each method is asked once or more, about one open document."""

    def __init__(self, editor: Editor, uri: str, talk: Talk) -> None:
        self.editor, self.talk = editor, talk
        self.document = {"uri": uri}
        self.name = {"textDocument": self.document, "position": {"line": 6, "character": 9}}
        start, end = {"line": 11, "character": 0}, {"line": 13, "character": 0}  # of `main`, which has no docstring
        self.lines = {"textDocument": self.document, "range": {"start": start, "end": end}}

    def given(self, method: str, field: str = "") -> list[Any]:
        """What was listed before, to be asked about again."""
        found = [item for result in self.talk.results(method) for item in result]
        return [item for item in found if not field or field in item]


def _actions(asking: Asking) -> list[Any]:
    problem = {"range": asking.lines["range"], "message": "port is not used", "severity": 2, "source": "lint"}
    context: dict[str, Any] = {"triggerKind": 1}
    return [
        {**asking.lines, "context": {**context, "diagnostics": []}},
        {**asking.lines, "context": {**context, "diagnostics": [problem]}},
        {**asking.lines, "context": {**context, "diagnostics": [], "only": ["refactor"]}},
    ]


def _offered_actions(asking: Asking) -> Iterator[Any]:
    """What an action is, whether it is asked about again or is a command."""
    for action in asking.given(types.TEXT_DOCUMENT_CODE_ACTION):
        command = action["command"] if isinstance(action.get("command"), dict) else action
        yield from [action["data"]] if "data" in action else command["arguments"]


def _commands_of_lenses(asking: Asking, name: str) -> list[Any]:
    """The argument of the first lens that has this command when it is shown."""
    shown = [*asking.talk.results(types.CODE_LENS_RESOLVE), *asking.given(types.TEXT_DOCUMENT_CODE_LENS)]
    return next(lens["command"]["arguments"] for lens in shown if lens.get("command", {}).get("command") == name)


def _own_pages(asking: Asking) -> list[Any]:
    """What the server has shown that only it can give the text of."""
    shown = [each["params"]["uri"] for each in asking.talk.heard if each.get("method") == types.WINDOW_SHOW_DOCUMENT]
    return [{"uri": uri} for uri in shown if uri.startswith("dt6:")]


def _pages(asking: Asking) -> list[Any]:
    """What DT6 has opened for the answers that it has written."""
    opened = [each["params"]["uri"] for each in asking.talk.heard if each.get("method") == types.WINDOW_SHOW_DOCUMENT]
    return [{"textDocument": {"uri": uri}} for uri in dict.fromkeys(opened)]


CASES: Mapping[str, Cases] = {
    types.TEXT_DOCUMENT_HOVER: lambda asking: [asking.name],
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: lambda asking: [{"textDocument": asking.document}],
    types.TEXT_DOCUMENT_CODE_ACTION: _actions,
    types.CODE_ACTION_RESOLVE: lambda asking: asking.given(types.TEXT_DOCUMENT_CODE_ACTION, "data"),
    types.TEXT_DOCUMENT_CODE_LENS: lambda asking: [{"textDocument": asking.document}],
    types.CODE_LENS_RESOLVE: lambda asking: asking.given(types.TEXT_DOCUMENT_CODE_LENS, "data"),
    types.TEXT_DOCUMENT_COMPLETION: lambda asking: [{**asking.name, "context": {"triggerKind": 1}}],
    types.TEXT_DOCUMENT_INLINE_COMPLETION: lambda asking: [{**asking.name, "context": {"triggerKind": 1}}],
    types.WORKSPACE_SYMBOL: lambda _: [{"query": "start"}, {"query": "listen on a port"}],
    types.WORKSPACE_SYMBOL_RESOLVE: lambda asking: asking.given(types.WORKSPACE_SYMBOL),
    types.WORKSPACE_EXECUTE_COMMAND: lambda asking: [
        {"command": name, "arguments": arguments(asking), "workDoneToken": f"work on {name}"}
        for name, arguments in COMMANDS.items()
    ],
    types.TEXT_DOCUMENT_DOCUMENT_LINK: _pages,
    types.DOCUMENT_LINK_RESOLVE: lambda asking: asking.given(types.TEXT_DOCUMENT_DOCUMENT_LINK),
    types.TEXT_DOCUMENT_DEFINITION: lambda asking: [
        {**page, "position": {"line": line, "character": 3}} for page in _pages(asking) for line in range(20)
    ],
    types.TEXT_DOCUMENT_DIAGNOSTIC: lambda asking: [{"textDocument": asking.document}],
    ASK: lambda _: [{"question": QUESTION, "workDoneToken": "asked", "partialResultToken": "words"}],
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT: lambda asking: _own_pages(asking),
}
"""The parameters of the requests of each method, in the order in which they are asked."""

COMMANDS: Mapping[str, Cases] = {
    "dt6.index": lambda _: [],
    "dt6.search": lambda _: [{"query": "listen on a port"}],
    "dt6.ask": lambda _: [{"question": QUESTION}],
    "dt6.architecture": lambda _: [{"focus": "app/server.py"}],
    "dt6.explain": lambda asking: [{"uri": asking.document["uri"], "range": asking.lines["range"]}],
    "dt6.review": lambda asking: [{"uri": asking.document["uri"]}],
    "dt6.clearReview": lambda _: [],
    "dt6.models": lambda _: [],
    "dt6.references": lambda asking: _commands_of_lenses(asking, "dt6.references"),
    "dt6.switchModel": lambda _: [{"backend": "ollama", "model": "llama3.2:latest"}],
    "dt6.stats": lambda _: [],
    "dt6.forget": lambda _: [],
    "dt6.clearCache": lambda _: [],
    "dt6.applyAction": lambda asking: [next(each for each in _offered_actions(asking) if each["kind"] == "document")],
}
_PROVIDERS: Mapping[str, str] = {
    types.WORKSPACE_SYMBOL: "workspaceSymbolProvider",
    types.WORKSPACE_SYMBOL_RESOLVE: "workspaceSymbolProvider.resolveProvider",
    types.CODE_ACTION_RESOLVE: "codeActionProvider.resolveProvider",
    types.CODE_LENS_RESOLVE: "codeLensProvider.resolveProvider",
    types.COMPLETION_ITEM_RESOLVE: "completionProvider.resolveProvider",
    types.DOCUMENT_LINK_RESOLVE: "documentLinkProvider.resolveProvider",
    types.WORKSPACE_EXECUTE_COMMAND: "executeCommandProvider",
    types.WORKSPACE_DIAGNOSTIC: "diagnosticProvider.workspaceDiagnostics",
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT: "workspace.textDocumentContent",
    ASK: "",
}


def provider(method: str) -> str:
    """Where a server says that it has a method; "" where it need not say so."""
    return _PROVIDERS.get(method, f"{method.partition('/')[2]}Provider")


def test_every_method_and_every_command_has_a_case() -> None:
    assert set(REQUESTS) - set(CASES) == set()
    assert set(commands.NAMES) - set(COMMANDS) == set()


@pytest.mark.parametrize("editor", [*RECORDED, ALL])
async def test_an_editor_gets_what_it_can_take(tmp_path: Path, editor: str) -> None:
    root = make_workspace(tmp_path / "work")
    capabilities = everything(types.ClientCapabilities) if editor == ALL else client_capabilities(editor)
    with ModelServer(MODELS, answer=lambda _: FIXED) as models:
        settings = {**with_model(models), "completion": {"model": "coder", "delayMs": 0}}
        async with editing(root, tmp_path / "state", editor=capabilities, settings=settings) as client:
            await client.indexed()
            talk = Talk(converter().unstructure(capabilities), client.heard, client.said)
            client.choice = "Apply"
            assert editor != RECORDED[0] or _is_offered(talk, types.TEXT_DOCUMENT_COMPLETION)
            await _ask_everything(Asking(client, client.open(root / "app/server.py"), talk), every=editor == ALL)
            client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier((root / "app/server.py").as_uri()))
            )
    assert problems(talk) == []


async def _ask_everything(asking: Asking, *, every: bool) -> None:
    """Each method that is offered has an answer, and one without an error; `every` one must be offered."""
    offered = {method for method in REQUESTS if _is_offered(asking.talk, method)}
    assert offered >= {types.TEXT_DOCUMENT_HOVER, types.WORKSPACE_EXECUTE_COMMAND, ASK}
    assert not every or offered == set(REQUESTS) - {types.TEXT_DOCUMENT_COMPLETION}  # which has the better one instead
    for method in (each for each in CASES if each in offered):
        for params in CASES[method](asking):
            await asking.editor.asks(method, params)
        assert asking.talk.results(method), f"{method} has given nothing"
        codes = {answer["error"]["code"] for answer in asking.talk.answers(method) if "error" in answer}
        assert codes <= {types.LSPErrorCodes.RequestFailed.value}, (method, codes)


def _is_offered(talk: Talk, method: str) -> bool:
    registered = [
        each["method"]
        for message in talk.heard
        if message.get("method") == types.CLIENT_REGISTER_CAPABILITY
        for each in message["params"]["registrations"]
    ]
    found: Any = talk.results(types.INITIALIZE)[0]["capabilities"]
    for name in filter(None, provider(method).split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    return method in registered or found not in (None, False)


# --- that the checks see what they look for ---------------------------------------------------------------------------

CANNOT: dict[str, Any] = {}
MARKDOWN = {"contents": {"kind": "markdown", "value": "x"}}
PLACE = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 3}}
OFFERED = {"capabilities": {"executeCommandProvider": {"commands": ["dt6.ask"]}}}
ACTION = types.TEXT_DOCUMENT_CODE_ACTION


@pytest.mark.parametrize(
    ("method", "result", "problem"),
    [
        (types.TEXT_DOCUMENT_HOVER, MARKDOWN, "kind that is not in"),
        (types.TEXT_DOCUMENT_HOVER, {"contents": "x"}, "kind that is not in"),
        (types.TEXT_DOCUMENT_HOVER, {"contents": {"kind": "plaintext", "value": 3}}, "no str"),
        (types.TEXT_DOCUMENT_HOVER, {"contents": {"kind": "plaintext", "value": "x", "more": 1}}, "has no 'more'"),
        (types.TEXT_DOCUMENT_HOVER, {"range": PLACE}, "needs 'contents'"),
        (
            types.TEXT_DOCUMENT_DOCUMENT_SYMBOL,
            [{"name": "x", "kind": 12, "range": PLACE, "selectionRange": PLACE}],
            "a tree where they are not",
        ),
        (types.WORKSPACE_SYMBOL, [{"name": "x", "kind": 12, "location": {"uri": "file:///x"}}], "without a range"),
        (ACTION, [{"title": "x", "command": {"title": "x", "command": "dt6.ask"}}], "a literal"),
        (ACTION, [{"title": "x", "command": "dt6.nothing"}], "that the server does not have"),
        (ACTION, [{"title": "x", "edit": {"documentChanges": []}, "data": 1}], "with data"),
        (
            ACTION,
            [{"title": "x", "edit": {"documentChanges": [{"kind": "create", "uri": "file:///x"}]}}],
            "create of a file",
        ),
        (
            types.TEXT_DOCUMENT_DEFINITION,
            [{"targetUri": "file:///x", "targetRange": PLACE, "targetSelectionRange": PLACE}],
            "links",
        ),
        (
            types.TEXT_DOCUMENT_DEFINITION,
            [{"uri": "file:///x", "range": {"start": PLACE["end"], "end": PLACE["start"]}}],
            "ends before it starts",
        ),
    ],
)
def test_what_a_client_can_not_take_is_seen(method: str, result: Any, problem: str) -> None:
    heard = [{"jsonrpc": "2.0", "id": 0, "result": OFFERED}, {"jsonrpc": "2.0", "id": 1, "result": result}]
    said = [{"id": 0, "method": types.INITIALIZE}, {"id": 1, "method": method}]
    assert [each for each in problems(Talk(CANNOT, heard, said)) if problem in each]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"id": "a", "method": types.WORKSPACE_APPLY_EDIT, "params": {"edit": {}}}, "without workspace.applyEdit"),
        ({"id": "a", "method": types.WORKSPACE_CODE_LENS_REFRESH}, "refreshSupport"),
        ({"id": "a", "method": types.WINDOW_WORK_DONE_PROGRESS_CREATE, "params": {"token": 1}}, "workDoneProgress"),
        ({"method": types.PROGRESS, "params": {"token": 1, "value": {"kind": "end"}}}, "unknown token"),
        ({"id": "a", "method": types.WORKSPACE_INLAY_HINT_REFRESH}, "no rule"),
        ({"method": "dt6/news", "params": {}}, "unknown method"),
        (
            {
                "id": "a",
                "method": types.CLIENT_REGISTER_CAPABILITY,
                "params": {"registrations": [{"id": "x", "method": types.TEXT_DOCUMENT_COMPLETION}]},
            },
            "without textDocument.completion.dynamicRegistration",
        ),
    ],
)
def test_what_a_client_has_not_asked_for_is_seen(message: dict[str, Any], problem: str) -> None:
    heard = [{"jsonrpc": "2.0", **message}]
    assert [each for each in problems(Talk(CANNOT, heard, [])) if problem in each]


def test_a_request_without_an_answer_is_seen() -> None:
    assert "0 answers to dt6/ask" in problems(Talk(CANNOT, [], [{"id": 1, "method": ASK}]))


async def test_a_warning_of_pytest_lsp_is_an_error() -> None:
    """It is raised where pygls catches what is raised, so it counts only because the client keeps it."""
    create = '{"jsonrpc":"2.0","id":"1","method":"window/workDoneProgress/create","params":{"token":"x"}}'
    code = f"print('Content-Length: {len(create)}\\r\\n\\r\\n{create}', end='', flush=True); input()"
    client = connected({})
    client.capabilities = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=False))
    await client.start_io(sys.executable, "-c", code, cwd=HERE)
    await client.until(lambda: client.error)
    await client.stop()  # type: ignore[no-untyped-call]
    assert isinstance(client.error, LspSpecificationWarning)
