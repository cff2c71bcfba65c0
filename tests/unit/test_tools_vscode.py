"""The manifest of the VS Code extension: its settings and commands are those of DT6, and nothing names a registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dt6_lsp.server import commands
from dt6_lsp.settings import OPTIONS, Loaded, Option, Settings, with_editor
from tools import vscode

PROJECT = Path(__file__).parents[2]
PROPERTIES: dict[str, Any] = {key: each for page in vscode.configuration() for key, each in page["properties"].items()}
OWN = ("dt6.server.command", "dt6.backends")
OTHER: dict[str, Any] = {"boolean": None, "integer": 70_000_000, "number": 70.5, "text": "other", "list": ["other"]}


def set_in_editor(key: str, value: object) -> Loaded:
    section, name = key.removeprefix("dt6.").split(".")
    return with_editor(Loaded(Settings(), {}), {section: {name: value}})


def other_value(option: Option) -> Any:
    """One that is allowed, and is not the default."""
    if option.shape == "boolean":
        return not option.default
    if option.shape == "choice":
        return option.choices[-1] if option.default != option.choices[-1] else option.choices[0]
    if option.check == "url":
        return "http://127.0.0.1:9"
    return OTHER[option.shape] if option.key != "chat.backend" else "none"


def test_a_folder_can_set_none_of_them() -> None:
    assert {schema["scope"] for schema in PROPERTIES.values()} == {"machine"}


def test_trust_is_no_setting_as_the_editor_knows_it() -> None:
    assert len(PROPERTIES) == len(OPTIONS) - 1 + len(OWN)
    assert not [key for key in PROPERTIES if "trusted" in key]


@pytest.mark.parametrize("option", [each for each in OPTIONS.values() if each.key != "workspace.trusted"], ids=str)
def test_what_is_set_by_a_key_of_the_manifest_reaches_the_option(option: Option) -> None:
    key, value = f"dt6.{option.section}.{vscode.camel(option.name)}", other_value(option)
    loaded = set_in_editor(key, value)
    assert PROPERTIES[key]["default"] == (list(option.default) if option.shape == "list" else option.default)
    assert not loaded.problems
    assert getattr(getattr(loaded.settings, option.section), option.name) == (
        tuple(value) if option.shape == "list" else value
    )


def test_a_named_server_that_the_manifest_allows_reaches_dt6() -> None:
    allowed = PROPERTIES["dt6.backends"]["additionalProperties"]["properties"]
    said = {"kind": "ollama", "url": "http://127.0.0.1:9", "apiKey": "key", "model": "small"}
    loaded = with_editor(Loaded(Settings(), {}), {"backends": {"gpu": said}})
    assert set(said) == set(allowed)
    assert not loaded.problems
    assert loaded.settings.backends[0].api_key == "key"


def test_the_palette_has_the_commands_of_the_server_by_their_names() -> None:
    package = json.loads((PROJECT / vscode.MANIFEST).read_text(encoding="utf-8"))
    listed = {command["command"] for command in package["contributes"]["commands"]}
    assert listed - set(commands.NAMES) == {"dt6.restart", "dt6.showOutput"}


@pytest.mark.parametrize("folder", ["editors/vscode", "tests/editors/vscode", "tests/editors/vscode/code-server"])
def test_locked_packages_come_from_whichever_registry_the_user_has(folder: str) -> None:
    lock = (PROJECT / folder / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert "://" not in "".join(line for line in lock.splitlines() if '"resolved"' in line)
