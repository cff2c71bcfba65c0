"""The settings of the VS Code extension, made from DT6's own: `contributes.configuration` of its package.json.

All are of machine scope, so that a folder's `.vscode/settings.json` can set none: it would replace what the user said,
where a workspace may only narrow (which `.dt6.toml` does, in every editor).
Not here: the rest of package.json, which people write.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dt6_lsp.settings import OPTIONS, BackendSettings, Option
from dt6_lsp.settings.options import options_of

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "editors/vscode/package.json"

_EDITORS_OWN = frozenset({"workspace.trusted"})  # VS Code knows it and tells it itself
_TYPES = {"boolean": "boolean", "integer": "integer", "number": "number", "text": "string", "choice": "string"}
_SERVER: dict[str, Any] = {
    "dt6.server.command": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "default": ["dt6-lsp"],
        "markdownDescription": "The program that is the server, found on the PATH or named by an absolute path, and "
        "what stands before `serve --stdio`.",
        "scope": "machine",
    }
}
_BACKENDS = (
    "More model servers: an object for each, by a name of yours. `#dt6.chat.backend#`, `#dt6.chat.fallback#` and the "
    "intents then take that name. Its host must be in `#dt6.privacy.allowedHosts#`, unless it is this machine."
)


def manifest(path: Path) -> str:
    """The text of package.json with the block as it is to be, everything else as it is."""
    package = json.loads(path.read_text(encoding="utf-8"))
    package["contributes"]["configuration"] = configuration()
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def configuration() -> list[dict[str, Any]]:
    """A page of the settings editor for each section."""
    sections = dict.fromkeys(option.section for option in OPTIONS.values())
    pages = [("server", _SERVER), *((section, _properties(section)) for section in sections)]
    pages.append(("backends", {"dt6.backends": _backends()}))
    return [
        {"title": section, "order": order, "properties": properties}
        for order, (section, properties) in enumerate(pages)
        if properties
    ]


def camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _properties(section: str) -> dict[str, Any]:
    return {
        f"dt6.{section}.{camel(option.name)}": _schema(option) | {"scope": "machine"}
        for option in OPTIONS.values()
        if option.section == section and option.key not in _EDITORS_OWN
    }


def _backends() -> dict[str, Any]:
    fields = {camel(option.name): _schema(option) for option in options_of("backends.NAME", BackendSettings)}
    return {
        "type": "object",
        "additionalProperties": {"type": "object", "properties": fields, "additionalProperties": False},
        "default": {},
        "markdownDescription": _BACKENDS,
        "scope": "machine",
    }


def _schema(option: Option) -> dict[str, Any]:
    schema: dict[str, Any] = {"default": option.default, "markdownDescription": option.doc}
    if option.shape == "list":
        return {"type": "array", "items": {"type": "string"}} | schema | {"default": list(option.default)}
    schema = {"type": _TYPES[option.shape]} | schema
    if option.choices:
        schema["enum"] = list(option.choices)
    if option.minimum is not None:
        schema["minimum"] = option.minimum
    return schema
