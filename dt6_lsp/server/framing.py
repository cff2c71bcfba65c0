"""From bytes to JSON: the frames of the base protocol, and in step again after what is none.

pygls takes only the one spelling of `Content-Length` that it writes itself, and with a header that it can't read it
takes what follows for headers for good: nothing is answered any more, and the client is told nothing. Here names of
headers are read as HTTP reads them, and what is no frame is passed over up to the next one.
Not here: what messages mean (`protocol`).
"""

from __future__ import annotations

import json
import re
from asyncio import IncompleteReadError, LimitOverrunError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import AsyncIterator, Callable

MOST_BYTES = 256_000_000  # of one message, so that a client can't fill the memory
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?\n", re.IGNORECASE)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)")
_KEPT = 64  # bytes of what is no line: a header may begin in them
_ONE_UNIT = 6  # characters of an escape like \ud800


async def bodies(reader: StreamReader, on_garbage: Callable[[], object]) -> AsyncIterator[bytes]:
    """The body of each frame, until the stream ends, also in the middle of one. `on_garbage` is called once before
    each frame that something else stands before."""
    length, told = 0, False
    while line := await _line(reader):
        found = _LENGTH.search(line)
        if found is not None and int(found[1]) <= MOST_BYTES:
            length = int(found[1])
        in_order = not line.strip() or (_HEADER.match(line) if found is None else not found.start() and length)
        if not in_order and not told:
            told = True
            on_garbage()
        if length and not line.strip():
            try:
                yield await reader.readexactly(length)
            except IncompleteReadError:
                return
            length, told = 0, False


async def _line(reader: StreamReader) -> bytes:
    """Without the beginning, where it is longer than any header. Nothing where the stream has ended."""
    while True:
        try:
            return await reader.readuntil(b"\n")
        except LimitOverrunError as error:
            await reader.readexactly(error.consumed - _KEPT)
        except IncompleteReadError:
            return b""


def parsed(body: bytes) -> Any:
    """The JSON of a body; `ValueError` or `RecursionError` where it has none. Half of a surrogate pair, which JSON can
    write and nothing can store, becomes the replacement character: it is as wide in every encoding of positions."""
    text = body.decode()
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(_whole, text)
    return json.loads(text, parse_constant=_refuse)


def _whole(escape: re.Match[str]) -> str:
    lone = len(escape[0]) == _ONE_UNIT
    return "\\ufffd" if lone else escape[0]


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")
