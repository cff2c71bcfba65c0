"""A small real HTTP/1.1 server on its own thread: enough of the protocol for the clients of model servers, and control
over what frameworks hide: when a client hangs up, and when the server breaks off.

Not here: what is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(eq=False)
class Received:
    """A request as it came in. `closed_early` is meaningful after `wait_ended()`."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: int
    closed_early: bool = False  # the client hung up before the answer was complete
    prompt: str = ""  # what the model saw of a chat request, after truncation
    prompt_tokens: int = 0  # counted before truncation
    truncated: bool = False
    num_ctx: int = 0
    images: list[bytes] = field(default_factory=list)  # of a chat request
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def wait_ended(self, seconds: float = 10.0) -> bool:
        """True as soon as the answer was sent whole, broken off, or refused by the client."""
        return self._ended.wait(seconds)

    def end(self) -> None:
        self._ended.set()


class Hangup(Exception):  # noqa: N818 - not a failure: the script says that the server breaks off here
    """The server closes the connection as it is."""


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, received: Received, writer: asyncio.StreamWriter, stopping: asyncio.Event) -> None:
        self.received = received
        self._writer = writer
        self._stopping = stopping

    async def pause(self, seconds: float | None) -> None:
        """Wait; with None until the server stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
            raise Hangup

    async def wait(self, event: asyncio.Event) -> None:
        """Wait for it, or until the server stops."""
        waiting = [asyncio.ensure_future(each.wait()) for each in (event, self._stopping)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        if not event.is_set():
            raise Hangup

    async def send(
        self, body: bytes, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> None:
        head = self._head(status, {"content-type": content_type, "content-length": str(len(body)), **headers})
        self._writer.write(head + body)
        await self._writer.drain()

    async def send_json(self, value: object, status: int = 200, **headers: str) -> None:
        await self.send(json.dumps(value).encode(), status, "application/json; charset=utf-8", **headers)

    async def start_stream(self, content_type: str) -> None:
        self._writer.write(self._head(200, {"content-type": content_type, "transfer-encoding": "chunked"}))
        await self._writer.drain()

    async def send_chunk(self, data: bytes) -> None:
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()

    async def end_stream(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    @staticmethod
    def _head(status: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()


class WatchedReader(asyncio.StreamReader):
    """Says when the client hung up, without taking bytes of its next request."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: BaseException) -> None:
        super().set_exception(exc)  # type: ignore[arg-type]
        self.gone.set()


Handler = Callable[[Exchange], Awaitable[None]]


class HttpServer:
    """`with HttpServer(handler) as server:` listens on a free port of 127.0.0.1 until the block ends."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True, name="model-server")
        self._problems: list[BaseException] = []
        self._arrived = threading.Condition()
        self.history: list[Received] = []
        self.connections = 0
        self.port = 0

    def __enter__(self) -> HttpServer:
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Nobody listens any more at the address. Stopping twice is harmless."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def tell(self, event: asyncio.Event) -> None:
        """Set an event that the server's loop waits for."""
        self._loop.call_soon_threadsafe(event.set)

    def wait_for(self, *paths: str, seconds: float = 10.0) -> bool:
        """True as soon as a request to one of the paths has come in."""
        return self.wait_until(lambda: any(got.path in paths for got in self.history), seconds)

    def wait_until(self, happened: Callable[[], bool], seconds: float = 10.0) -> bool:
        """True as soon as `happened` is true; it is asked whenever a request has come in."""
        with self._arrived:
            return self._arrived.wait_for(happened, seconds)

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._problems:
            raise self._problems[0]

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await self._loop.create_server(self._protocol, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        reader = WatchedReader()

        def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connection(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._finished)
            task.add_done_callback(lambda _: writer.close())  # also of one that is cancelled before it has begun

        return asyncio.StreamReaderProtocol(reader, accept)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self._problems.append(problem)

    async def _connection(self, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        while (received := await _read_request(reader, number)) is not None:
            with self._arrived:
                self.history.append(received)
                self._arrived.notify_all()
            if not await self._answer(received, reader, writer):
                break

    async def _answer(self, received: Received, reader: WatchedReader, writer: asyncio.StreamWriter) -> bool:
        """Run the handler while listening for the client's end of the line; True when the connection can go on."""
        answering = asyncio.ensure_future(self._handle(Exchange(received, writer, self._stopping)))
        listening = asyncio.ensure_future(reader.gone.wait())
        try:
            await asyncio.wait({answering, listening}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                received.closed_early = True
            return answering.done() and answering.result()
        finally:
            answering.cancel()
            listening.cancel()
            await asyncio.gather(answering, listening, return_exceptions=True)
            received.end()

    async def _handle(self, exchange: Exchange) -> bool:
        try:
            await self._handler(exchange)
        except Hangup:
            return False
        except ConnectionError:  # the client was gone while something was being sent
            exchange.received.closed_early = True
            return False
        return True


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Received(method, path.split("?")[0], headers, json.loads(body) if body else None, connection)
