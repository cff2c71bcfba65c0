"""Reads the sources of settings, in order, and remembers where each value came from.

What is wrong becomes a sentence in `Loaded.problems`: an unknown key (with the one that was probably meant), a wrong
type, a value out of bounds. With `strict` (the command line) it raises `SettingError` instead, save for the workspace's
own file, which must never stop anyone. Then the value from the sources below stands; an option that guards something
falls back to its strictest. Nothing else in DT6 reads the environment.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs

from dt6_lsp.errors import SettingError
from dt6_lsp.settings import backends
from dt6_lsp.settings.model import BackendSettings, Settings
from dt6_lsp.settings.options import OPTIONS, Option, nearest, sections
from dt6_lsp.settings.values import from_data, from_text

WORKSPACE_FILE = ".dt6.toml"
_OTHER_VARIABLES = ("DT6_CONFIG", "DT6_DATA_DIR")
_VARIABLES: Mapping[str, Option] = {option.variable: option for option in OPTIONS.values()}

SourceName = Literal["default", "user file", "workspace file", "environment", "editor", "command line"]


@dataclass(frozen=True, slots=True)
class Origin:
    """`where` is the file, variable or option that gave the value; "" for a default and an editor."""

    source: SourceName
    where: str = ""

    def __str__(self) -> str:
        return f"{self.source} {self.where}".strip()


@dataclass(frozen=True, slots=True)
class Loaded:
    settings: Settings
    origins: Mapping[str, Origin]
    problems: tuple[str, ...] = ()


def load(
    workspace: Path | None = None,
    *,
    editor: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
    strict: bool = False,
) -> Loaded:
    """Settings for one workspace. `overrides` are the command line's `section.name=value`."""
    loading = _Loading(Loaded(Settings(), {key: Origin("default") for key in OPTIONS}), strict)
    loading.file(user_file(), "user file", expected="DT6_CONFIG" in os.environ)
    loading.environment()
    loading.table(editor or {}, Origin("editor"))
    for override in overrides:
        loading.override(override)
    if workspace is not None:
        loading.file(workspace / WORKSPACE_FILE, "workspace file")
    return loading.loaded()


def with_editor(own: Loaded, values: Mapping[str, Any]) -> Loaded:
    """What the editor says, over what DT6 knows from elsewhere; only the command line is stronger."""
    loading = _Loading(own, strict=False)
    loading.table(values, Origin("editor"))
    return loading.loaded()


