"""Values of any type of the protocol, as JSON has them, and what goes wrong with JSON on its way.

`value` follows the annotations of lsprotocol, so a method that DT6 gets later needs nothing here. What matters more
than its type (a URI, a position, a command) comes from a `World` of things that the server knows or nearly knows.
Not here: which messages are sent (`messages`), and what must come back (`session`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import attrs
from lsprotocol import types

from tests.lsp.strict import camel

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_DEEPEST = 8
_OFTEN = 0.4  # how often a field is there that may be left out
FARTHEST = 2**31 - 1  # the largest line and character of the protocol
ODD_URIS = (
    "untitled:Untitled-1",
    "untitled:Untitled-2.py",
    "vscode-notebook-cell:/nowhere/a.ipynb#W0sZmlsZQ%3D%3D",
    "git:/nowhere/a.py?%7B%22ref%22%3A%22HEAD%22%7D",
    "file:///c%3A/Users/me/a.py",
    "file:///C:/Users/me/a.py",
    "file://share/folder/a.py",
    "file:///",
    "file:",
    "file:///%ff%fe.py",
    "file:///" + "a/" * 3_000 + "a.py",
    "file:///nowhere/\x00.py",
    "file:///nowhere/..%2f..%2fetc/passwd",
    "file:///nowhere/%2e%2e/%2e%2e/etc/passwd",
    "http://[::1/x",
    "dt6:answers/none.md",
    "",
    ":",
    "no scheme",
)
WORDS = (
    "",
    "Server",
    "start",
    "main",
    "how does start listen",
    "😀",
    "a" * 5_000,
    '"',
    "' OR 1=1 --",
    "*",
    "start AND (",
)
_JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 2**31, 2**53, -(2**63), 10**400, "", "x", "\ud800", "a\ud83d", "\x00",
    "../../etc/passwd", [], {}, [None], {"": ""}, [[[[]]]],
)  # fmt: skip


@dataclass(slots=True)
class World:
    """What a client would name. `items` are results that can be asked about again, by their type."""

    uris: list[str]
    folders: list[str]
    commands: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]  # fields of what commands take, with their types
    tokens: tuple[int | str, ...] = ("token-1", "token-2", 7, "")
    ends: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])  # last positions of open documents
    items: dict[str, list[Any]] = field(default_factory=dict)


Named = Mapping[str, "Callable[[random.Random, World], Any]"]

_BY_NAME: Named = {
    "uri": lambda chances, world: chances.choice(world.uris if chances.random() < 0.8 else ODD_URIS),
    "command": lambda chances, world: chances.choice(world.commands),
    "arguments": lambda chances, world: [command_argument(chances, world)] if chances.random() < 0.9 else [],
    "query": lambda chances, _: chances.choice(WORDS),
    "languageId": lambda chances, _: chances.choice(("python", "markdown", "plaintext", "go", "klingon", "")),
    "workDoneToken": lambda chances, world: chances.choice(world.tokens),
    "partialResultToken": lambda chances, world: chances.choice(world.tokens),
    "token": lambda chances, world: chances.choice(world.tokens),
}


def value(kind: Any, chances: random.Random, world: World, name: str = "", depth: int = 0) -> Any:
    """Something of a type of lsprotocol, as JSON."""
    if name in _BY_NAME:
        return _BY_NAME[name](chances, world)
    if kind is types.Position:
        return position(chances, world)
    if kind is types.WorkspaceFolder:
        return {"uri": chances.choice(world.folders), "name": chances.choice(WORDS)}
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        known = [each for each in inner if each is not type(None)]
        return value(chances.choice(known), chances, world, name, depth)
    if origin is Literal:
        return chances.choice(inner)
    if origin is not None and issubclass(origin, tuple):
        return [value(each, chances, world, depth=depth + 1) for each in inner if each is not ...]
    if origin is not None and issubclass(origin, Sequence):
        return [value(inner[0], chances, world, depth=depth + 1) for _ in range(_few(chances, depth))]
    if origin is not None and issubclass(origin, Mapping):
        return {
            chances.choice(world.uris): value(inner[1], chances, world, depth=depth + 1)
            for _ in range(_few(chances, depth))
        }
    return _plain(kind, chances, world, depth)


def _few(chances: random.Random, depth: int) -> int:
    return 0 if depth > _DEEPEST else chances.choice((0, 1, 1, 2, 3))


def _plain(kind: Any, chances: random.Random, world: World, depth: int) -> Any:
    if isinstance(kind, type) and attrs.has(kind):
        kept = world.items.get(kind.__name__)
        return chances.choice(kept) if kept and chances.random() < 0.8 else _object(kind, chances, world, depth)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return chances.choice(list(kind)).value
    if kind is bool:
        return chances.random() < 0.5
    if kind is int:
        return chances.choice((0, 1, 2, 3, 17, FARTHEST))
    if kind is float:
        return chances.random()
    return chances.choice(WORDS) if kind is str else anything(chances)


def _object(kind: type, chances: random.Random, world: World, depth: int) -> dict[str, Any]:
    found = {}
    for each in attrs.fields(kind):
        needed = each.default is attrs.NOTHING or not _may_be_none(each.type)
        if needed or (depth < _DEEPEST and chances.random() < _OFTEN):
            found[camel(each.name)] = value(each.type, chances, world, camel(each.name), depth + 1)
    return found


@cache
def _may_be_none(kind: Any) -> bool:
    return type(None) in get_args(kind)


def position(chances: random.Random, world: World) -> dict[str, int]:
    """Mostly inside of a document, sometimes far beyond its end."""
    line, character = chances.choice(world.ends)
    if chances.random() < 0.1:
        return {"line": chances.choice((line, FARTHEST)), "character": chances.choice((character + 1, FARTHEST))}
    return {"line": chances.randint(0, line), "character": chances.randint(0, 40)}


def command_argument(chances: random.Random, world: World) -> Any:
    """An object with fields that some command takes; or what stands for one."""
    luck = chances.random()
    if luck < 0.15:
        return chances.choice(WORDS)
    if luck < 0.2:
        return anything(chances)
    some = chances.sample(world.arguments, chances.randint(0, min(4, len(world.arguments))))
    return {name: _argument(name, kind, chances, world) for name, kind in some}


def _argument(name: str, kind: str, chances: random.Random, world: World) -> Any:
    if name in _BY_NAME:
        return _BY_NAME[name](chances, world)
    if name == "range":
        return value(types.Range, chances, world)
    by_kind = {"bool": bool, "int": int, "tuple[str, ...]": Sequence[str], "str": str}
    return value(by_kind.get(kind, Any), chances, world)


def anything(chances: random.Random, depth: int = 0) -> Any:
    luck = chances.random()
    if depth < 4 and luck < 0.15:
        return [anything(chances, depth + 1) for _ in range(chances.randint(0, 4))]
    if depth < 4 and luck < 0.3:
        return {chances.choice(("uri", "range", "a", "kind", "id")): anything(chances, depth + 1) for _ in range(3)}
    return chances.choice(_JUNK)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def mutated(given: Any, chances: random.Random) -> Any:
    """The same JSON with one to three places in it spoilt; `given` stays as it is."""
    for _ in range(chances.randint(1, 3)):
        given = _spoilt(given, chances)
    return given


def _spoilt(given: Any, chances: random.Random) -> Any:
    if isinstance(given, dict) and given and chances.random() < 0.85:
        name = chances.choice(list(given))
        luck = chances.random()
        rest = {other: each for other, each in given.items() if other != name}
        if luck < 0.15:
            return rest
        if luck < 0.25:
            return {**rest, name.upper() + "\u2028": given[name]}
        return {**given, name: _spoilt(given[name], chances)}
    if isinstance(given, list) and given and chances.random() < 0.85:
        place = chances.randrange(len(given))
        luck = chances.random()
        if luck < 0.1:
            return given * chances.choice((0, 2, 500))
        return [*given[:place], _spoilt(given[place], chances), *given[place + 1 :]]
    return anything(chances)
