"""Several editors at one server, over TCP and over WebSocket; and who is not let in."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.lsp.harness import HERE, PATIENCE_SECONDS, VSCODE, Editor, connected, environment, make_workspace
from tests.lsp.raw import frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow

INITIALIZE: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}


class Listening:
    def __init__(self, process: asyncio.subprocess.Process, transport: str, port: int) -> None:
        self.process, self.transport, self.port = process, transport, port

    @asynccontextmanager
    async def editing(self, root: Path, **settings: Any) -> AsyncIterator[Editor]:
        client = connected(settings)
        if self.transport == "tcp":
            await client.start_tcp("127.0.0.1", self.port)
        else:
            await client.start_ws("127.0.0.1", self.port)
        folder = types.WorkspaceFolder(root.as_uri(), root.name)
        params = types.InitializeParams(capabilities=client_capabilities(VSCODE), workspace_folders=[folder])
        await client.initialize_session(params)
        try:
            yield client
        finally:
            await client.shutdown_session()
            await client.stop()  # type: ignore[no-untyped-call]
            if isinstance(client.protocol.writer, asyncio.StreamWriter):  # pygls leaves it open
                client.protocol.writer.close()

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await self.exit_code()

    async def exit_code(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


async def start(env: Mapping[str, str], *arguments: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "dt6_lsp", "serve", *arguments)
    return await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=dict(env), cwd=HERE)


async def said(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        return (await process.stderr.readline()).decode().strip()


@asynccontextmanager
async def listening(transport: str, state: Path, **env: str) -> AsyncIterator[Listening]:
    process = await start(environment(state, **env), f"--{transport}", "127.0.0.1:0")
    try:
        told = re.fullmatch(rf"DT6 listens on {transport}://127\.0\.0\.1:(\d+)", await said(process))
        assert told
        yield Listening(process, transport, int(told[1]))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def names(editor: Editor, query: str) -> list[str]:
    return [one.name for one in await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query)) or []]


async def until_found(editor: Editor, query: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while query not in await names(editor, query):
            pass  # each answer is the event that the next question waits for


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_two_editors_on_one_folder_and_one_that_leaves(tmp_path: Path, transport: str) -> None:
    root = make_workspace(tmp_path / "work")
    async with listening(transport, tmp_path / "state") as server, AsyncExitStack() as stack:
        stays = await stack.enter_async_context(server.editing(root, log={"level": "debug"}))
        async with server.editing(root, log={"level": "error"}) as leaves:
            for editor in (stays, leaves):
                await editor.indexed()
                await until_found(editor, "Server")
                uri = editor.open(root / "app/faces.py")
                assert await editor.hover(uri, 2, 26)
            uri = leaves.open(root / "app/fresh.py", "def only_typed_here() -> None: ...\n")
            assert await names(leaves, "only_typed_here") == ["only_typed_here"]
            assert await names(stays, "only_typed_here") == []
            assert leaves.log_messages == []
            assert any("hover answered" in each.message for each in stays.log_messages)
        (root / "app" / "later.py").write_text("def written_afterwards() -> None: ...\n", encoding="utf-8")
        await until_found(stays, "written_afterwards")


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_a_signal_ends_all_with_clean_stores(tmp_path: Path, transport: str) -> None:
    roots = [make_workspace(tmp_path / name) for name in ("one", "two")]
    async with listening(transport, tmp_path / "state") as server:
        params = {**INITIALIZE, "capabilities": {}}
        clients = [await raw(server) for _ in roots]
        for client, root in zip(clients, roots, strict=True):
            await client.ask("initialize", {**params, "rootUri": root.as_uri()})
            await client.send(method="initialized", params={})
            answer = await client.ask("workspace/executeCommand", {"command": "dt6.index"})
            assert answer["result"]["files"] == 4
        assert await server.end() == 128 + signal.SIGTERM
        for client in clients:
            assert await client.ended()
    assert len(list((tmp_path / "state").rglob("ledger.sqlite3"))) == 2
    assert list((tmp_path / "state").rglob("*-wal")) == []


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_exit_ends_its_own_connection_only(tmp_path: Path, transport: str) -> None:
    async with listening(transport, tmp_path) as server:
        one, other = await raw(server), await raw(server)
        for client in (one, other):
            assert "result" in await client.ask("initialize", INITIALIZE)
        await one.ask("shutdown", None)
        await one.send(method="exit")
        assert await one.ended()
        assert (await other.ask("workspace/symbol", {"query": "x"}))["result"] == []
        await other.close()
        assert server.process.returncode is None


async def test_servers_do_not_outlive_the_one_that_started_them(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with listening("tcp", tmp_path / "state") as server:
        client = await raw(server)
        await client.ask("initialize", {**INITIALIZE, "rootUri": root.as_uri()})
        await client.send(method="initialized", params={})
        await client.ask("workspace/executeCommand", {"command": "dt6.index"})
        server.process.kill()
        assert await client.ended()
        command = (sys.executable, "-m", "dt6_lsp", "index", "--json", "--workspace", str(root))
        env = environment(tmp_path / "state")
        while True:  # its lock is free again as soon as that server has closed the store
            process = await asyncio.create_subprocess_exec(
                *command, cwd=HERE, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
            output, _ = await process.communicate()
            if process.returncode == 0:
                break
        assert json.loads(output)["files"] == 4


@pytest.mark.parametrize(
    "beginning",
    [
        b'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"x"}',
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"Conte",
    ],
)
async def test_what_a_browser_sends_over_tcp_starts_nothing(tmp_path: Path, beginning: bytes) -> None:
    async with listening("tcp", tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(beginning)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.read() == b""
        writer.close()
        client = await raw(server)
        assert "result" in await client.ask("initialize", INITIALIZE)
        await client.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://localhost.example.org"},
        {"Origin": "http://127.0.0.1@example.org"},
        {"Host": "rebound.example.org"},
        {"Host": "rebound.example.org", "Origin": "http://localhost:3000"},
    ],
)
async def test_a_page_from_elsewhere_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    async with listening("ws", tmp_path) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{server.port}", additional_headers=headers)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"])
async def test_a_page_from_this_machine_is_served(tmp_path: Path, origin: str) -> None:
    async with listening("ws", tmp_path) as server:
        connection = await connect(f"ws://localhost:{server.port}", origin=origin)  # type: ignore[arg-type]
        client = OverWebSocket(connection)
        assert "result" in await client.ask("initialize", INITIALIZE)
        await client.close()


async def test_a_message_of_many_bytes_over_websocket(tmp_path: Path) -> None:
    """More than the library's own limit of 1 MiB."""
    async with listening("ws", tmp_path) as server:
        client = await raw(server)
        await client.ask("initialize", INITIALIZE)
        text = "x = 'ü'\n" * 400_000
        document = {"uri": "untitled:big", "languageId": "python", "version": 1, "text": text}
        await client.send(method="textDocument/didOpen", params={"textDocument": document})
        assert (await client.ask("workspace/symbol", {"query": "x"}))["result"] == []
        await client.close()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--tcp", "0.0.0.0:0"], "other machines could reach it"),
        (["--tcp", ":0"], "every address"),
        (["--ws", "[::]:0"], "other machines could reach it"),
        (["--ws", "localhost.example.org:0"], "localhost.example.org"),
        (["--tcp", "127.0.0.1"], "HOST:PORT"),
        (["--tcp", "127.0.0.1:70000"], "HOST:PORT"),
        (["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"], "not allowed with"),
        (["--tcp", "127.0.0.1:0", "--stdio"], "not allowed with"),
    ],
)
async def test_addresses_that_are_refused(tmp_path: Path, arguments: list[str], word: str) -> None:
    process = await start(environment(tmp_path), *arguments)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert word in told.decode()
    assert told.decode().count("\n") == 1


