"""One value for one option: from text (a variable, `--set`) or from typed data (TOML, an editor's JSON).

Raises `ValueError` with the second half of a sentence: "must be a number, not 'many'".
Not here: where the value came from, and what happens when it is wrong.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dt6_lsp.settings.options import Option, Shape, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
_WORDS: dict[Shape, str] = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "text": "text",
    "list": "a list of texts",
}


def from_text(option: Option, text: str) -> Any:
    return from_data(option, _parse(option, text.strip()))


def from_data(option: Option, value: Any) -> Any:
    """The value as the settings hold it, checked: right type, one of the choices, within bounds, well-formed."""
    value = _choice(option, value) if option.shape == "choice" else _typed(option, value)
    if option.minimum is not None and value < option.minimum:
        raise ValueError(f"must be at least {option.minimum:g}, not {value:g}")
    for each in value if isinstance(value, tuple) else (value,):
        _CHECKS[option.check](option, each)
    return value


def _parse(option: Option, text: str) -> Any:
    if option.shape == "boolean" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if option.shape in ("integer", "number"):
        return _number(text)
    if option.shape == "list":
        return _list(text)
    return text


def _number(text: str) -> Any:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _list(text: str) -> Any:
    """Commas between the texts, or a JSON list where a text holds a comma itself."""
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _typed(option: Option, value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if option.shape == "boolean" and isinstance(value, bool):
        return value
    if option.shape == "integer" and number and value == int(value):
        return int(value)
    if option.shape == "number" and number:
        return float(value)
    if option.shape == "text" and isinstance(value, str):
        return value
    if option.shape == "list" and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError(f"must be {_WORDS[option.shape]}, not {_shown(option, value)}")


def _choice(option: Option, value: Any) -> Any:
    if isinstance(value, str) and value in option.choices:
        return value
    meant = nearest(str(value), option.choices)
    hint = f"; did you mean {meant!r}?" if meant else ""
    raise ValueError(f"must be one of {', '.join(option.choices)}, not {_shown(option, value)}{hint}")


def _shown(option: Option, value: Any) -> str:
    return "what it holds" if option.secret else repr(value)[:80]


def _any(option: Option, value: Any) -> None:
    if isinstance(value, str) and not value.isprintable():
        raise ValueError(f"must not hold control characters, as {_shown(option, value)} does")


def _url(option: Option, value: str) -> None:
    if value == option.default:
        return
    try:
        parts = urlsplit(value)
        well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        well_formed = False
    if not well_formed or not value.isprintable() or " " in value:
        raise ValueError(f"must be an address like http://127.0.0.1:11434, not {_shown(option, value)}")


def _host(option: Option, value: str) -> None:
    if not _HOST.fullmatch(value):
        raise ValueError(f"must name hosts like models.example.org, without scheme, path or *, not {value!r}")


_CHECKS: dict[str, Callable[[Option, Any], None]] = {"": _any, "url": _url, "host": _host}
