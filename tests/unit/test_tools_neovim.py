"""What is made for Neovim of the settings, and that Lua can read all that is given to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import tree_sitter_lua
from tree_sitter import Language, Parser

from dt6_lsp.settings import OPTIONS
from tools import neovim

PLUGIN = Path(__file__).parents[2] / "editors" / "neovim"
LUA = Parser(Language(tree_sitter_lua.language()))


def fields(page: str) -> set[str]:
    """As `section.name`."""
    section, found = "", set()
    for line in page.splitlines():
        if line.startswith("---@class dt6.settings."):
            section = line.rpartition(".")[2]
        elif line.startswith("---@field") and section:
            found.add(f"{section}.{line.split()[1].rstrip('?')}")
    return found


def test_every_setting_has_its_type() -> None:
    page = neovim.page()
    assert set(OPTIONS) <= fields(page)
    assert "backend.url" in fields(page)
    assert '---@field level? "error"|"warning"|"info"|"debug" ' in page
    assert "---@field watch? boolean " in page
    assert "---@field exclude? string[] " in page


@pytest.mark.parametrize("name", sorted(path.relative_to(PLUGIN).as_posix() for path in PLUGIN.rglob("*.lua")))
def test_lua_can_read_it(name: str) -> None:
    assert not LUA.parse((PLUGIN / name).read_bytes()).root_node.has_error
