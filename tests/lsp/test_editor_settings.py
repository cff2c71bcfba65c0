"""Settings from the editor: asked for, pushed, given at start; and what happens when they make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"index": {"atStart": "perhaps"}}, ["index.at_start", "'perhaps'"]),
        ({"ollama": {"urll": "http://127.0.0.1:1"}}, ["ollama.urll", "ollama.url"]),
        ({"log": {"level": "loud"}}, ["log.level", "'loud'"]),
    ],
)
async def test_a_bad_setting_is_told_and_the_default_stays(
    tmp_path: Path, settings: dict[str, Any], words: list[str]
) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings=settings) as editor:
        message = (await editor.until(editor.shown))[0]
        assert all(word in message for word in words)
        await editor.indexed()
        assert len(editor.messages) == 1


async def test_initialization_options_lie_under_the_editors_settings(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    options = {"index": {"at_start": False}, "chat": {"backend": "nonsense"}}
    settings = {"chat": {"backend": "none"}}
    async with editing(root, tmp_path / "state", options=options, settings=settings) as editor:
        assert (await editor.execute("dt6.stats"))["chat"]["backend"] == "none"
        assert (editor.bars, editor.messages) == ({}, [])


async def test_settings_that_change_while_it_runs(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        editor.set_configuration({"workspace": {"exclude": ["server.py"]}}, section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await editor.until(lambda: len(editor.ended_bars()) == 2)
        symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("Server"))
        assert symbols, "by meaning, as no definition has the name any more"
        assert not [symbol for symbol in symbols if symbol.location.uri.endswith("server.py")]


async def test_a_client_that_pushes_its_settings(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    capabilities = client_capabilities(NEOVIM)
    assert capabilities.workspace is not None
    capabilities.workspace.configuration = False
    async with editing(root, tmp_path / "state", editor=capabilities) as editor:
        await editor.indexed()
        pushed = {"dt6": {"workspace": {"exclude": ["*.md"]}}}
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(pushed))
        await editor.until(lambda: len(editor.ended_bars()) == 2)
        assert (await editor.execute("dt6.stats"))["roots"][0]["files"] == 3


async def test_the_log_follows_its_setting(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings={"log": {"level": "error"}}) as editor:
        await editor.indexed()
        assert editor.log_messages == []
        editor.set_configuration({"log": {"level": "debug"}}, section="dt6")
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        while not editor.log_messages:  # from `debug` on, every request is logged
            await editor.workspace_symbol_async(types.WorkspaceSymbolParams("x"))
        assert len(editor.ended_bars()) == 1


async def test_an_editor_that_never_answers_the_question_for_its_settings(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", editor=VSCODE, silent=True) as editor:
        await editor.indexed()
