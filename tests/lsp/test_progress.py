"""Indexing at start is seen, counted truly, and can be stopped; later changes are indexed without being asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, Editor, editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = re.compile(r"([\d,]+)/([\d,]+) (files|vectors made|vectors saved)|Looking for files")


def many(count: int) -> dict[str, str]:
    return {f"pkg/part{n:04}.py": f"def part_{n}() -> int:\n    return {n}\n" for n in range(count)}


@pytest.mark.parametrize("name", [VSCODE, NEOVIM])
async def test_progress_is_seen_and_true(tmp_path: Path, name: str) -> None:
    root = make_workspace(tmp_path / "work", many(1500))
    async with editing(root, tmp_path / "state", editor=name) as editor:
        begin, *reports, end = await editor.indexed()
        assert (begin.kind, begin.title, begin.cancellable) == ("begin", "DT6: indexing", True)
        assert end.message.startswith("1,500 files and ")
        percentages = [report.percentage for report in reports if report.percentage is not None]
        assert percentages == sorted(percentages)
        for report in reports:
            counted = COUNTS.fullmatch(report.message)
            assert counted, report.message
            if counted[3] == "files":
                done, total = (int(number.replace(",", "")) for number in counted.group(1, 2))
                assert done <= total == 1500
        assert len(editor.bars) == 1


async def test_cancelling_the_bar_stops_the_run_and_not_the_server(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work", many(3000))
    async with editing(root, tmp_path / "state") as editor:
        token = (await editor.until(lambda: [token for token, bar in editor.bars.items() if bar]))[0]
        editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        end = (await editor.indexed())[-1]
        assert end.message == "Cancelled."
        assert (await editor.execute("dt6.index"))["files"] == 3000


async def test_a_client_without_progress_gets_none(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    capabilities = client_capabilities(VSCODE)
    assert capabilities.window is not None
    capabilities.window.work_done_progress = False
    async with editing(root, tmp_path / "state", editor=capabilities) as editor:
        assert (await editor.execute("dt6.index"))["files"] == 4
        assert editor.bars == {}


async def found(editor: Editor, name: str) -> bool:
    """Whether there is a definition of this name; others may be meant by it."""
    symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(name)) or []
    return any(symbol.name == name for symbol in symbols)


async def eventually(editor: Editor, name: str, *, there: bool = True) -> None:
    """Ask until the index says so; each answer is the event that the next question waits for."""
    while await found(editor, name) is not there:
        pass


async def test_saved_changed_and_deleted_files(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        server, other = root / "app/server.py", root / "app/other.py"
        server.write_text("def renamed_entirely() -> None: ...\n", encoding="utf-8")
        identifier = types.TextDocumentIdentifier(server.as_uri())
        editor.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
        await eventually(editor, "renamed_entirely")
        assert not await found(editor, "Server")

        other.write_text("def from_elsewhere() -> None: ...\n", encoding="utf-8")
        watched(editor, other, types.FileChangeType.Created)
        await eventually(editor, "from_elsewhere")
        other.unlink()
        watched(editor, other, types.FileChangeType.Deleted)
        await eventually(editor, "from_elsewhere", there=False)

        (root / ".gitignore").write_text("server.py\n", encoding="utf-8")
        watched(editor, root / ".gitignore", types.FileChangeType.Created)
        await eventually(editor, "renamed_entirely", there=False)
        assert len(editor.bars) <= 2


def watched(editor: Editor, path: Path, kind: types.FileChangeType) -> None:
    outside = types.FileEvent("file:///somewhere/else.py", types.FileChangeType.Changed)
    remote = types.FileEvent("ssh://host/x.py", types.FileChangeType.Changed)
    params = types.DidChangeWatchedFilesParams([types.FileEvent(path.as_uri(), kind), outside, remote])
    editor.workspace_did_change_watched_files(params)


async def test_indexing_at_start_can_be_switched_off(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings={"index": {"atStart": False}}) as editor:
        assert await editor.workspace_symbol_async(types.WorkspaceSymbolParams("Server")) == []
        assert editor.bars == {}
        assert (await editor.execute("dt6.index"))["files"] == 4
