"""Two servers on one workspace: one writes, the other follows, and takes over when the first is killed. With more
servers and rounds: `python -m tests.benchmarks.followers`."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types

from tests.lsp.harness import editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor

TAKE_OVER_SECONDS = 5.0
STALE_SECONDS = 2.0


async def found(editor: Editor, name: str) -> bool:
    symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(name)) or []
    return any(symbol.name == name for symbol in symbols)


async def writes(editor: Editor) -> bool:
    stats: dict[str, Any] = await editor.execute("dt6.stats")
    return bool(stats["roots"][0]["writer"])


@pytest.mark.slow
async def test_a_follower_takes_over_by_itself(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with AsyncExitStack() as servers:
        editors = [await servers.enter_async_context(editing(root, tmp_path / "state")) for _ in range(2)]
        for editor in editors:
            await editor.indexed()
        writer, follower = editors if await writes(editors[0]) else reversed(editors)
        (root / "app" / "one.py").write_text("def before_the_kill() -> None: ...\n", encoding="utf-8")
        written = time.monotonic()
        for editor in editors:
            while not await found(editor, "before_the_kill"):
                assert time.monotonic() - written < STALE_SECONDS
        writer.process.kill()
        await writer.process.wait()
        killed = time.monotonic()
        (root / "app" / "two.py").write_text("def after_the_kill() -> None: ...\n", encoding="utf-8")
        while not await writes(follower) or not await found(follower, "after_the_kill"):
            assert time.monotonic() - killed < TAKE_OVER_SECONDS
