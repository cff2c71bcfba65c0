"""An editor for tests: pytest-lsp's client over a real `dt6-lsp serve`, with the recorded capabilities of real editors.

    async with editing(tmp_path, capabilities="neovim") as editor:
        await editor.until(lambda: editor.indexed)

What pytest-lsp finds against the specification is an error. Nothing here sleeps: `until` looks again at every message.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Union

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features
from pytest_lsp.protocol import LanguageClientProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from cattrs import Converter

T = TypeVar("T")

HERE = Path(__file__).parents[2]
SERVER = (sys.executable, "-m", "dt6_lsp", "serve", "--stdio")
VSCODE, NEOVIM = "visual-studio-code", "neovim"
PATIENCE_SECONDS = 60

SERVER_PY = '''"""Serves."""


class Server:
    """Answers requests."""

    def start(self, port: int) -> None:
        """Listen on a port."""
        self.port = port


def main() -> None:
    Server().start(8000)
'''

FILES: Mapping[str, str] = {
    "app/server.py": SERVER_PY,
    "app/windows.py": "from app.server import Server\n\n\ndef twice() -> None:\n    Server()\n".replace("\n", "\r\n"),
    "app/faces.py": 'from app.server import Server\n\nSMILE = "😀é"; smiling = Server()\n',
    "README.md": "# Demo\n\nThe server listens on a port. It answers requests.\n",
}


def make_workspace(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def environment(state: Path, **settings: str) -> dict[str, str]:
    """Nothing of the machine's own settings, no model unless the test gives one, and data in the test's folder."""
    state.mkdir(parents=True, exist_ok=True)
    config = state / "config.toml"
    config.touch()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DT6_")}
    own = {"DT6_DATA_DIR": str(state / "data"), "DT6_CONFIG": str(config), "DT6_CHAT_BACKEND": "none"}
    return {**clean, **own, **settings}


def _converter() -> Converter:
    """lsprotocol takes a code action that has a command for a command."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]

    def command_or_action(given: Any, _: object) -> types.Command | types.CodeAction:
        if isinstance(given.get("command"), str):
            return converter.structure(given, types.Command)
        return converter.structure(given, types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, command_or_action)
    converter.register_structure_hook(Union[types.Command, types.CodeAction], command_or_action)  # noqa: UP007
    return converter


class _Protocol(LanguageClientProtocol):
    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        if not (self._server.silent and method_name == types.WORKSPACE_CONFIGURATION):  # type: ignore[attr-defined]
            super()._handle_request(msg_id, method_name, params)  # type: ignore[no-untyped-call]

    def structure_message(self, data: dict[str, Any]) -> Any:
        if "jsonrpc" in data:
            self._server.heard.append(data)  # type: ignore[attr-defined]
        return super().structure_message(data)

    def _send_data(self, data: Any) -> None:
        self._server.said.append(json.loads(json.dumps(data, default=self._serialize_message)))  # type: ignore[attr-defined]
        super()._send_data(data)

    def handle_message(self, message: Any) -> None:
        super().handle_message(message)
        self._server.news.set()  # type: ignore[attr-defined]


class Editor(LanguageClient):
    def __init__(self, *, silent: bool = False) -> None:
        super().__init__(protocol_cls=_Protocol, converter_factory=_converter)
        self.silent = silent  # never answers the question for its settings
        self.news = asyncio.Event()
        self.heard: list[dict[str, Any]] = []  # every message as it came, and
        self.said: list[dict[str, Any]] = []  # as it went
        self.partial_results: dict[types.ProgressToken, list[dict[str, Any]]] = {}
        self.registrations: list[types.Registration] = []
        self.unregistrations: list[types.Unregistration] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.choice: str | None = None  # the button that the user presses, whatever is asked; None closes the question
        self.applied: list[types.WorkspaceEdit] = []
        self.refreshed_diagnostics = 0  # times that the server said that others are to be pulled
        self.refreshed: list[str] = []  # documents whose text the server has, each time that it has another
        self.refusal: str | None = None  # why the editor makes no edit
        self.refreshed_lenses = 0  # how often it was asked to look at lenses again

    async def until(self, look: Callable[[], T | None]) -> T:
        """What `look` returns as soon as that is true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := look()):
                self.news.clear()
                await self.news.wait()
        return found

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        await super().server_exit(server)
        self.news.set()

    @property
    def bars(self) -> dict[types.ProgressToken, list[Any]]:
        """Work-done progress by token: begin, reports, end."""
        return self.progress_reports

    def ended_bars(self) -> list[list[Any]]:
        return [bar for bar in self.bars.values() if bar and isinstance(bar[-1], types.WorkDoneProgressEnd)]

    async def indexed(self) -> list[Any]:
        """The bar of the first index run, once it is done."""
        return (await self.until(self.ended_bars))[0]

    def shown(self) -> list[str]:
        return [message.message for message in self.messages]

    async def execute(self, command: str, *arguments: object, token: str | None = None) -> Any:
        params = types.ExecuteCommandParams(command, list(arguments) if arguments else None, work_done_token=token)
        if token is not None:
            self.bars.setdefault(token, [])
        return plain(await self.workspace_execute_command_async(params))

    async def request(self, method: str, params: Any) -> Any:
        return plain(await self.raw_request(method, params))

    async def asks(self, method: str, params: Any, msg_id: str | None = None) -> None:
        """Any request, also one that is refused; what came of it is in `heard`."""
        if (token := params.get("workDoneToken")) is not None:
            self.bars.setdefault(token, [])
        kind: Any = types.METHOD_TO_TYPES[method][2] if method in types.METHOD_TO_TYPES else None
        with suppress(JsonRpcException):
            await self.raw_request(method, params if kind is None else _converter().structure(params, kind), msg_id)

    async def raw_request(self, method: str, params: Any, msg_id: str | None = None) -> Any:
        return await self.protocol.send_request_async(method, params, msg_id)  # type: ignore[no-untyped-call]

    def open(self, path: Path, text: str | None = None, uri: str = "") -> str:
        uri = uri or path.as_uri()
        body = path.read_bytes().decode() if text is None else text
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, body)))
        return uri

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        where = types.Position(line, character)
        return await self.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), where))

    async def exit_code(self) -> int:
        assert self._server is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._server.wait()

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._server is not None
        return self._server


def plain(value: Any) -> Any:
    """pygls makes namedtuples of results that it does not know."""
    if hasattr(value, "_asdict"):
        return {name: plain(inner) for name, inner in value._asdict().items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def _progress(client: Editor, params: types.ProgressParams) -> None:
    """pytest-lsp's own takes everything for work-done progress."""
    value: Any = params.value
    if params.token in client.progress_reports and value.get("kind") in ("begin", "report", "end"):
        DEFAULT_CLIENT_FEATURES[types.PROGRESS](client, params)
    else:
        client.partial_results.setdefault(params.token, []).append(value)


