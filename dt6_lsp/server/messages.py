"""Logging that the editor shows: one line a record to `window/logMessage`, and the whole, with tracebacks, to stderr.

Not here: popups, which are the session's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from dt6_lsp.server.connection import Server

_ROOT = logging.getLogger("dt6_lsp")
_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}


class EditorLog(logging.Handler):
    """Records may come from any thread; they are sent by the event loop."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        params = types.LogMessageParams(type=_type(record.levelno), message=_line(record))
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._send, params)

    def _send(self, params: types.LogMessageParams) -> None:
        if not self._server.protocol.closed:
            self._server.window_log_message(params)


def to_stderr() -> None:
    """What libraries warn of, and tracebacks; editors show stderr beside `window/logMessage`, so nothing goes to both.
    pygls' own log would repeat every error."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: record.exc_info is not None or not record.name.startswith(_ROOT.name))
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


def set_level(level: str) -> None:
    _ROOT.setLevel(_LEVELS[level])


def _line(record: logging.LogRecord) -> str:
    message = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    return message if error is None else f"{message} ({type(error).__name__}: {error})"


def _type(level: int) -> types.MessageType:
    if level >= logging.ERROR:
        return types.MessageType.Error
    if level >= logging.WARNING:
        return types.MessageType.Warning
    return types.MessageType.Info if level >= logging.INFO else types.MessageType.Log