def narrowed(settings: Settings, root: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings for one root of several, with what its own file narrows; and what is wrong with that file."""
    loading = _Loading(Loaded(settings, {key: Origin("default") for key in OPTIONS}), strict=False)
    loading.file(root / WORKSPACE_FILE, "workspace file")
    loaded = loading.loaded()
    return loaded.settings, loaded.problems


def user_file() -> Path:
    """The user's own settings: the file that DT6_CONFIG names, else config.toml in the system's folder for settings."""
    named = os.environ.get("DT6_CONFIG")
    if named:
        return Path(named).expanduser()
    return platformdirs.user_config_path("dt6", appauthor=False) / "config.toml"


def data_dir(option: str | Path | None = None) -> Path:
    """Where indexes are kept: `--data-dir`, else DT6_DATA_DIR, else the system's folder for a user's data."""
    named = option or os.environ.get("DT6_DATA_DIR")
    return Path(named).expanduser().absolute() if named else platformdirs.user_data_path("dt6", appauthor=False)


_VERBS = ("is ", "has ", "can't ")  # what goes on from the name of the source


class _Loading:
    """The values so far, with their origins. One per `load`."""

    def __init__(self, start: Loaded, strict: bool) -> None:
        self._strict = strict
        settings = start.settings
        self._values = {key: getattr(getattr(settings, each.section), each.name) for key, each in OPTIONS.items()}
        self._values |= {option.key: value for option, value in backends.options(settings)}
        self._origins = dict(start.origins)
        self._problems = list(start.problems)
        self._wrong_backends: set[str] = set()

    def loaded(self) -> Loaded:
        named = self._backends()
        by_section: dict[str, dict[str, Any]] = {section: {} for section in sections()}
        for key, option in OPTIONS.items():
            by_section[option.section][option.name] = self._values[key]
        built = {section: cls(**by_section[section]) for section, cls in sections().items()}
        return Loaded(Settings(**built, backends=named), dict(self._origins), tuple(self._problems))

    def _backends(self) -> tuple[BackendSettings, ...]:
        """Those that are whole; and `chat.backend` must be one of them, or built in."""
        named = backends.built(self._values, self._wrong_backends)
        for each in named:
            if not each.url:
                self._wrong_backends.add(each.name)
                key = f"{backends.SECTION}.{each.name}"
                origin = next(origin for known, origin in self._origins.items() if known.startswith(f"{key}."))
                self._problem(origin, f"{key} has no url", "Set the address of that server.")
        named = tuple(each for each in named if each.url)
        option, names = OPTIONS["chat.backend"], tuple(each.name for each in named)
        if said := backends.unknown(self._values[option.key], names):
            origin, self._origins[option.key] = self._origins[option.key], Origin("default")
            self._values[option.key] = option.default
            self._wrong(option, ValueError(said), origin)
        return named

    def file(self, path: Path, source: SourceName, expected: bool = False) -> None:
        origin = Origin(source, str(path))
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            if expected:
                self._problem(origin, "the file does not exist", "Make it, or unset DT6_CONFIG.")
        except (OSError, UnicodeDecodeError) as error:
            self._problem(origin, f"can't be read ({_reason(error)})", "Make it a UTF-8 file that you may read.")
        except tomllib.TOMLDecodeError as error:
            self._problem(origin, f"is no valid TOML: {error}", "Mend that line.")
        else:
            self.table(table, origin)

    def table(self, table: Mapping[str, Any], origin: Origin) -> None:
        for key, value in _flat(table):
            self.data(_editors(key) if origin.source == "editor" else key, value, origin)

    def environment(self) -> None:
        for variable, text in sorted(os.environ.items()):
            origin = Origin("environment", variable)
            if option := _VARIABLES.get(variable) or backends.option_of_variable(variable):
                self._text(option, text, origin)
            elif variable.startswith("DT6_") and variable not in _OTHER_VARIABLES:
                meant = nearest(variable, _VARIABLES)
                if meant and _VARIABLES[meant].guard:
                    self._fall_back(_VARIABLES[meant].key, origin)
                self._problem(origin, "is no setting of DT6", f"Did you mean {meant}?" if meant else _list_them())

    def override(self, text: str) -> None:
        key, equals, value = text.partition("=")
        origin = Origin("command line", f"--set {key}")
        option = self._option(_snake(key.strip()), origin)
        if not equals:
            self._problem(origin, "has no value", "Write --set section.name=value.")
        elif option:
            self._text(option, value, origin)

    def data(self, key: str, value: Any, origin: Origin) -> None:
        option = self._option(key, origin)
        if option and value is not None:
            try:
                self._take(option, from_data(option, value), origin)
            except ValueError as error:
                self._wrong(option, error, origin)

    def _text(self, option: Option, text: str, origin: Origin) -> None:
        try:
            self._take(option, from_text(option, text), origin)
        except ValueError as error:
            self._wrong(option, error, origin)

    def _option(self, key: str, origin: Origin) -> Option | None:
        if option := OPTIONS.get(key) or backends.option_of(key):
            return option
        meant = backends.nearest_key(key) or nearest(key, OPTIONS)
        if backends.name_in(key):
            self._fall_back(key, origin)
        elif meant not in OPTIONS or OPTIONS[meant].guard:  # else that was meant, which guards nothing
            self._fall_back(key.partition(".")[0], origin)
        self._problem(origin, f"{key} is no setting of DT6", f"Did you mean {meant}?" if meant else _list_them())
        return None

    def _take(self, option: Option, value: Any, origin: Origin) -> None:
        if origin.source == "workspace file":
            if not option.workspace:
                mend = "A workspace's own file can't set it; put it in your own settings."
                return self._problem(origin, f"{option.key} is not taken from here", mend)
            wider, value = value, _narrower(self._values[option.key], value)
            if value == self._values[option.key] != wider and not isinstance(value, tuple):
                said = f"{option.key} is {wider}, and a workspace's own file can only lower it"
                return self._problem(origin, said, f"It stays {value}.")
        before = self._origins.get(option.key)
        if origin.source == "editor" and before is not None and before.source == "command line":
            return None
        self._values[option.key] = value
        self._origins[option.key] = origin
        return None

    def _wrong(self, option: Option, error: ValueError, origin: Origin) -> None:
        self._fall_back(option.key, origin)
        self._problem(origin, f"{option.key} {error}", _stands(option, self._values.get(option.key, option.default)))

    def _fall_back(self, prefix: str, origin: Origin) -> None:
        """Something about `prefix` (an option or its section) was meant and not understood: guard what it guards."""
        if (name := backends.name_in(prefix)) and origin.source != "workspace file":
            self._wrong_backends.add(name)
        for key, option in OPTIONS.items():
            if option.guard and origin.source != "workspace file" and f"{key}.".startswith(f"{prefix}."):
                self._values[key] = option.strictest
                self._origins[key] = Origin("default")

    def _problem(self, origin: Origin, what: str, mend: str) -> None:
        where = origin.where or "The editor"
        cause = f"{where}{' ' if what.startswith(_VERBS) else ': '}{what}{'' if what.endswith('?') else '.'}"
        if self._strict and origin.source != "workspace file":
            raise SettingError(cause, "" if mend.startswith("Until then") else mend)
        self._problems.append(f"{cause} {mend}".strip())


def _narrower(below: Any, value: Any) -> Any:
    """A workspace may add patterns and lower a number; never the other way."""
    if isinstance(value, tuple):
        return (*below, *(each for each in value if each not in below))
    return min(below, value)


def _stands(option: Option, value: Any) -> str:
    shown = "what was set before" if option.secret else repr(list(value) if isinstance(value, tuple) else value)
    return f"Until then it is {shown}."


def _list_them() -> str:
    return "`dt6-lsp config` lists them all."


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _editors(key: str) -> str:
    """An editor's key as DT6 writes it; the names that a user gave to backends stay as they are."""
    key = key.removeprefix("dt6.")
    section, _, name = key.rpartition(".")
    return f"{section}.{_snake(name)}" if backends.name_in(key) else _snake(key)


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"


def environment_with(values: Mapping[str, str], without: Sequence[str] = ()) -> dict[str, str]:
    """This process' environment and these variables, for a program that DT6 runs."""
    return {name: text for name, text in {**os.environ, **values}.items() if name not in without}
