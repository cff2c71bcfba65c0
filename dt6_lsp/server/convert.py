"""Between the protocol's terms and DT6's: positions, ranges, locations and URIs.

The core counts lines from 1 and columns in characters (code points) from 0. An editor counts lines from 0 and columns
in the units of the encoding that was agreed on at `initialize`. A line ends with CR LF, LF or CR and with nothing else,
unlike `str.splitlines`, which also breaks at form feeds and others and so shifts every line after one.
Not here: reading documents, and anything that needs the engine. Nothing else in DT6 builds a `Position` or a `Range`.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from lsprotocol import types

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Encoding = types.PositionEncodingKind | str
"""pygls hands the negotiated encoding as the enum or as its value; the enum is a `str`, so both compare alike."""


class _Codec(NamedTuple):
    """A line may have a million characters, so they are counted by a codec; `bytes` are those of a unit."""

    name: str
    bytes: int


_CODECS: Mapping[str, _Codec] = {"utf-8": _Codec("utf-8", 1), "utf-16": _Codec("utf-16-le", 2)}
WINDOWS = os.name == "nt"
_LAST_LINE = 2**31 - 1  # that the protocol can name
_LINE_END = re.compile(r"\r\n|\r|\n")
_DRIVE = re.compile(r"/[A-Za-z]:(/|$)")
_HALF = re.compile("[\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_ON_DISK = frozenset({"file", "vscode-notebook-cell"})


def split_lines(text: str) -> list[str]:
    """Lines without their ends, as an editor counts them: a text that ends with a line break has an empty last line."""
    return _LINE_END.split(text)


def line_span(text: str, line: int) -> tuple[int, int]:
    """Where the 1-based line starts and ends (without its end mark); past the last line, the end of the text twice."""
    if "\r" not in text:  # several times as quick, in a text or a line of a megabyte
        before = text.split("\n", line - 1)
        start = len(text) - len(before[-1]) if len(before) == line else len(text)
        found = text.find("\n", start)
        return start, found if found >= 0 else len(text)
    start, number = 0, 1
    for end in _LINE_END.finditer(text):
        if number == line:
            return start, end.start()
        start, number = end.end(), number + 1
    return (start if number == line else len(text)), len(text)


def line_at(text: str, line: int) -> str:
    """The 1-based line without its end; "" past the last one."""
    start, end = line_span(text, line)
    return text[start:end]


def to_column(line: str, units: int, encoding: Encoding) -> int:
    """The column, in characters, of a protocol offset. Past the end it is the end; inside a character, its start."""
    start = line[:units]  # a character has one unit at least
    codec = None if start.isascii() else _CODECS.get(encoding)
    if codec is None:
        return len(start)
    return len(_encoded(start, codec)[: units * codec.bytes].decode(codec.name, "ignore"))


def to_units(line: str, column: int, encoding: Encoding) -> int:
    """The protocol offset of a column; past the end it is the end."""
    prefix = line[:column]
    codec = None if prefix.isascii() else _CODECS.get(encoding)
    return len(prefix) if codec is None else len(_encoded(prefix, codec)) // codec.bytes


def _encoded(text: str, codec: _Codec) -> bytes:
    """Half a character, which no codec takes, has as many units as what stands for it here."""
    return _HALF.sub("\ufffd", text).encode(codec.name)


def from_position(text: str, position: types.Position, encoding: Encoding) -> tuple[int, int]:
    """(line from 1, column in characters) of a position in a text. Positions past the text are moved into it."""
    line = position.line + 1
    return line, to_column(line_at(text, line), position.character, encoding)


def to_offset(text: str, position: types.Position, encoding: Encoding) -> int:
    """The index in `text` of a position."""
    start, end = line_span(text, position.line + 1)
    return start + to_column(text[start:end], position.character, encoding)


def position(line: int, column: int, line_text: str, encoding: Encoding) -> types.Position:
    return types.Position(line=max(line - 1, 0), character=to_units(line_text, column, encoding))


def name_range(line: int, column: int, length: int, line_text: str, encoding: Encoding) -> types.Range:
    """The range of a name of `length` characters on one line."""
    return types.Range(
        start=position(line, column, line_text, encoding),
        end=position(line, column + length, line_text, encoding),
    )


def column_range(
    line: int, column: int, line_text: str, end_line: int, end_column: int, end_text: str, encoding: Encoding
) -> types.Range:
    """From a column of one line to one of another, of which the texts are given; columns past an end are the end."""
    return types.Range(
        start=position(line, column, line_text, encoding), end=position(end_line, end_column, end_text, encoding)
    )


def offsets_range(text: str, start: int, end: int, encoding: Encoding) -> types.Range:
    """From one index in `text` to another."""
    return types.Range(_position_of(text, start, encoding), _position_of(text, end, encoding))


def _position_of(text: str, offset: int, encoding: Encoding) -> types.Position:
    line, start = 0, 0
    for end in _LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return types.Position(line, to_units(text[start:offset], offset - start, encoding))


def lines_range(start_line: int, end_line: int) -> types.Range:
    """Whole lines, both included: up to the start of the line after. A line past the last that there can be is that."""
    return types.Range(
        start=types.Position(line=min(max(start_line - 1, 0), _LAST_LINE), character=0),
        end=types.Position(line=min(end_line, _LAST_LINE), character=0),
    )


def to_plain(where: types.Range) -> dict[str, dict[str, int]]:
    """As it stands in the arguments of a command."""
    ends = (("start", where.start), ("end", where.end))
    return {name: {"line": end.line, "character": end.character} for name, end in ends}


def text_in(text: str, chosen: types.Range, encoding: Encoding) -> str:
    """What is selected; a range that runs past the text yields what it covers, one that runs backward nothing."""
    return text[to_offset(text, chosen.start, encoding) : to_offset(text, chosen.end, encoding)]


def to_uri(path: Path) -> str:
    """`path` must be absolute."""
    return path.as_uri()


def to_path(uri: str, *, windows: bool = WINDOWS) -> str | None:
    """The file that a URI names, or None: an unsaved buffer (`untitled:`), a remote scheme, a share on a system that
    has none. A notebook cell names its notebook. Percent-encoding may be of any kind (VS Code writes `c%3A`), and bytes
    that are not UTF-8 survive as they do in `os.fsdecode`."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() not in _ON_DISK:
        return None
    if scheme.lower() != "file":
        rest = rest.partition("#")[0].partition("?")[0]
    host, path = _authority(rest)
    decoded = os.fsdecode(unquote_to_bytes(path.encode("utf-8", "surrogatepass")))
    if host.lower() not in ("", "localhost"):
        return _windows_share(host, decoded) if windows else None
    return _windows_path(decoded) if windows else decoded or None


def document_key(uri: str, *, windows: bool = WINDOWS) -> str:
    """The same for every spelling of the URI of one document: VS Code writes `file:///c%3A/a.py` where others write
    `file:///C:/a.py`. Of what is no file, only characters are spelt alike, as RFC 3986 has it."""
    scheme, colon, rest = uri.partition(":")
    path = to_path(uri, windows=windows) if scheme.lower() == "file" else None
    if path is not None:
        return f"file:{path}"
    encoded = _NOT_ASCII.sub(lambda found: quote(found[0], errors="surrogatepass"), rest)
    return f"{scheme.lower()}{colon}{_ENCODED.sub(_spelt, encoded)}"


def _spelt(encoded: re.Match[str]) -> str:
    char = chr(int(encoded[1], 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~:") else encoded[0].upper()


def _authority(rest: str) -> tuple[str, str]:
    if not rest.startswith("//"):
        return "", rest
    host, slash, path = rest[2:].partition("/")
    return host, slash + path


def _windows_share(host: str, path: str) -> str:
    return "\\\\" + host + path.replace("/", "\\")


def _windows_path(path: str) -> str | None:
    if _DRIVE.match(path):
        path = path[1].upper() + path[2:]
    return path.replace("/", "\\") or None
