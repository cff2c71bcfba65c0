"""How a model's reply becomes a change of the text, for each kind of draft; and what is refused.

Not here: what is asked (`tasks`) and the asking (`drafting`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.assistant.fence import invisible
from dt6_lsp.features.actions.changes import (
    Replacement,
    apply,
    line_end,
    replacements,
    span_of_lines,
)
from dt6_lsp.features.actions.model import Wanted
from dt6_lsp.features.actions.reply import UnusableError, code_of
from dt6_lsp.features.actions.shape import indent_of, joined, restored, shaped
from dt6_lsp.features.actions.styles import STYLES, documentation
from dt6_lsp.syntax.checking import body_start, faults
from dt6_lsp.syntax.docs import comment_text, docstring_text
from dt6_lsp.syntax.parser import parse
from dt6_lsp.text import lines_of
from dt6_lsp.workspace.secrets import REMOVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.features.actions.model import Edit
    from dt6_lsp.syntax.model import Symbol

MOST_WORDS = 30  # lines of documentation
_QUOTES = ('"""', "'''", 'r"""', "r'''")
_COMMENTS = ("/*", "//", "#", "--")


class Changed(NamedTuple):
    changes: tuple[Replacement, ...]
    new_path: str = ""
    new_text: str = ""


Read = Callable[[str, Wanted], Changed]


def read(reply: str, wanted: Wanted) -> Changed:
    """Blocking. `UnusableError` says what is wrong with it."""
    changed = _READ[wanted.kind](code_of(reply), wanted)
    new = "".join((changed.new_text, *(change.text for change in changed.changes)))
    if REMOVED in new:
        raise UnusableError(f"It holds “{REMOVED}”, which stands for what DT6 did not show.")
    if invisible(new) - invisible(wanted.lines):
        raise UnusableError("It holds characters that nobody can see, and that were not there.")
    path, before = (changed.new_path, "") if changed.new_path else (wanted.path, wanted.text)
    after = changed.new_text if changed.new_path else apply(wanted.text, changed.changes)
    _check_syntax(path, before, after)
    if not changed.new_path:
        _check_names(wanted, after)
    return changed


def _document(code: str, wanted: Wanted) -> Changed:
    """Only lines that are inserted."""
    style, found = STYLES[wanted.language], _definition(wanted)
    words = _words(code, wanted.path)
    at, indent = _place_above(found, wanted) if not style.inside else _place_inside(found, wanted)
    lines = documentation(words, style, indent, wanted.language)
    start, _ = span_of_lines(wanted.text, at, at)
    return Changed((Replacement(start, start, joined(lines, line_end(wanted.text))),))


def _definition(wanted: Wanted) -> Symbol:
    symbols = parse(wanted.path, wanted.text).symbols
    found = [each for each in symbols if (each.start_line, each.end_line) == (wanted.start_line, wanted.end_line)]
    if not found:
        raise UnusableError("No definition begins there.")
    return found[0]


def _place_above(found: Symbol, wanted: Wanted) -> tuple[int, str]:
    return found.start_line, indent_of(lines_of(wanted.text)[found.start_line - 1])


def _place_inside(found: Symbol, wanted: Wanted) -> tuple[int, str]:
    body = body_start(wanted.path, wanted.text, found.name_line, found.name_column)
    lines = lines_of(wanted.text)
    if body is None or lines[body[0] - 1][: body[1]].strip():
        raise UnusableError("Its body stands on the line of its name, where documentation has no place.")
    return body[0], lines[body[0] - 1][: body[1]]


def _words(code: str, path: str) -> str:
    """The words of documentation, whether a model wrote them bare, with their marks, or with the code below them."""
    symbols = parse(path, code).symbols
    text = code.strip()
    if symbols and symbols[0].doc:
        text = symbols[0].doc
    elif text.startswith(_QUOTES):
        text = docstring_text(text)
    elif text.startswith(_COMMENTS):
        text = comment_text(text)
    elif symbols and not faults(path, code):
        raise UnusableError("It is code. The code block must hold the words of the documentation only.")
    if not text.strip():
        raise UnusableError("It has no words.")
    if len(lines_of(text)) > MOST_WORDS:
        raise UnusableError(f"It has more than {MOST_WORDS} lines.")
    return text


def _replace(code: str, wanted: Wanted) -> Changed:
    new = shaped(restored(code, wanted.lines), wanted.lines, wanted.text)
    changes = replacements(wanted.text, *wanted.span, new)
    if not changes:
        raise UnusableError("It is what stands there already: the model sees nothing to change.")
    return Changed(changes)


def _add_types(code: str, wanted: Wanted) -> Changed:
    changed = _replace(code, wanted)
    if not _holds_all(apply(wanted.text, changed.changes), wanted.text):
        raise UnusableError("It changes more than types: something that stood there is gone or moved.")
    return changed


def _holds_all(new: str, old: str) -> bool:
    """Whether all that was written is still there, in its order."""
    rest = iter(char for char in new if not char.isspace())
    return all(char in rest for char in old if not char.isspace())


def _tests(code: str, wanted: Wanted) -> Changed:
    found = next(iter(parse(wanted.path, wanted.lines).symbols), None)
    if found is not None and found.name not in code:
        raise UnusableError(f"It does not test {found.name}.")
    text = joined(lines_of(code.strip("\n")), line_end(wanted.text))
    return Changed((), wanted.new_path, text)


_READ: Mapping[Edit, Read] = {
    "document": _document,
    "rewrite": _replace,
    "fix": _replace,
    "types": _add_types,
    "tests": _tests,
}


def _check_syntax(path: str, before: str, after: str) -> None:
    old, new = faults(path, before), faults(path, after)
    if new is None:
        raise UnusableError("It can't be checked: there is no grammar for this file, or it is too broken.")
    if new > (old or 0):
        raise UnusableError("It is no valid code where it would stand: it adds syntax errors.")


def _check_names(wanted: Wanted, after: str) -> None:
    """What the lines define they still do, in its place; and nothing that stands around them is there twice, as where a
    model repeats it."""
    old, new = parse(wanted.path, wanted.text).symbols, parse(wanted.path, after).symbols
    before, now = (Counter(symbol.qualified for symbol in symbols) for symbols in (old, new))
    twice = next((name for name, count in now.items() if count > before[name] > 0), None)
    if twice is not None:
        raise UnusableError(f"It repeats what stands around the lines: {twice} would be defined twice.")
    whole = (wanted.start_line, wanted.end_line)
    lost = next((each for each in old if (each.start_line, each.end_line) == whole and not now[each.qualified]), None)
    if lost is not None:
        raise UnusableError(f"It does not define {lost.qualified} any more.")
