"""How the server ends: the right code, no orphan, a store that opens again."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.lsp.harness import editing, environment, make_workspace
from tests.lsp.raw import raw_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor


async def test_exit_after_shutdown_is_0(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        await server.ask("shutdown")
        server.send(method="exit")
        assert await server.exit_code() == 0


async def test_shutdown_and_exit_in_one_write(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        server.send(id=5, method="shutdown")
        server.send(method="exit")
        assert await server.answer() == {"jsonrpc": "2.0", "id": 5, "result": None}
        assert await server.exit_code() == 0


@pytest.mark.parametrize("initialized", [True, False])
async def test_exit_without_shutdown_is_1(tmp_path: Path, initialized: bool) -> None:
    async with raw_server(environment(tmp_path)) as server:
        if initialized:
            await server.initialize()
        server.send(method="exit")
        assert await server.exit_code() == 1


@pytest.mark.parametrize("rest", [b"", b"Content-Length: 9", b"Content-Length: 99\r\n\r\n{"])
async def test_a_pipe_that_is_closed_ends_the_server(tmp_path: Path, rest: bytes) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        server.send_bytes(rest)
        server.close_stdin()
        assert await server.exit_code() == 1


async def test_a_header_that_does_not_end_costs_only_itself(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        server.send_bytes(b"x" * 200_000 + b"\r\n")
        assert (await server.answer())["error"]["code"] == -32700
        assert "result" in await server.initialize()
        server.send_bytes(b"x" * 200_000)
        server.close_stdin()
        assert await server.exit_code() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_with_a_clean_store(tmp_path: Path, number: signal.Signals) -> None:
    root, state = make_workspace(tmp_path / "work"), tmp_path / "state"
    async with raw_server(environment(state)) as server:
        await server.initialize(rootUri=root.as_uri())
        assert "result" in await server.ask("workspace/executeCommand", {"command": "dt6.index"})
        server.process.send_signal(number)
        assert await server.exit_code() == 128 + number
    assert list((state / "data").rglob("*-wal")) == []
    async with editing(root, state) as editor:
        await editor.indexed()
        assert (await editor.execute("dt6.stats"))["roots"][0]["notices"] == []


async def test_a_signal_in_the_middle_of_an_index_run_loses_nothing_of_it(tmp_path: Path) -> None:
    """What was indexed until then is there at the next start, which builds nothing anew; a third changes nothing."""
    files = {f"pkg/part{n:04}.py": f"def part_{n}() -> int:\n    return {n}\n" for n in range(3000)}
    root, state = make_workspace(tmp_path / "work", files), tmp_path / "state"
    async with raw_server(environment(state)) as server:
        await server.initialize(rootUri=root.as_uri(), capabilities={"window": {"workDoneProgress": True}})
        while not re.search(r"'message': '[1-9][\d,]*/3,000 files", str(said := await server.receive())):
            if said.get("method") == "window/workDoneProgress/create":
                server.send(id=said["id"], result=None)
        server.process.terminate()
        assert await server.exit_code() == 128 + signal.SIGTERM
    assert list((state / "data").rglob("*-wal")) == []
    async with editing(root, state) as editor:
        await editor.indexed()
        changed = await changes(editor)
        assert 0 < changed < 3000
        stats = await editor.execute("dt6.stats")
        assert (stats["roots"][0]["notices"], stats["roots"][0]["files"]) == ([], 3000)
    async with editing(root, state) as editor:
        await editor.indexed()
        assert await changes(editor) == 0


async def changes(editor: Editor) -> int:
    """How many files the first run found to differ from the index."""
    told = await editor.until(lambda: [log for log in editor.log_messages if " changed, " in log.message])
    found = re.search(r"([\d,]+) changed", told[0].message)
    assert found
    return int(found[1].replace(",", ""))


async def test_a_signal_while_the_engine_is_being_built(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with raw_server(environment(tmp_path / "state")) as server:
        await server.initialize(rootUri=root.as_uri())
        server.process.terminate()
        assert await server.exit_code() == 128 + signal.SIGTERM


async def test_the_server_ends_with_its_editor_although_the_pipe_stays_open(tmp_path: Path) -> None:
    pipe = asyncio.subprocess.PIPE
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=pipe)
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize(process_id=parent.pid)
        assert "result" in await server.ask("workspace/symbol", {"query": "x"})
        parent.kill()
        await parent.wait()
        assert await server.exit_code() == 1


async def test_an_editor_that_cannot_be_seen_is_not_missed(tmp_path: Path) -> None:
    """A process id from outside a container is that of no process inside."""
    gone = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await gone.wait()
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize(process_id=gone.pid)
        assert "result" in await server.ask("workspace/symbol", {"query": "x"})
        assert "result" in await server.ask("shutdown")