def _register(client: Editor, params: types.RegistrationParams) -> None:
    client.registrations.extend(params.registrations)


def _ask_user(client: Editor, params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
    client.questions.append(params)
    return next((item for item in params.actions or () if item.title == client.choice), None)


def _apply(client: Editor, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
    client.applied.append(params.edit)
    return types.ApplyWorkspaceEditResult(client.refusal is None, client.refusal)


def _refresh_lenses(client: Editor, _params: None) -> None:
    client.refreshed_lenses += 1


def _unregister(client: Editor, params: types.UnregistrationParams) -> None:
    client.unregistrations.extend(params.unregisterations)


def _refresh_diagnostics(client: Editor, _params: object) -> None:
    client.refreshed_diagnostics += 1


def _refresh(client: Editor, params: types.TextDocumentContentRefreshParams) -> None:
    client.refreshed.append(params.uri)


def _client(*, silent: bool = False) -> Editor:
    client = Editor(silent=silent)
    own = {
        types.PROGRESS: _progress,
        types.CLIENT_REGISTER_CAPABILITY: _register,
        types.CLIENT_UNREGISTER_CAPABILITY: _unregister,
        types.WINDOW_SHOW_MESSAGE_REQUEST: _ask_user,
        types.WORKSPACE_APPLY_EDIT: _apply,
        types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH: _refresh,
        types.WORKSPACE_DIAGNOSTIC_REFRESH: _refresh_diagnostics,
        types.WORKSPACE_CODE_LENS_REFRESH: _refresh_lenses,
    }
    register_lsp_features(client, {**DEFAULT_CLIENT_FEATURES, **own})
    return client


def connected(settings: Mapping[str, Any]) -> Editor:
    """An editor that starts no server: it connects to one, and answers these for its section "dt6"."""
    client = _client()
    client.set_configuration(dict(settings), section="dt6")
    return client


@asynccontextmanager
async def spawned(
    env: Mapping[str, str], *, silent: bool = False, command: Sequence[str] = SERVER
) -> AsyncIterator[Editor]:
    """A server that has not been initialized. It is ended with the block, in the way that it still allows. A `silent`
    client never answers the question for its settings."""
    client = _client(silent=silent)
    await client.start_io(*command, env=dict(env), cwd=HERE)
    try:
        yield client
    finally:
        if client.process.returncode is None and client.capabilities is not None:
            await client.shutdown_session()
        if client.process.returncode is None:
            client.process.terminate()
        await client.stop()  # type: ignore[no-untyped-call]
    assert client.error is None


@asynccontextmanager
async def editing(
    root: Path | None,
    state: Path,
    *,
    editor: str | types.ClientCapabilities = VSCODE,
    settings: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    folders: list[Path] | None = None,
    uris: list[str] | None = None,
    root_path: Path | None = None,
    env: Mapping[str, str] | None = None,
    silent: bool = False,
    command: Sequence[str] = SERVER,
) -> AsyncIterator[Editor]:
    """An initialized session. `settings` is what the editor answers for the section "dt6"."""
    async with spawned(environment(state, **(env or {})), silent=silent, command=command) as client:
        client.set_configuration(dict(settings or {}), section="dt6")
        capabilities = client_capabilities(editor) if isinstance(editor, str) else editor
        named = uris or [folder.as_uri() for folder in folders or ([root] if root else [])]
        params = types.InitializeParams(
            capabilities=capabilities,
            root_uri=root.as_uri() if root else None,
            workspace_folders=[types.WorkspaceFolder(uri=uri, name=uri.rpartition("/")[2]) for uri in named] or None,
            root_path=str(root_path) if root_path else None,
            initialization_options=options,
        )
        await client.initialize_session(params)
        yield client
