"""One editor's connection: pygls' server over our protocol, from the first byte to the exit code.

Not here: the engine (`build` makes it, later, on a worker thread), TCP and WebSocket (`listening`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING, Any, BinaryIO

from pygls.lsp.server import LanguageServer

from dt6_lsp import __version__
from dt6_lsp.server import dispatch, framing, lifecycle, messages, trust
from dt6_lsp.server.converter import converter
from dt6_lsp.server.protocol import Protocol
from dt6_lsp.server.signals import on_signals
from dt6_lsp.server.stdio import Writer, start_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from lsprotocol import types

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.server.session import Session

logger = logging.getLogger(__name__)


class Server(LanguageServer):
    """pygls' server, whose protocol asks this session. pygls would show its own errors in popups; they are logged."""

    protocol: Protocol
    session: Session

    def __init__(self) -> None:
        super().__init__("dt6-lsp", __version__, protocol_cls=Protocol, converter_factory=converter)
        self.protocol.host = self

    def initialize(self, params: types.InitializeParams, capabilities: types.ServerCapabilities) -> None:
        lifecycle.initialize(self.session, params, capabilities)
        gc.freeze()
        gc.enable()

    def knows(self, method: str) -> bool:
        return method in dispatch.REQUESTS

    def request(self, method: str, params: Any, cancel: CancelToken) -> Coroutine[Any, Any, object] | None:
        return dispatch.start(self.session, method, params, cancel)

    def admit(self, method: str) -> None:
        trust.admit_request(method, self.session.settings)

    async def close(self) -> None:
        await lifecycle.close(self.session)

    def stop(self, code: int) -> None:
        self.session.stop(code)

    def report_server_error(self, error: Exception, source: object) -> None:
        logger.error("%s: %s", getattr(source, "__name__", source), error)


async def serve(start: Callable[[Server], Session], stdin: BinaryIO, stdout: BinaryIO) -> tuple[int, bool]:
    """The exit code, and whether a thread is stuck in building an engine."""
    loop = asyncio.get_running_loop()
    server = Server()
    server.session = session = start(server)
    for method, handler in dispatch.NOTIFICATIONS.items():
        server.feature(method)(_bound(handler, session))
    writer = Writer(stdout, on_broken=lambda: loop.call_soon_threadsafe(session.stop, 1))
    server.protocol.set_writer(writer)
    on_signals(session.stop)
    logging.getLogger("dt6_lsp").addHandler(messages.EditorLog(server))
    reading = loop.create_task(_read(server, stdin))
    reading.add_done_callback(lambda _: session.stop(server.protocol.exit_code))
    code = await session.stopped
    reading.cancel()
    server.protocol.cancel_requests()
    await server.close()
    await server.protocol.settle()
    server.protocol.closed = True
    writer.close()
    return code, session.engines.stuck


async def _read(server: Server, stdin: BinaryIO) -> None:
    """The loop over the messages. It ends with the pipe."""
    protocol = server.protocol
    async for body in framing.bodies(start_reader(stdin), on_garbage=protocol.out_of_step):
        try:
            protocol.handle_message(framing.parsed(body))
        except Exception as error:  # noqa: BLE001  # one message never ends the others
            protocol.unreadable(error)


def _bound(handler: dispatch.Notification, session: Session) -> Any:
    """A plain function: pygls looks into the signature of what it is given."""

    def handle(params: Any) -> None:
        handler(session, params)

    return handle
