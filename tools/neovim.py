"""The settings as types for Lua's language server, so that Neovim completes and checks what a user writes.

Not here: writing and checking the file (`docs`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.settings import OPTIONS, BackendSettings
from dt6_lsp.settings.options import options_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dt6_lsp.settings import Option

PAGE = "editors/neovim/lua/dt6/types.lua"

_TYPES = {"boolean": "boolean", "integer": "integer", "number": "number", "text": "string", "list": "string[]"}


def page() -> str:
    """A file that is read by tools and never run."""
    sections = list(dict.fromkeys(option.section for option in OPTIONS.values()))
    lines = ["---@meta", "-- Made by `make docs`; edits here are lost. Every setting may be left out.", ""]
    lines += ["---@class dt6.Settings"]
    lines += [f"---@field {section}? dt6.settings.{section}" for section in sections]
    lines += ["---@field backends? table<string, dt6.settings.backend> More model servers, each by its own name"]
    for section in sections:
        lines += _class(section, (option for option in OPTIONS.values() if option.section == section))
    lines += _class("backend", options_of("backends.NAME", BackendSettings))
    return "\n".join(lines) + "\n"


def _class(name: str, options: Iterable[Option]) -> Iterator[str]:
    yield from ("", f"---@class dt6.settings.{name}")
    for option in options:
        default = f" Default: {shown}." if (shown := _default(option.default)) else ""
        yield f"---@field {option.name}? {_type(option)} {option.doc}{default}"


def _type(option: Option) -> str:
    return "|".join(f'"{choice}"' for choice in option.choices) or _TYPES[option.shape]


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value in ("", ()) else str(value)
