"""Frames of the base protocol: every spelling of a header, and in step again after what is no frame."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.server.framing import bodies, parsed

FRAME = b"Content-Length: 4\r\n\r\ntrue"


async def read(data: bytes, cut: int = 0) -> tuple[list[bytes], int]:
    """The bodies, and how often something else was met; the data come in two parts."""
    reader, garbage = asyncio.StreamReader(), []

    async def feed() -> None:
        reader.feed_data(data[:cut])
        await asyncio.sleep(0)
        reader.feed_data(data[cut:])
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    found = [body async for body in bodies(reader, lambda: garbage.append(1))]
    await feeding
    return found, len(garbage)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 4\r\n\r\n",
        b"content-length:4\r\n\r\n",
        b"CONTENT-LENGTH :  4 \r\n\r\n",
        b"Content-Length: 4\n\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 4\r\n\r\n",
        b"Content-Length: 4\r\nContent-Type: x\r\n\r\n",
        b"X-Long: " + b"x" * 50_000 + b"\r\nContent-Length: 4\r\n\r\n",
        b"\r\n\r\nContent-Length: 4\r\n\r\n",
    ],
)
async def test_headers_as_they_may_be_written(header: bytes) -> None:
    assert await read(header + b"true" + FRAME) == ([b"true", b"true"], 0)


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n",
        b'{"jsonrpc":"2.0"}',
        b"\xff\x00" * 100_000,
        b"Content-Length: 0\r\n\r\n",
        b"Content-Length: 999999999\r\n\r\n",
        b"Content-Length: four\r\n\r\ntrue",
        b"\n".join([b"line"] * 50),
    ],
)
async def test_after_garbage_the_next_frame_is_read_and_the_client_is_told_once(garbage: bytes) -> None:
    assert await read(garbage + FRAME + FRAME) == ([b"true", b"true"], 1)


@pytest.mark.parametrize("cut", range(1, len(FRAME)))
async def test_an_end_in_the_middle_of_a_frame_is_an_end(cut: int) -> None:
    assert (await read(FRAME + FRAME[:cut]))[0] == [b"true"]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_whatever_stands_before_it_a_frame_is_read(garbage: bytes, cut: int) -> None:
    """Unless it promises a body, which the frame then is a part of."""
    if b"ength" not in garbage:
        assert asyncio.run(read(garbage + FRAME, cut))[0] == [b"true"]


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert parsed(json.dumps(value).encode()) == value


@given(st.text(st.sampled_from('a\\"\n😀\ud83d\ude00\ufffd')))
def test_no_half_of_a_pair_is_left_and_every_position_stays(text: str) -> None:
    read = parsed(json.dumps(text).encode())
    assert len(read.encode("utf-16")) == len(text.encode("utf-16", "surrogatepass"))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\uD83D\uDE00"', "😀"),
        (r'"\ud83d"', "\ufffd"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\\ud83d"', "\\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"\ud83d\n\ude00"', "\ufffd\n\ufffd"),
    ],
)
def test_halves_of_surrogate_pairs(written: str, read_as: str) -> None:
    assert parsed(written.encode()) == read_as


@pytest.mark.parametrize("body", [b"NaN", b'{"id": Infinity}', b"[-Infinity]", b"\xed\xa0\x80", b"{", b"1" * 5_000])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parsed(body)
