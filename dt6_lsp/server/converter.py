"""lsprotocol's converter, strict where it is lenient: a number is no URI, and a text no line.

cattrs takes `str(value)` and `int(value)` for whatever comes, so that a list becomes a command's name and "7" a line.
Whole numbers may be written with a point, as some JSON libraries do. Booleans stay as they were: there are editors that
send null for false.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.protocol import default_converter

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T", str, int)


def converter() -> Converter:
    made: Converter = default_converter()  # type: ignore[no-untyped-call]
    made.register_structure_hook(str, _text)
    made.register_structure_hook(int, _whole_number)
    made.register_structure_hook(bool, lambda given, _: bool(given))  # or that for `int`, its base, would be taken
    made.register_unstructure_hook(
        Enum, lambda member: getattr(member, "value", member)
    )  # what `_member` leaves as it is
    for kind in (int | str, int | str | None):  # an id or a token
        made.register_structure_hook(kind, _key)
    for named in (types.LanguageKind | str, types.CodeActionKind | str, types.CodeActionKind | str | None):
        made.register_structure_hook(named, _name)
    return made


def _key(given: Any, _kind: type) -> int | str | None:
    if given is None or isinstance(given, str):
        return given
    return _whole_number(given, int)


def _name(given: Any, _kind: type) -> str | None:
    """Of an enumeration that everybody may add to."""
    return None if given is None else _text(given, str)


def _text(given: Any, kind: type) -> str:
    if isinstance(given, str):
        return _member(kind, given)
    raise ValueError(f"a string was expected, not {_shown(given)}")


def _whole_number(given: Any, kind: type) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return _member(kind, given)
    if isinstance(given, float) and given.is_integer():
        return _member(kind, int(given))
    raise ValueError(f"a whole number was expected, not {_shown(given)}")


def _member(kind: type, value: T) -> T:
    """Of an enumeration, whose members are texts or numbers, too, and are sent back as members only: a diagnostic's
    tag that had stayed a number could not be. What it does not know stays what it is."""
    if not issubclass(kind, Enum):
        return value
    member: Any = kind._value2member_map_.get(value, value)
    return member  # type: ignore[no-any-return]


def _shown(given: Any) -> str:
    words = {type(None): "null", bool: "true or false", str: "a string", dict: "an object", list: "a list"}
    return words.get(type(given), "such a number")
