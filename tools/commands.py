"""The page of the commands, docs/commands.md: made from the classes that say what each takes, and from what they return.

Not here: what a command does, which is in its own module.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from dt6_lsp.server import commands, questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field

PAGE = "docs/commands.md"
_TYPES = {str: "string", int: "whole number", bool: "true or false", tuple[str, ...]: "list of strings"}
_INTRODUCTION = (
    "Each is run by `workspace/executeCommand` with one object; where a field is marked *or alone*, a string in place of",
    "the object stands for it. Null counts as left out, and a field that is not listed is refused. Commands that take long",
    "report progress to the client's `workDoneToken`, or to a bar of their own; `window/workDoneProgress/cancel` and",
    "`$/cancelRequest` stop them, with the stream from the model. What goes wrong is an error in plain words.",
)
_ASK = (
    "The same as `dt6.ask` for a program: a request of its own that shows no page. Its parameters are the fields of",
    "`dt6.ask`, a `workDoneToken`, and a `partialResultToken`; with that, what is known comes as `$/progress` while the",
    "answer is written. Each value is an object with a `kind`:",
)


def page(generated: str) -> str:
    lines = ["# Commands", "", generated, "", *_INTRODUCTION]
    for name, spec in commands.SPECS.items():
        lines += ["", f"## {name}", "", *_told(spec)]
    lines += ["", "## dt6/ask", "", *_ASK, "", "| kind | fields |", "|---|---|", *_partials(), ""]
    lines += ["The result is that of `dt6.ask`."]
    return "\n".join(lines) + "\n"


def _told(spec: commands.Spec) -> Iterator[str]:
    yield spec.does
    words = _doc(spec.takes)
    if words:
        yield ""
        yield words
    rows = [_row(field, get_type_hints(spec.takes)[field.name], spec.bare) for field in fields(spec.takes)]
    if rows:
        yield from ("", "| field | type | default |", "|---|---|---|", *rows)
    yield ""
    yield f"Returns {spec.returns}"


def _row(field: Field[Any], hint: Any, bare: str) -> str:
    kind = _TYPES.get(hint, "range, as in LSP")
    default = "must be given" if field.default is MISSING else _default(field.default)
    return f"| `{field.name}`{' *or alone*' if field.name == bare else ''} | {kind} | {default} |"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value in ("", None, ()) else f"`{value}`"


def _doc(kind: type) -> str:
    """Without the signature that a dataclass has where nobody wrote anything."""
    text = inspect.cleandoc(kind.__doc__ or "")
    return "" if text.startswith(f"{kind.__name__}(") else re.sub(r"\s*\n\s*", " ", text)


def _partials() -> Iterator[str]:
    for example in questions.EXAMPLES:
        made = questions.to_partial(example) or {}
        yield f"| `{made.pop('kind')}` | {', '.join(f'`{name}`' for name in made)} |"
