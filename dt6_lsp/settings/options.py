"""The options that the settings dataclasses describe, one record each: their key, type, bounds, words and variable.

Everything that lists options (the sources, `dt6-lsp config`, the docs page, the JSON schema) reads this table.
Not here: reading values.
"""

from __future__ import annotations

import difflib
from dataclasses import MISSING, Field, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from dt6_lsp.settings.model import Check, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Shape = Literal["boolean", "integer", "number", "text", "choice", "list"]


@dataclass(frozen=True, slots=True)
class Option:
    section: str
    name: str
    shape: Shape
    default: Any
    doc: str
    choices: tuple[str, ...]
    workspace: bool
    minimum: float | None
    guard: bool
    secret: bool
    check: Check

    @property
    def key(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def strictest(self) -> Any:
        """Of an option that guards something."""
        return False if self.shape == "boolean" else self.default

    @property
    def variable(self) -> str:
        return f"DT6_{self.section}_{self.name}".upper()


def sections() -> dict[str, type[Any]]:
    """The dataclass of each section, by the section's name."""
    return {name: hint for name, hint in get_type_hints(Settings).items() if isinstance(hint, type)}


def nearest(word: str, words: Mapping[str, Any] | tuple[str, ...]) -> str:
    """The one of `words` that was probably meant, or ""."""
    return next(iter(difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)), "")


def _shape(hint: Any) -> Shape:
    if get_origin(hint) is Literal:
        return "choice"
    if get_origin(hint) is tuple:
        return "list"
    shapes: dict[Any, Shape] = {bool: "boolean", int: "integer", float: "number", str: "text"}
    return shapes[hint]


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def options_of(section: str, cls: type[Any]) -> Iterator[Option]:
    """One for each field that `setting` described."""
    hints = get_type_hints(cls)
    for field in fields(cls):
        if field.metadata:
            shape = _shape(hints[field.name])
            choices = get_args(hints[field.name]) if shape == "choice" else ()
            yield Option(section, field.name, shape, _default(field), choices=choices, **field.metadata)


def _options() -> Iterator[Option]:
    for section, cls in sections().items():
        yield from options_of(section, cls)


OPTIONS: Mapping[str, Option] = {option.key: option for option in _options()}
