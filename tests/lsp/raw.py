"""A client that sees every byte, for what a well-behaved client library hides: framing, ids, garbage, exit codes."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.lsp.harness import HERE, PATIENCE_SECONDS, SERVER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Raw:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    def send_bytes(self, data: bytes) -> None:
        self._stdin.write(data)

    def send(self, **message: Any) -> None:
        self.send_bytes(frame(json.dumps({"jsonrpc": "2.0", **message}).encode()))

    def close_stdin(self) -> None:
        self._stdin.close()

    async def receive(self) -> dict[str, Any]:
        """The next message of any kind."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            headers = await self._stdout.readuntil(b"\r\n\r\n")
            length = next(line for line in headers.splitlines() if line.startswith(b"Content-Length:"))
            message = json.loads(await self._stdout.readexactly(int(length.split(b":")[1])))
        assert isinstance(message, dict)
        return message

    async def answer(self) -> dict[str, Any]:
        """The next response; what the server says unasked is passed over."""
        while "method" in (message := await self.receive()):
            pass
        return message

    async def ask(self, method: str, params: object = None, msg_id: int | str = 1) -> dict[str, Any]:
        self.send(id=msg_id, method=method, **({} if params is None else {"params": params}))
        return await self.answer()

    async def initialize(self, process_id: int | None = None, **more: Any) -> dict[str, Any]:
        params = {"processId": process_id, "rootUri": None, "capabilities": {}, **more}
        answer = await self.ask("initialize", params, "start")
        self.send(method="initialized", params={})
        return answer

    async def exit_code(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._stdout.read()
            return await self.process.wait()


@asynccontextmanager
async def raw_server(env: Mapping[str, str]) -> AsyncIterator[Raw]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=pipe, stdout=pipe, env=dict(env), cwd=HERE)
    raw = Raw(process)
    try:
        yield raw
    finally:
        raw.close_stdin()
        if process.returncode is None:
            process.kill()
        await raw.exit_code()
