"""pygls' protocol, with what it leaves out: exactly one response to every request, in plain words.

pygls 2.1 drops a request whose parameters do not fit, answers requests before `initialize` and after `shutdown` with
internal errors or not at all, puts tracebacks into `error.data`, and cancels only the outer part of a command. It does
not answer a request that is named as a notification is, and confuses the client's ids with its own. Each override below
mends one of these.
Not here: what the requests do (`dispatch`), and when the server starts and ends (`lifecycle`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.protocol import LanguageServerProtocol, lsp_method

from dt6_lsp.cancel import CancelToken
from dt6_lsp.server.ask import ASK, AskRequest
from dt6_lsp.server.documents import Documents
from dt6_lsp.server.faults import is_expected, misfit, response_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from concurrent.futures import Future
    from typing import Protocol as Interface

    from cattrs import Converter
    from pygls.lsp.server import LanguageServer

    class Host(Interface):
        """What the protocol needs of the server behind it."""

        def initialize(self, params: types.InitializeParams, capabilities: types.ServerCapabilities) -> None: ...

        def request(self, method: str, params: Any, cancel: CancelToken) -> Coroutine[Any, Any, object] | None:
            """Called at once, so that it sees the documents as they are; None where `method` is not known to it."""
            ...

        def knows(self, method: str) -> bool: ...

        def admit(self, method: str) -> None:
            """Called before a request to the client is sent; raises where it may not be."""
            ...

        async def close(self) -> None: ...

        def stop(self, code: int) -> None: ...


logger = logging.getLogger(__name__)

_GRACE_SECONDS = 0.03
_SETTLE_SECONDS = 2.0
_CUSTOM = {ASK: AskRequest}
_REQUESTS = (types.INITIALIZE, types.SHUTDOWN)  # of pygls; its other methods are notifications, and have no answer
_NOT_READY = "DT6 has not been initialized; `initialize` comes first."
_ENDED = "DT6 has been shut down and takes no more requests."
_AGAIN = "DT6 has been initialized already."
_TWICE = "A request of this id is being answered, so another can't be told from it."
_UNWRITTEN = "A message could not be written."
_NO_REQUEST = "This is no JSON-RPC 2.0 message: one object with jsonrpc and a method or an id; LSP has no batches."


class Protocol(LanguageServerProtocol):
    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        # Ours first: pygls reads every attribute of the protocol, properties too, to find its handlers.
        self.host: Host | None = None
        self._running: dict[int | str, CancelToken] = {}
        self._initialized = False
        self._ended = False
        self.closed = False  # nothing can be sent any more
        super().__init__(server, converter)

    @property
    def exit_code(self) -> int:
        """1 when `shutdown` did not come first, as the protocol says; pygls always ends with 0."""
        return 0 if self._ended else 1

    # --- in -------------------------------------------------------------------------------------------------------

    def handle_message(self, message: Any) -> None:
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self._refuse(None, types.ErrorCodes.InvalidRequest, _NO_REQUEST)
        elif isinstance(message.get("method"), str):
            self._take_request(message) if "id" in message else self._take_notification(message)
        elif "id" in message:
            self._take_response(message)
        else:
            self._refuse(None, types.ErrorCodes.InvalidRequest, _NO_REQUEST)

    def _take_request(self, message: dict[str, Any]) -> None:
        method, msg_id = message["method"], message["id"]
        if (objection := self._objection(method, msg_id)) is not None:
            self._refuse(msg_id if _is_id(msg_id) else None, *objection)
            return
        try:
            request = self.structure_message(message)
        except JsonRpcException as error:
            self._refuse(msg_id, types.ErrorCodes.InvalidParams, _reason(method, error))
            return
        self._ended = method == types.SHUTDOWN
        super().handle_message(request)

    def _objection(self, method: str, msg_id: object) -> tuple[types.ErrorCodes, str] | None:
        """Why a request is refused without being looked at."""
        if not _is_id(msg_id):
            return types.ErrorCodes.InvalidRequest, "The id of a request is a number or a string."
        if msg_id in self._running:
            return types.ErrorCodes.InvalidRequest, _TWICE
        if self._ended:
            return types.ErrorCodes.InvalidRequest, _ENDED
        if not self._initialized and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, _NOT_READY
        if self._initialized and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, _AGAIN
        if not self._knows(method):
            return types.ErrorCodes.MethodNotFound, f"DT6 has no method {method!r}."
        return None

    def _knows(self, method: str) -> bool:
        return method in _REQUESTS or (self.host is not None and self.host.knows(method))

    def _take_notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method in _REQUESTS or (method != types.EXIT and (self._ended or not self._initialized)):
            return
        try:
            notification = self.structure_message(message)
        except JsonRpcException as error:
            logger.warning("%s", _reason(method, error))
            return
        super().handle_message(notification)

    def _take_response(self, message: dict[str, Any]) -> None:
        """pygls would also take it for the end of a request of the client that has the same id, and keep what it
        expected for as long as errors come instead."""
        msg_id = message["id"]
        if not isinstance(msg_id, str) or msg_id not in self._result_types:
            logger.warning("The client has answered what was not asked.")
            return
        try:
            response = self.structure_message({"result": None, **message} if "error" not in message else message)
        except JsonRpcException as error:
            logger.warning("The client's answer to %s does not fit.", msg_id)
            if (future := self._request_futures.pop(msg_id, None)) is not None and not future.done():
                future.set_exception(error)
            return
        finally:
            self._result_types.pop(msg_id, None)
        super().handle_message(response)

    def unreadable(self, error: Exception) -> None:
        """A message could not be handled: mostly because it is no JSON."""
        if isinstance(error, (ValueError, RecursionError)):
            self._refuse(None, types.ErrorCodes.ParseError, "This message is no JSON.")
        else:
            logger.error("A message could not be handled.", exc_info=error)

    def out_of_step(self) -> None:
        """Something stands where a frame should begin."""
        self._refuse(None, types.ErrorCodes.ParseError, "This is no frame: a header Content-Length comes first.")

    # --- requests and their answers -------------------------------------------------------------------------------

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]  # theirs has a cache
        return _CUSTOM.get(method) or super().get_message_type(method)

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        cancel = CancelToken()
        work = self.host.request(method_name, params, cancel) if self.host is not None else None
        if work is None:
            super()._handle_request(msg_id, method_name, params)
            return
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        self._running[msg_id] = cancel
        self._request_futures[msg_id] = task  # type: ignore[assignment]  # as pygls does it
        task.add_done_callback(lambda done: self._send_handler_result(done, msg_id=msg_id))

    def _execute_handler(self, msg_id: Any, handler: Any, callback: Any, args: Any = None, kwargs: Any = None) -> None:
        """pygls would keep a future of every notification that it handles itself, which is one of each key typed."""

        def done(future: Future[Any]) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        """The token first: who holds a stream closes it and ends the request. Only a request that does not look at its
        token is cancelled as a task, a moment later: both at once would cut the closing short. An id that is not known
        is that of a request which was answered meanwhile."""
        cancel, future = self._running.get(msg_id), self._request_futures.get(msg_id)
        if cancel is not None and future is not None:
            cancel.cancel()
            asyncio.get_running_loop().call_later(_GRACE_SECONDS, future.cancel)

    def cancel_requests(self) -> None:
        for msg_id in tuple(self._running):
            self._handle_cancel_notification(msg_id)

    async def settle(self) -> None:
        """Wait, for a while, until every request that runs has been answered."""
        futures: list[object] = list(self._request_futures.values())
        tasks = [future for future in futures if isinstance(future, asyncio.Task)]
        if tasks:
            await asyncio.wait(tasks, timeout=_SETTLE_SECONDS)

    def send_request(
        self,
        method: str,
        params: Any = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: int | str | None = None,
    ) -> Future[Any]:
        if self.host is not None:
            self.host.admit(method)
        return super().send_request(method, params, callback, msg_id)

    def _send_handler_result(self, future: Future[Any] | asyncio.Future[Any], *, msg_id: int | str) -> None:
        self._request_futures.pop(msg_id, None)
        self._running.pop(msg_id, None)
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._send_response(msg_id, result=future.result())
            return
        if not is_expected(error):
            logger.error("Request %s failed.", msg_id, exc_info=error)
        self._send_response(msg_id, error=response_error(error))

    def _send_data(self, data: Any) -> None:
        """pygls only logs what can't be written, and a request has no answer then."""
        try:
            body = json.dumps(data, default=self._serialize_message).encode()
        except Exception as error:  # cattrs raises whatever a wrong value makes it raise
            deep = isinstance(error, RecursionError)  # as the client sent it
            logger.log(logging.WARNING if deep else logging.ERROR, _UNWRITTEN, exc_info=None if deep else error)
            if getattr(data, "id", None) is not None and not hasattr(data, "method"):
                self._refuse(data.id, *_unwritten(error))
            return
        if self.writer is not None:
            self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _refuse(self, msg_id: Any, code: types.ErrorCodes, message: str) -> None:
        """By hand, because an id of null must be in the message and lsprotocol leaves it out."""
        error = {"code": code.value, "message": message}
        self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "error": error})

    # --- life -----------------------------------------------------------------------------------------------------

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        self._workspace = Documents.following(self.workspace)
        self.trace = params.trace or types.TraceValue.Off
        if self.host is not None:
            self.host.initialize(params, result.capabilities)
        self._initialized = True
        return result

    @lsp_method(types.SHUTDOWN)
    async def lsp_shutdown(self, *_args: Any) -> None:  # type: ignore[override]  # any kind of handler will do
        """pygls would also cancel what it has asked the client, and trip over the callbacks of that."""
        self.cancel_requests()
        if self.host is not None:
            await asyncio.shield(asyncio.ensure_future(self.host.close()))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]
        if self.host is not None:
            self.host.stop(self.exit_code)


def _unwritten(error: Exception) -> tuple[types.ErrorCodes, str]:
    """Nothing of DT6's own is nested so deep that it can't be written; what a client wants back may be."""
    if isinstance(error, RecursionError):
        return types.ErrorCodes.InvalidParams, "The parameters are nested too deep to be sent back."
    return types.ErrorCodes.InternalError, response_error(error).message


def _is_id(given: object) -> bool:
    return isinstance(given, (int, str)) and not isinstance(given, bool)


def _reason(method: str, error: JsonRpcException) -> str:
    """pygls keeps what was wrong as the cause of its own exception."""
    cause = error.__cause__
    if isinstance(error, JsonRpcInternalError) or not isinstance(cause, Exception):
        return f"The parameters of {method} do not fit."
    return misfit(method, cause)
