"""The one object that a command takes: checked field by field, with an answer that says what would fit.

pygls unpacks command arguments by the annotations of a handler and forgets its defaults; here a frozen dataclass says
what a command takes. Not here: what the values mean.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from dt6_lsp.server.faults import invalid_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

_WORDS = {str: "a string", int: "a whole number", bool: "true or false", tuple[str, ...]: "a list of strings"}


def parse(kind: type[T], given: object, what: str, *, bare: str = "") -> T:
    """`given` as a `kind`. `bare` is the field that a lone string stands for. Null counts as left out."""
    if isinstance(given, str) and bare:
        given = {bare: given}
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise invalid_params(f"{what} takes one object with {_names(kind)}.")
    values = {name: value for name, value in given.items() if value is not None}
    hints = get_type_hints(kind)
    if unknown := sorted(set(values) - set(hints)):
        raise invalid_params(f"{what} knows no {unknown[0]!r}; it takes {_names(kind)}.")
    _require(kind, values, what)
    return kind(**{name: _checked(what, name, value, hints[name]) for name, value in values.items()})


def only(arguments: Sequence[Any] | None, what: str) -> object:
    """The first and only argument of a command."""
    if arguments and len(arguments) > 1:
        raise invalid_params(f"{what} takes one argument, an object; it was given {len(arguments)}.")
    return arguments[0] if arguments else None


def _names(kind: type[DataclassInstance]) -> str:
    return ", ".join(field.name for field in fields(kind)) or "no fields"


def _require(kind: type[DataclassInstance], values: dict[str, object], what: str) -> None:
    for field in fields(kind):
        value = values.get(field.name, field.default)
        if value is MISSING or (field.default is MISSING and isinstance(value, str) and not value.strip()):
            raise invalid_params(f"{what} needs {field.name!r}.")


def _checked(what: str, name: str, value: object, hint: Any) -> object:
    if hint == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if hint in (str, int, bool) and type(value) is hint:
        return value
    if hint not in _WORDS:
        return value
    raise invalid_params(f"{what} takes {_WORDS[hint]} as {name!r}, not {value!r}.")
