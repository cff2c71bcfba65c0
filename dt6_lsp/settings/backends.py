"""Model servers that the user names: the tables `[backends.NAME]`, whose options exist once a source speaks of them.

    [backends.gpu]                    # or DT6_BACKENDS_GPU_URL, --set backends.gpu.url=...
    kind = "openai"
    url = "http://gpu.example.org:8000/v1"

Naming one allows nothing: its host must be in `privacy.allowed_hosts` like any other.
Not here: who is asked, and in which order (`dt6_lsp.models.orchestrator`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dt6_lsp.settings.model import BackendSettings, Settings
from dt6_lsp.settings.options import Option, nearest, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECTION = "backends"
BUILT_IN = ("ollama", "openai")
NO_BACKENDS = ("auto", "none")  # what chat.backend may say beside names

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_FIELDS = tuple(option.name for option in options_of("", BackendSettings))


def is_free(name: str) -> bool:
    """May a user call a backend so?"""
    return _NAME.fullmatch(name) is not None and name not in (*BUILT_IN, *NO_BACKENDS)


def name_in(key: str) -> str:
    """The backend that `backends.NAME.FIELD` is of; "" for what is no such key."""
    section, name, _ = (*key.split(".", 2), "", "")[:3]
    return name if section == SECTION and is_free(name) else ""


def option_of(key: str) -> Option | None:
    """The option behind `backends.NAME.FIELD`; None for what is no such key."""
    name = name_in(key)
    options = options_of(f"{SECTION}.{name}", BackendSettings) if name else ()
    return next((option for option in options if option.key == key), None)


def nearest_key(key: str) -> str:
    """What was probably meant by `key`: another field, or the section of a built-in backend; "" for other keys."""
    section, name, field = (*key.split(".", 2), "", "")[:3]
    if section != SECTION:
        return ""
    if name in BUILT_IN:
        return f"{name}.{field or 'url'}"
    near = nearest(field, _FIELDS)
    return f"{SECTION}.{name}.{near}" if is_free(name) and near else ""


def option_of_variable(variable: str) -> Option | None:
    """As `option_of`, for `DT6_BACKENDS_NAME_FIELD`."""
    rest = variable.removeprefix(f"DT6_{SECTION.upper()}_").lower()
    field = next((each for each in _FIELDS if rest.endswith(f"_{each}")), "")
    known = rest != variable.lower() and field
    return option_of(f"{SECTION}.{rest.removesuffix(f'_{field}')}.{field}") if known else None


def options(settings: Settings) -> Iterator[tuple[Option, Any]]:
    """The options of every backend that the user has named, with their values."""
    for backend in settings.backends:
        for option in options_of(f"{SECTION}.{backend.name}", BackendSettings):
            yield option, getattr(backend, option.name)


def built(values: Mapping[str, Any], wrong: set[str]) -> tuple[BackendSettings, ...]:
    """From all values by key. Those in `wrong` are left out whole: half of what the user meant may lead elsewhere."""
    tables: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        if section.startswith(f"{SECTION}."):
            tables.setdefault(section.removeprefix(f"{SECTION}."), {})[name] = value
    return tuple(BackendSettings(name, **table) for name, table in tables.items() if name not in wrong)


def unknown(wanted: str, names: tuple[str, ...]) -> str:
    """What is wrong with `wanted` as the name of a backend; "" where nothing is."""
    known = (*NO_BACKENDS, *BUILT_IN, *names)
    if wanted in known:
        return ""
    meant = nearest(wanted, known)
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"must be one of {', '.join(known)}, not {wanted!r}{hint}"
