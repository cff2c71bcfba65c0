"""Whether a message is, to the letter, of a type of the protocol: what lsprotocol's converter is too lenient to tell.

The converter takes an object with fields that nobody knows, "3" for a number and anything where one of several types
may stand. `misfits` goes by the annotations instead: nothing is missing, nothing is unknown, everything has its type.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import attrs
from lsprotocol import types

from dt6_lsp.server.converter import converter

if TYPE_CHECKING:
    from collections.abc import Iterator

converter()  # which resolves the annotations of lsprotocol

_DISCRIMINATORS = ("kind", "jsonrpc", "method")


def misfits(given: Any, kind: Any, where: str = "") -> list[str]:
    """What does not fit, and where; nothing where all is well."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return []
    if origin in (Union, UnionType):
        return _of_several(given, inner, where)
    if origin is Literal:
        return [] if given in inner else [f"{where}: {given!r} is none of {inner}"]
    if origin is not None and issubclass(origin, Mapping):
        return _of_object(given, dict.fromkeys(given, inner[1]) if isinstance(given, dict) else {}, where)
    if origin is not None and issubclass(origin, tuple):
        fits = isinstance(given, list) and len(given) == len(inner)
        return _each(zip(given, inner, strict=True), where) if fits else [f"{where}: no list of {len(inner)}"]
    if origin is not None and issubclass(origin, Sequence):
        return _each(((one, inner[0]) for one in given), where) if isinstance(given, list) else [f"{where}: no list"]
    if attrs.has(kind):
        return _of_class(given, kind, where)
    return _of_plain(given, kind, where)


def answer_misfits(method: str, message: dict[str, Any]) -> list[str]:
    """Of a response to a request of the protocol; DT6's own results are its own."""
    if "error" in message:
        return misfits(message, types.ResponseErrorMessage, method)
    kinds = types.METHOD_TO_TYPES.get(method)
    return [] if kinds is None or kinds[1] is None else misfits(message, kinds[1], method)


def message_misfits(message: dict[str, Any]) -> list[str]:
    """Of a request or a notification."""
    kinds = types.METHOD_TO_TYPES.get(message["method"])
    return [f"unknown method {message['method']!r}"] if kinds is None else misfits(message, kinds[0], message["method"])


def _of_several(given: Any, kinds: tuple[Any, ...], where: str) -> list[str]:
    """The complaint of the type that it is nearest to."""
    return min((misfits(given, kind, where) for kind in kinds), key=len)


def _each(pairs: Any, where: str) -> list[str]:
    return [misfit for place, (one, kind) in enumerate(pairs) for misfit in misfits(one, kind, f"{where}[{place}]")]


def _of_object(given: Any, fields: Mapping[str, Any], where: str) -> list[str]:
    if not isinstance(given, dict):
        return [f"{where}: no object but {given!r:.80}"]
    return [misfit for name, kind in fields.items() for misfit in misfits(given[name], kind, f"{where}.{name}")]


def _of_class(given: Any, kind: type, where: str) -> list[str]:
    if not isinstance(given, dict):
        return [f"{where}: no {kind.__name__} but {given!r:.80}"]
    fields = _fields(kind)
    found = [f"{where}: {kind.__name__} has no {name!r}" for name in given.keys() - fields.keys()]
    for name, field in fields.items():
        needed = field.default is attrs.NOTHING or (name == "kind" and field.type is str)
        if name not in given:
            found += (
                [f"{where}: {kind.__name__} needs {name!r}"] if needed and NoneType not in get_args(field.type) else []
            )
        elif name in _DISCRIMINATORS and isinstance(field.default, str) and field.type is str:
            found += [] if given[name] == field.default else [f"{where}.{name}: not {field.default!r}"]
        else:
            found += misfits(given[name], field.type, f"{where}.{name}") or _out_of_bounds(given[name], field, where)
    return found


def _out_of_bounds(given: Any, field: attrs.Attribute[Any], where: str) -> list[str]:
    """lsprotocol keeps the bounds of numbers in validators."""
    if field.validator is None or not isinstance(given, int):
        return []
    try:
        field.validator(None, field, given)
    except ValueError as error:
        return [f"{where}: {error}"]
    return []


@cache
def _fields(kind: type) -> dict[str, attrs.Attribute[Any]]:
    return {camel(field.name): field for field in attrs.fields(kind)}


@cache
def camel(name: str) -> str:
    """As the protocol spells a field of lsprotocol."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(map(str.capitalize, rest))


def _of_plain(given: Any, kind: Any, where: str) -> list[str]:
    if kind is NoneType:
        fits = given is None
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        fits = any(type(given) is type(each.value) and given == each.value for each in kind)
    elif kind is float:
        fits = isinstance(given, (int, float)) and not isinstance(given, bool)
    else:
        fits = type(given) is kind
    return [] if fits else [f"{where}: no {getattr(kind, '__name__', kind)} but {given!r:.80}"]


def everything(kind: Any) -> Any:
    """A capability, or all of them, as a client has it that can do everything: each field is there, with all values."""
    inner = [each for each in get_args(kind) if each is not NoneType]
    if get_origin(kind) in (Union, UnionType):
        return everything(next((each for each in inner if isinstance(each, type) and attrs.has(each)), inner[0]))
    if get_origin(kind) is not None and issubclass(get_origin(kind), Sequence):
        return list(inner[0]) if isinstance(inner[0], type) and issubclass(inner[0], enum.Enum) else _NAMED
    if isinstance(kind, type) and attrs.has(kind):
        return kind(**{field.name: everything(field.type) for field in attrs.fields(kind)})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    return {bool: True, int: 1, str: "all"}.get(kind)


_NAMED = ("edit", "command", "documentation", "detail", "additionalTextEdits", "location.range", "tooltip", "target")
"""What clients can ask for later, by name."""


def ranges(given: Any) -> Iterator[dict[str, Any]]:
    """Every `Range` in a result, however deep."""
    if isinstance(given, dict):
        if given.keys() == {"start", "end"}:
            yield given
        given = list(given.values())
    for each in given if isinstance(given, list) else ():
        yield from ranges(each)