@pytest.mark.parametrize("transport", ["tcp", "ws"])
async def test_a_port_that_is_taken(tmp_path: Path, transport: str) -> None:
    async with listening("tcp", tmp_path) as server:
        process = await start(environment(tmp_path), f"--{transport}", f"127.0.0.1:{server.port}")
        _, told = await process.communicate()
        assert process.returncode == 2
        assert "in use" in told.decode()
        assert "another port" in told.decode()


class OverTcp:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, **message: Any) -> None:
        self._writer.write(frame(json.dumps({"jsonrpc": "2.0", **message}).encode()))
        await self._writer.drain()

    async def ask(self, method: str, params: object) -> Any:
        await self.send(id=1, method=method, params=params)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "method" in (message := await self._next()):
                pass
        return message

    async def _next(self) -> Any:
        header = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", header)
        assert length
        return json.loads(await self._reader.readexactly(int(length[1])))

    async def ended(self) -> bool:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reader.read()
        self._writer.close()
        return True

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class OverWebSocket(OverTcp):
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, **message: Any) -> None:
        await self._connection.send(json.dumps({"jsonrpc": "2.0", **message}))

    async def _next(self) -> Any:
        return json.loads(await self._connection.recv())

    async def ended(self) -> bool:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for _ in self._connection:
                pass
        return True

    async def close(self) -> None:
        await self._connection.close()


async def raw(server: Listening) -> OverTcp:
    if server.transport == "ws":
        return OverWebSocket(await connect(f"ws://127.0.0.1:{server.port}", max_size=None))
    return OverTcp(*await asyncio.open_connection("127.0.0.1", server.port))
