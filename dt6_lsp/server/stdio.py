"""Bytes in and out of the server over stdin and stdout.

pygls reads stdin through its thread pool, a hop per line, and its threads keep a process that is told to end from
ending; it writes on the event loop, so an editor that stops reading stops the server. Here one daemon thread feeds an
`asyncio.StreamReader` and one thread drains a queue. The real stdout belongs to the protocol alone: `claim_stdout`
gives everything else (a library's print, a child process) stderr instead.
Not here: framing and JSON, which are pygls'.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 65_536
_FLUSH_SECONDS = 2.0


def claim_stdout() -> BinaryIO:
    """Take stdout for the protocol; whatever else writes to it, in Python or below, lands on stderr from now on."""
    own = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return own


def claim_stdin() -> BinaryIO:
    """Take stdin for the protocol, so that no child process or library can eat a message."""
    own = os.fdopen(os.dup(0), "rb", buffering=0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return own


def start_reader(source: BinaryIO) -> asyncio.StreamReader:
    """A stream of what arrives on `source`. Its thread is a daemon: it sits in `read` until the editor closes the pipe,
    which may be after this process should be gone."""
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=_CHUNK)

    def pump() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            while chunk := _read(source):
                loop.call_soon_threadsafe(stream.feed_data, chunk)
            loop.call_soon_threadsafe(stream.feed_eof)

    threading.Thread(target=pump, name="dt6-stdin", daemon=True).start()
    return stream


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError:
        return b""


class Writer:
    """pygls' writer interface over a thread. `on_broken` is called once, from that thread, when the editor is gone."""

    def __init__(self, sink: BinaryIO, on_broken: Callable[[], object]) -> None:
        self._sink = sink
        self._on_broken = on_broken
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._drain, name="dt6-stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._queue.put(data)

    def close(self) -> None:
        """Write what is queued, but don't wait for an editor that no longer reads."""
        self._queue.put(None)
        self._thread.join(_FLUSH_SECONDS)

    def _drain(self) -> None:
        try:
            while (data := self._queue.get()) is not None:
                _write_all(self._sink, data)
        except (OSError, ValueError):
            self._on_broken()


def _write_all(sink: BinaryIO, data: bytes) -> None:
    """A raw file may take only a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[sink.write(rest) :]
