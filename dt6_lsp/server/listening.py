"""`serve --tcp` and `serve --ws`: many editors, and for each a server process of its own, over stdio.

So whatever one editor does or suffers, down to a process that dies, is its own: settings, trust, log, exit. Of two on
one workspace the first writes the index and the other follows it, as two editors that start their servers themselves
do. Here is only how a connection is carried to its process. That ends when the connection does, because its pipe is
closed, and all of them end with this process for the same reason.

A page in a browser can reach any port of this machine. Over TCP what it sends begins with an HTTP method: nothing is
started for that. Over WebSocket it says where it comes from, and who is not from this machine is refused, as is a Host
that only claims to lead here.
Not here: the protocol (`connection`), and which addresses may be listened on (`address`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from websockets.asyncio.server import serve as serve_websocket
from websockets.exceptions import ConnectionClosed

from dt6_lsp.errors import SettingError
from dt6_lsp.server.address import Address, is_this_machine
from dt6_lsp.server.framing import MOST_BYTES
from dt6_lsp.server.signals import on_signals

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Sequence

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

Transport = Literal["tcp", "ws"]

_CHUNK = 65_536
_END_SECONDS = 20.0  # a server closes its stores in less, unless a disk hangs
_HEADER = b"content-"  # how LSP begins, and no HTTP request does
_LENGTH = re.compile(rb"^content-length: *([0-9]+)\r$", re.IGNORECASE | re.MULTILINE)
_LOCAL_PAGE = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)
_NO_ORIGIN = None  # who is no browser says nothing


async def listen(
    transport: Transport, address: Address, command: Sequence[str], announce: Callable[[str], object]
) -> int:
    """Serve until a signal comes; the result is the exit code. `command` starts a server that speaks over stdio.
    `announce` is called once, with where DT6 listens. `SettingError` where it can't."""
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    on_signals(lambda code: None if stopped.done() else stopped.set_result(code))
    listening = _tcp(address, command) if transport == "tcp" else _websocket(address, command)
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(listening)
        except OSError as error:
            cause = f"DT6 can't listen on {address} ({(error.strerror or str(error)).lower()})."
            raise SettingError(cause, "Choose another port; 0 takes one that is free.") from error
        announce(f"DT6 listens on {transport}://{Address(address.host, port)}")
        return await stopped


@asynccontextmanager
async def _tcp(address: Address, command: Sequence[str]) -> AsyncIterator[int]:
    clients: set[asyncio.Task[None]] = set()

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.create_task(_serve_stream(reader, writer, command))
        clients.add(task)
        task.add_done_callback(clients.discard)

    server = await asyncio.start_server(connected, address.host, address.port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


@asynccontextmanager
async def _websocket(address: Address, command: Sequence[str]) -> AsyncIterator[int]:
    async def connected(connection: ServerConnection) -> None:
        await _serve_frames(connection, command)

    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # who is refused is told, and nobody else
    async with serve_websocket(
        connected,
        address.host,
        address.port,
        origins=[_NO_ORIGIN, _LOCAL_PAGE],
        process_request=_refusal,
        compression=None,
        max_size=MOST_BYTES,
        ping_interval=None,  # an editor may be halted in a debugger; one that is gone closes its socket
    ) as server:
        yield next(iter(server.sockets)).getsockname()[1]


def _refusal(connection: ServerConnection, request: Request) -> Response | None:
    """A name that somebody else resolves to this machine stands in Host as it was called."""
    hosts = request.headers.get_all("Host")
    host = re.sub(r":[0-9]*$", "", hosts[0]).strip("[]") if len(hosts) == 1 else ""
    if is_this_machine(host):
        return None
    return connection.respond(HTTPStatus.FORBIDDEN, "DT6 is called by a name or an address of this machine only.\n")


async def _serve_stream(reader: StreamReader, writer: StreamWriter, command: Sequence[str]) -> None:
    try:
        with suppress(OSError, asyncio.IncompleteReadError):
            beginning = await reader.readexactly(len(_HEADER))
            if beginning.lower() == _HEADER:
                async with _server(command) as (stdin, stdout):
                    stdin.write(beginning)
                    sending = asyncio.create_task(_carry(reader, stdin))
                    try:
                        await _carry(stdout, writer)
                    finally:
                        sending.cancel()
    finally:
        writer.close()


async def _carry(source: StreamReader, sink: StreamWriter) -> None:
    """Bytes as they come, to their end, no faster than they are taken."""
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    sink.close()


async def _serve_frames(connection: ServerConnection, command: Sequence[str]) -> None:
    async with _server(command) as (stdin, stdout):
        sending = asyncio.create_task(_unframe(connection, stdin))
        try:
            with suppress(ConnectionClosed, asyncio.IncompleteReadError):
                while True:
                    header = await stdout.readuntil(b"\r\n\r\n")
                    length = _LENGTH.search(header)
                    assert length is not None, header
                    await connection.send((await stdout.readexactly(int(length[1]))).decode())
        finally:
            sending.cancel()


async def _unframe(connection: ServerConnection, stdin: StreamWriter) -> None:
    """A frame is one message, and has no header."""
    with suppress(ConnectionClosed, OSError):
        async for message in connection:
            body = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
            stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            await stdin.drain()
    stdin.close()


@asynccontextmanager
async def _server(command: Sequence[str]) -> AsyncIterator[tuple[StreamWriter, StreamReader]]:
    """A server that lives as long as its connection: closing its pipe makes it close its stores and end."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdin, process.stdout
    finally:
        process.stdin.close()
        await _ended(process)


async def _ended(process: Process) -> None:
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.communicate()  # what it still says has nobody to go to, and must not hold it up
    except TimeoutError:
        process.kill()
        await process.wait()
