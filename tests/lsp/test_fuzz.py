"""A small share of `python -m tests.benchmarks.fuzz`, and that its checks do see what they look for."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.fuzz.messages import REQUESTS, Client, Sent, world
from tests.fuzz.session import Fuzzed, Report, fuzzed

if TYPE_CHECKING:
    from pathlib import Path

HOVER = "textDocument/hover"
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_message_makes_the_server_crash_hang_or_forget_an_answer(tmp_path: Path, seed: int) -> None:
    report = await fuzzed(tmp_path, messages=250, seed=seed)
    assert report.faults == []
    assert report.kinds.total() >= 250
    assert report.compared
    assert set(report.answered) & set(REQUESTS)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ([{"id": 1, "result": None}, {"id": 1, "result": None}], "a response too many"),
        ([{"id": "1", "result": None}], "a response too many"),
        ([{"id": 2, "result": None}], "a response too many"),
        ([{"id": 1, "result": None, "error": {"code": 1, "message": "x"}}], "or both"),
        ([{"id": 1}], "neither a result nor an error"),
        ([{"id": 1, "error": {"code": -32603, "message": "x"}}], "-32603"),
        ([{"id": 1, "error": {"code": -32602, "message": ""}}], "-32602"),
        ([{"id": 1, "result": {"contents": 3}}], "not as the protocol has it"),
        ([{"id": 1, "result": {"contents": "Traceback (most recent call last)"}}], "a traceback"),
        ([{"method": "window/showMessage", "params": {"type": "loud"}}], "not as the protocol has it"),
    ],
)
async def test_what_is_wrong_is_seen(tmp_path: Path, said: list[dict[str, Any]], fault: str) -> None:
    bodies = [json.dumps({"jsonrpc": "2.0", **message}) for message in said]
    text = "".join(f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies)
    server = await _saying(text, tmp_path)
    await server.send(Sent(b"", "request", (1,), method=HOVER))
    await server.heard_out()
    assert [each for each in server.report.faults if fault in each], server.report.faults


@pytest.mark.parametrize("text", ["hello", "Content-Length: 3\r\n\r\n{}", "Content-Length: 2\r\n\r\n{]"])
async def test_what_no_client_can_read_is_seen(tmp_path: Path, text: str) -> None:
    server = await _saying(text, tmp_path)
    await server.heard_out()
    assert server.report.faults


async def _saying(text: str, folder: Path) -> Fuzzed:
    """A process that says this, whatever it is asked, as soon as its stdin ends."""
    code = f"import sys; sys.stdin.read(); sys.stdout.buffer.write({text.encode()!r})"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=pipe, stdout=pipe)
    client = Client(random.Random(0), world([], []), "utf-16", folder, [], [{}], {})
    return Fuzzed(process, client, Report(0))
