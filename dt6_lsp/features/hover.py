"""What the index knows of the name under the cursor. No call to a model.

A name may have many definitions; the one nearest to the cursor is shown: in the same file (in the innermost definition
around the cursor first), then in a file that this one imports, then in the same language, then any.
Not here: the words in which it is shown (`hover_text`), and the analysis of types: names are resolved by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.syntax.languages import language_of
from dt6_lsp.text import lines_of, shared_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dt6_lsp.features.changes import Changed
    from dt6_lsp.features.explanations import Explanation
    from dt6_lsp.index.model import Definition, Reader, Use
    from dt6_lsp.syntax.model import Import, Kind

    Key = TypeVar("Key", bool, tuple[bool, ...])

TOP_USES = 5
MOST_DEFINITIONS = 400  # of a name like "run": others are not compared, unless they are in the same file
_NAME = r"[^\W\d][\w]*"
_PATTERNS = {
    "css": re.compile(r"--?[\w-]+|[^\W\d][\w-]*"),
    "ruby": re.compile(_NAME + r"[?!]?"),
    "elixir": re.compile(_NAME + r"[?!]?"),
    "haskell": re.compile(_NAME + r"'*"),
    "php": re.compile(r"\$?" + _NAME),
    "javascript": re.compile(r"[$#]?[^\W\d][\w$]*|\$\w*"),
    "bash": re.compile(r"[^\W\d][\w-]*"),
}
_PATTERNS |= {"typescript": _PATTERNS["javascript"], "tsx": _PATTERNS["javascript"], "html": _PATTERNS["css"]}
_ANY = re.compile(_NAME)
_OWNER = re.compile(r"([^\W\d][\w]*)\s*(?:\.|::|->)\s*$")
_DATA: tuple[Kind, ...] = ("key", "section", "rule")
_LONGEST_LINE = 20_000  # minified code: a hover there helps nobody
_LONGEST_OWNER = 200  # characters before a name that are searched for its owner: the pattern is quadratic in them


@dataclass(frozen=True, slots=True)
class Word:
    """`owner` is the name before the dot, as in `owner.name`. Columns in code points, the end exclusive."""

    name: str
    owner: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Located:
    """The definition that a name most likely means, and how many others have the name."""

    definition: Definition
    word: Word
    others: int


@dataclass(frozen=True, slots=True)
class Hover:
    """One definition, as data. `used_by` counts the uses of its name in the workspace and `top_uses` are some of them;
    `others` counts further definitions of the name. The columns are those of the name under the cursor, in code points,
    the end exclusive. `related`, `changed` and `explanation` are as far as they are known by then (`hovering`)."""

    title: str
    kind: Kind
    signature: str
    language: str
    doc: str
    path: str
    line: int
    used_by: int
    top_uses: tuple[Use, ...]
    others: int
    start_column: int
    end_column: int
    changed: Changed | None = None
    related: tuple[Definition, ...] = ()
    explanation: Explanation | None = None


def hover(reader: Reader, path: str, text: str, line: int, column: int) -> Hover | None:
    """What `located` finds, with its uses."""
    found = located(reader, path, text, line, column)
    return described(reader, found, path) if found is not None else None


def located(reader: Reader, path: str, text: str, line: int, column: int) -> Located | None:
    """`line` from 1, `column` in code points from 0; a place outside of the text has no name."""
    word = word_at(text, line, column, language_of(path))
    if word is None:
        return None
    found = [item for item in _definitions(reader, word.name, path) if _speaks_of(item, path)]
    if not found:
        return None
    return Located(nearest(found, word, path, line, reader.imports(path)), word, len(found) - 1)


def word_at(text: str, line: int, column: int, language: str = "text") -> Word | None:
    """The identifier at a place, also when the cursor stands right behind it."""
    lines = lines_of(text)
    if not 1 <= line <= len(lines) or column < 0 or len(lines[line - 1]) > _LONGEST_LINE:
        return None
    content = lines[line - 1]
    for match in _PATTERNS.get(language, _ANY).finditer(content):
        if match.start() <= column <= match.end():
            touching = match.end() == column and column < len(content) and _ANY.match(content, column)
            if touching:
                continue
            owner = _OWNER.search(content, max(0, match.start() - _LONGEST_OWNER), match.start())
            return Word(match[0], owner[1] if owner else "", match.start(), match.end())
    return None


def nearest(found: Sequence[Definition], word: Word, path: str, line: int, imports: Sequence[Import]) -> Definition:
    """The definition that the name most likely means at this place. There may be hundreds, so what is dear to tell is
    asked only of those that the rest leaves."""
    language = language_of(path)
    owners = {word.owner, word.owner[:1].upper() + word.owner[1:]} - {""}

    def near(item: Definition) -> tuple[bool, ...]:
        around = item.start_line <= line <= item.end_line
        here = item.path == path
        return (
            not (here and item.name_line == line),
            item.container.rsplit(".", 1)[-1] not in owners,
            not here,
            not (here and (around or not item.container)),
        )

    def distance(item: Definition) -> tuple[bool | int | str, ...]:
        return (
            item.language != language,
            is_side(item.path) and not is_side(path),
            -shared_folders(item.path, path),
            abs(item.start_line - line) if item.path == path else 0,
            item.path,
            item.start_line,
        )

    left = _least(found, near)
    if len(left) > 1:
        imported = _Imported(imports)
        left = _least(left, lambda item: not imported.may_mean(item))
    return min(left, key=distance)


def _least(items: Sequence[Definition], key: Callable[[Definition], Key]) -> list[Definition]:
    keys = [key(item) for item in items]
    least = min(keys)
    return [item for item, own in zip(items, keys, strict=True) if own == least]


class _Imported:
    """What a file imports, by the last parts of it: an import can mean a file only where one of these is its name, or
    that of its folder."""

    def __init__(self, imports: Sequence[Import]) -> None:
        self._by_end: dict[str, list[tuple[str, ...]]] = {}
        for module in dict.fromkeys(_segments(item.module) for item in imports):
            for part in dict.fromkeys(module[-2:]):
                self._by_end.setdefault(part, []).append(module)

    def may_mean(self, item: Definition) -> bool:
        stem = item.path.rsplit(".", 1)[0].split("/")
        modules = (module for part in stem[-3:] for module in self._by_end.get(part, ()))
        return any(_fits(module, item) for module in modules)


def _definitions(reader: Reader, name: str, path: str) -> list[Definition]:
    """By the name as it stands, then without the marks that some languages put before it."""
    found = reader.definitions(name, path, MOST_DEFINITIONS)
    if found or name[:1] not in "$#.-":
        return found
    return reader.definitions(name.lstrip("$#.-"), path, MOST_DEFINITIONS)


def _speaks_of(item: Definition, path: str) -> bool:
    """A heading or a key of a data file is meant only where the same language is written."""
    return item.kind not in _DATA or item.language == language_of(path)


def described(reader: Reader, found: Located, path: str) -> Hover:
    """For who looks at it from the file `path`."""
    item = found.definition
    count, uses = used(reader, item)
    top = sorted(uses, key=lambda use: (is_side(use.path), use.path != path, use.path, use.line))
    return Hover(
        title=item.qualified,
        kind=item.kind,
        signature=item.signature,
        language=item.language,
        doc=item.doc,
        path=item.path,
        line=item.name_line,
        used_by=count,
        top_uses=tuple({use.inside or use.path: use for use in reversed(top)}.values())[::-1][:TOP_USES],
        others=found.others,
        start_column=found.word.start,
        end_column=found.word.end,
    )


def used(reader: Reader, item: Definition, listed: int = 200) -> tuple[int, list[Use]]:
    """How often others use its name, and where: the first of these."""
    found = reader.uses(item.name, listed)
    uses = [use for use in found if not _inside(use, item)]
    return reader.count_uses(item.name) - (len(found) - len(uses)), uses


def _inside(use: Use, item: Definition) -> bool:
    """A use within the definition itself (a recursive call) says nothing about who else needs it."""
    return use.path == item.path and item.start_line <= use.line <= item.end_line


def _segments(module: str) -> tuple[str, ...]:
    plain = re.sub(r"\.(?:jsx?|tsx?|mjs|cjs|h|hpp|hh|py|rb|php|lua)$", "", module)
    return tuple(part for part in re.split(r"::|[./\\]+", plain) if part)


def _fits(module: tuple[str, ...], item: Definition) -> bool:
    """Whether an import may mean the file of a definition: the ends of both paths agree, the symbol's name aside."""
    stem = tuple(item.path.rsplit(".", 1)[0].split("/"))
    shortened = stem[:-1] if stem[-1] in ("__init__", "index", "mod", "lib") else stem
    named = module[:-1] if len(module) > 1 and module[-1] in (item.name, item.container.split(".")[0]) else module
    return _ends(shortened, named) or _ends(shortened[:-1], named)


def _ends(path: tuple[str, ...], module: tuple[str, ...]) -> bool:
    size = min(len(path), len(module))
    return size > 0 and path[-size:] == module[-size:]
