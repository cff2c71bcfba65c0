"""What a package's manifest says of it: its description, and the commands that it installs.

pyproject.toml, setup.cfg, package.json and Cargo.toml are read as the index has them; one that can't be read says
nothing. Not here: dependencies, which imports tell better.
"""

from __future__ import annotations

import configparser
import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.assistant.retrieval import file_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dt6_lsp.index.model import Reader

NAMES = ("pyproject.toml", "setup.cfg", "package.json", "Cargo.toml")
MOST_READ = 40
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Command:
    """`target` is the module ("shop.cli:main") or the file that it runs; `line` is where the manifest says so."""

    name: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`line` is that of the description."""

    path: str
    description: str
    line: int
    commands: tuple[Command, ...]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


def manifests(files: Sequence[str], reader: Reader) -> list[Manifest]:
    """Those next to the root first."""
    named = [path for path in files if path.rpartition("/")[2] in NAMES]
    named.sort(key=lambda path: (path.count("/"), path))
    return [found for path in named[:MOST_READ] if (found := _manifest(path, reader)) is not None]


def _manifest(path: str, reader: Reader) -> Manifest | None:
    chunks = reader.chunks(path)
    if not chunks:
        return None
    first = chunks[0].start_line
    text = file_text(chunks)[:_MOST_CHARACTERS]
    name = path.rpartition("/")[2]
    try:
        description, commands = _READERS[name](text)
    except (ValueError, configparser.Error, RecursionError):  # both TOML's and JSON's errors are ValueErrors
        return None
    found = tuple(Command(each, target, _line(text, target, first)) for each, target in commands)
    return Manifest(path, description, _line(text, description, first), found)


def _line(text: str, value: str, first: int) -> int:
    """Where a value stands, as far as its first line is written as it reads; else the manifest's first line."""
    return next((number for number, line in enumerate(text.splitlines(), first) if value and value[:60] in line), first)


def _pyproject(text: str) -> tuple[str, list[tuple[str, str]]]:
    data = tomllib.loads(text)
    project, poetry = _table(data, "project"), _table(data, "tool", "poetry")
    scripts = {**_table(poetry, "scripts"), **_table(project, "gui-scripts"), **_table(project, "scripts")}
    return _words(project.get("description") or poetry.get("description")), _pairs(scripts)


def _setup_cfg(text: str) -> tuple[str, list[tuple[str, str]]]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    scripts = parser.get("options.entry_points", "console_scripts", fallback="")
    pairs = (line.partition("=") for line in scripts.splitlines() if "=" in line)
    return parser.get("metadata", "description", fallback=""), [(a.strip(), b.strip()) for a, _, b in pairs]


def _package_json(text: str) -> tuple[str, list[tuple[str, str]]]:
    data = _table(json.loads(text))
    binary = data.get("bin")
    if isinstance(binary, str):
        binary = {_words(data.get("name")).rpartition("/")[2] or "bin": binary}
    return _words(data.get("description")), _pairs(_table(binary))


def _cargo(text: str) -> tuple[str, list[tuple[str, str]]]:
    data = tomllib.loads(text)
    listed = data.get("bin")
    programs = [_table(each) for each in listed] if isinstance(listed, list) else []
    named = {_words(each.get("name")): _words(each.get("path")) or "src/main.rs" for each in programs}
    return _words(_table(data, "package").get("description")), _pairs(named)


_READERS = {"pyproject.toml": _pyproject, "setup.cfg": _setup_cfg, "package.json": _package_json, "Cargo.toml": _cargo}


def _table(data: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _words(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _pairs(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    return list(_named(table))


def _named(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, target in sorted(table.items()):
        if isinstance(target, dict):  # poetry's long form
            target = target.get("callable")
        if isinstance(target, str) and name:
            yield name, target
