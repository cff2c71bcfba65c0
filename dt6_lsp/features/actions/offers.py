"""What can be done at a place of a text: told from the text itself, without a model and without the index.

Not here: doing it (`drafting`), and in which kinds and words of the protocol an editor gets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.features.actions.model import Offer, Place
from dt6_lsp.features.actions.styles import STYLES
from dt6_lsp.features.actions.testing import is_test, tests_of
from dt6_lsp.features.outline import symbols
from dt6_lsp.syntax.languages import BY_NAME, TEXT, language_by_id, language_of
from dt6_lsp.text import lines_of
from dt6_lsp.workspace.defaults import is_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dt6_lsp.features.actions.model import Kind, Problem
    from dt6_lsp.syntax.model import Symbol

    Outline = Callable[[str, str, str], Sequence[Symbol]]

MOST_CHARACTERS = 300_000  # of a longer text, definitions would take too long to find at each move of a cursor
MOST_FIXES = 5
FIX_LINES = 60  # a definition up to so long is what a fix may change; of a longer one, the lines around the problem
FIX_AROUND = 5
_FUNCTIONS = frozenset({"function", "method", "constructor"})
_HOLDERS = frozenset({"class", "interface", "struct", "trait", "enum", "type", "namespace", "module", "macro"})
_NO_CODE = frozenset({"html", "css", "json", "yaml", "toml", "markdown"})
_UNTYPED = {"python": "->", "php": ":", "typescript": ":", "tsx": ":"}
"""What the signature of a function that has types holds, in languages in which they may be left out."""
_DOC_TYPED = ("javascript",)  # whose types stand in the documentation
_LONGEST_NAME = 60


def named(path: str, text: str, language_id: str = "") -> tuple[str, str]:
    """A name that tells the language, and the language: of what has no telling name, the editor says."""
    known = language_of(path, text[:200].partition("\n")[0])
    language = known if known != TEXT else language_by_id(language_id)
    if language == TEXT or language_of(path) != TEXT:
        return path, language
    return f"{path or 'untitled'}.{BY_NAME[language].extensions[0]}", language


def offers_at(
    path: str,
    text: str,
    lines: tuple[int, int],
    problems: Sequence[Problem] = (),
    *,
    selected: bool = False,
    language_id: str = "",
    outline: Outline = symbols,
) -> list[Offer]:
    """As `offers`, of a text that may be no file. `lines` are the first and the last that are marked."""
    name, language = named(path, text, language_id)
    found = outline(name, text, language_id) if len(text) <= MOST_CHARACTERS else ()
    return offers(Place(name, language, text, *lines, selected), found, problems)


def offers(place: Place, outline: Sequence[Symbol], problems: Sequence[Problem]) -> list[Offer]:
    """Fixes first, then what is nearest at hand. Nothing for a file that is secret by its name."""
    last = len(lines_of(place.text))
    if is_secret(place.path) or not last:
        return []
    found = [*_fixes(place, outline, problems), *_edits(place, outline), *_says(place, outline, last)]
    return [offer for offer in found if offer.start_line <= last]


def definition_at(place: Place, symbols: Iterable[Symbol]) -> Symbol | None:
    """The outermost function or type that begins in the selection; else the innermost around the place."""
    named = [symbol for symbol in symbols if symbol.kind in _FUNCTIONS or symbol.kind in _HOLDERS]
    if place.selected:
        begun = [each for each in named if place.first_line <= each.start_line <= place.last_line]
        if begun:
            return min(begun, key=lambda each: (each.start_line, -each.end_line))
    around = [each for each in named if each.start_line <= place.first_line and place.last_line <= each.end_line]
    return min(around, key=lambda each: each.end_line - each.start_line, default=None)


def _edits(place: Place, symbols: Sequence[Symbol]) -> Iterable[Offer]:
    if place.language == TEXT or place.language in _NO_CODE:
        return
    found = definition_at(place, symbols)
    if found is not None and _undocumented(found, place.language):
        yield _of("document", "document", found)
    if found is not None and _untyped(found, place.language):
        yield _of("types", "add types to", found)
    if place.selected and _says_something(place):
        yield Offer("rewrite", "DT6: refactor the selection", place.first_line, place.last_line)
    elif found is not None and not place.selected:
        yield _of("rewrite", "refactor", found)
    if found is not None and tests_of(place.language) and not is_test(place.path):
        yield _of("tests", "write tests for", found)


def _says_something(place: Place) -> bool:
    return any(line.strip() for line in lines_of(place.text)[place.first_line - 1 : place.last_line])


def _undocumented(symbol: Symbol, language: str) -> bool:
    style = STYLES.get(language)
    if style is None or symbol.doc:
        return False
    return not style.inside or symbol.end_line > symbol.name_line  # a body on the same line has no place for it


def _untyped(symbol: Symbol, language: str) -> bool:
    if symbol.kind not in _FUNCTIONS:
        return False
    if language in _DOC_TYPED:
        return "@param" not in symbol.doc and "@return" not in symbol.doc
    mark = _UNTYPED.get(language)
    return mark is not None and mark not in symbol.signature


def _fixes(place: Place, symbols: Sequence[Symbol], problems: Sequence[Problem]) -> Iterable[Offer]:
    if place.language == TEXT:
        return
    for number, problem in enumerate(problems[:MOST_FIXES]):
        start, end = _around(problem, symbols, len(lines_of(place.text)))
        yield Offer("fix", f"DT6: fix “{_short(problem.message)}”", start, end, problem=number)


def _around(problem: Problem, symbols: Iterable[Symbol], last: int) -> tuple[int, int]:
    """The innermost definition that holds the problem, or the lines around it."""
    holding = [each for each in symbols if each.start_line <= problem.start_line and problem.end_line <= each.end_line]
    inner = min(
        (each for each in holding if each.kind in _FUNCTIONS or each.kind in _HOLDERS),
        key=lambda each: each.end_line - each.start_line,
        default=None,
    )
    if inner is not None and inner.end_line - inner.start_line < FIX_LINES:
        return inner.start_line, inner.end_line
    first = max(1, problem.start_line - FIX_AROUND)
    return first, max(first, min(last, problem.end_line + FIX_AROUND))


def _says(place: Place, symbols: Sequence[Symbol], last: int) -> Iterable[Offer]:
    found = None if place.selected else definition_at(place, symbols)
    what, start, end, name = "this file", 1, last, ""
    if place.selected:
        what, start, end = "the selection", place.first_line, min(place.last_line, last)
    elif found is not None:
        what, start, end, name = _named(found), found.start_line, found.end_line, found.name
    yield Offer("explain", f"DT6: explain {what}", start, end, name)
    yield Offer("review", f"DT6: review {what}", start, end, name)
    yield Offer("ask", f"DT6: ask about {what}", start, end, name)


def _of(kind: Kind, verb: str, symbol: Symbol) -> Offer:
    return Offer(kind, f"DT6: {verb} {_named(symbol)}", symbol.start_line, symbol.end_line, symbol.name)


def _named(symbol: Symbol) -> str:
    return f"`{_short(symbol.name)}`"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1].rstrip() + "…"
