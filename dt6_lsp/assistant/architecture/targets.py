"""What a question's words mean in a workspace: a file, a folder, a module by its dotted name, or a symbol.

Whoever says "the router" may mean router.py, a folder, or a class: what looks like code is taken for a symbol first, a
plain word for a file or folder first. What nothing answers to is said so, with the names that come near.
A plain noun in a question that follows something through the system ("the model") names a part, and seldom a file.
Not here: which words of a question name a party (`questions`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from dt6_lsp.assistant.architecture.parts import is_code
from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.assistant.mentions import identifiers
from dt6_lsp.assistant.prose import is_prose
from dt6_lsp.index.path_facts import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.index.model import Definition, Reader

_ARTICLES = re.compile(
    r"^(?:the|a|an|our|my|this|that|its|any|some|class|function|method|module|package|file|folder|crate|symbol|type"
    r"|interface|struct|trait|component|directory)\s+", re.IGNORECASE
)  # fmt: skip
_KIND = re.compile(
    r"\s+(?:class(?:es)?|functions?|methods?|modules?|packages?|files?|folders?|director(?:y|ies)|crates?|symbols?|types?"
    r"|interfaces?|structs?|traits?|components?|layers?|part|code|package'?s|api|object|itself)$", re.IGNORECASE
)  # fmt: skip
_SYMBOL_SAID = re.compile(
    r"\b(?:class|function|method|symbol|type|interface|struct|trait|object)\b|\(\)", re.IGNORECASE
)
_PLACE_SAID = re.compile(r"\b(?:module|package|file|folder|directory|crate|layer|part|component)s?\b", re.IGNORECASE)
_CODE = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2,}[a-z]|_|\(\)$|^[A-Z][a-z]|::|#|->")
_KINDS = frozenset(
    {"class", "interface", "enum", "struct", "trait", "type", "namespace", "function", "method", "constructor", "macro",
     "constant", "variable", "module"}
)  # fmt: skip
MEMBERS = frozenset({"field", "property"})  # of which a plain word would name too many
_NAME = re.compile(r"\w_\w|\w(?:\.|::|->|#)\w|[a-z0-9][A-Z]")
_NEAR = 4
_MOST_DEFINITIONS = 60


@dataclass(frozen=True, slots=True)
class Target:
    """`files` are what it consists of; `definition` is that of a symbol, `shared` how many others have its name."""

    sort: Literal["file", "folder", "symbol"]
    name: str
    files: tuple[str, ...]
    definition: Definition | None = None
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """`near` are names that the workspace does have."""

    name: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """`among` are places of the code that all are called so."""

    name: str
    among: tuple[str, ...]


class Names:
    """The names of one workspace's files and folders, made once for one state of it."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = tuple(files)
        self._known = frozenset(files)

    @cached_property
    def folders(self) -> dict[str, list[str]]:
        """Files at any depth, by folder."""
        found: dict[str, list[str]] = {}
        for path in self.files:
            folder = path.rpartition("/")[0]
            while folder:
                found.setdefault(folder, []).append(path)
                folder = folder.rpartition("/")[0]
        return found

    @cached_property
    def _by_last(self) -> dict[str, list[str]]:
        """Files and folders by what they end in: `router` gives src/router.py, `router.py` as well."""
        found: dict[str, list[str]] = {}
        for path in (*self.files, *self.folders):
            last = path.rpartition("/")[2]
            stem = last.partition(".")[0] if path in self._known else last
            for key in {last.lower(), squeezed(stem)}:
                found.setdefault(key, []).append(path)
        return found

    def place(self, words: str) -> Target | None:
        """The file or folder that a path, a dotted module or a plain name means; the outermost code among several."""
        path = words.strip().replace("\\", "/").removeprefix("./").strip("/")
        if not path:
            return None
        if path in self._known or path in self.folders:
            return self._target(path)
        segments = [part for part in re.split(r"/|::", path) if part not in ("crate", "self", "super", ".", "..")]
        dotted = [piece for part in segments for piece in part.split(".") if piece]
        for wanted in (segments, dotted):
            found = self._ending(wanted)
            if found:
                return self._target(found)
        return None

    def called(self, word: str) -> list[str]:
        """Files and folders of code by a plain noun, and folders by its plural; no tests, examples and the like."""
        exact = self._by_last.get(squeezed(word), ())
        several = [path for path in self._by_last.get(squeezed(f"{word}s"), ()) if path in self.folders]
        found = dict.fromkeys(path for path in (*exact, *several) if not is_side(path))
        return [path for path in found if any(is_code(file) for file in self.folders.get(path, (path,)))]

    def _ending(self, wanted: Sequence[str]) -> str:
        if not wanted:
            return ""
        last = wanted[-1]
        candidates = [*self._by_last.get(last.lower(), ()), *self._by_last.get(squeezed(last), ())]
        fitting = [path for path in dict.fromkeys(candidates) if self._fits(path, wanted)]
        return min(fitting, key=self._order, default="")

    def _fits(self, path: str, wanted: Sequence[str]) -> bool:
        before = [part.lower() for part in path.split("/")[:-1]]
        asked = [part.lower() for part in wanted[:-1]]
        return not asked or before[-len(asked) :] == asked

    def _order(self, path: str) -> tuple[bool, int, bool, str]:
        """Code before tests and data, the outer before the inner, and a folder before the file beside it."""
        of_file = path in self._known
        return is_side(path) or (of_file and not is_code(path)), path.count("/"), of_file, path

    def _target(self, path: str) -> Target:
        if path in self._known:
            folder, _, last = path.rpartition("/")
            if folder and last.partition(".")[0] == "__init__":
                return Target("folder", folder, tuple(self.folders[folder]))
            return Target("file", path, (path,))
        return Target("folder", path, tuple(self.folders[path]))

    def near(self, words: str) -> list[str]:
        plain = squeezed(words.rpartition("/")[2].partition(".")[0] or words)
        keys = [key for key in self._by_last if "." not in key]
        close = get_close_matches(plain, keys, _NEAR, 0.7) if plain else []
        return [min(self._by_last[key], key=self._order) for key in close]


def resolve(words: str, names: Names, reader: Reader, *, modules: bool = False) -> Target | Unknown:
    """`modules`: the question speaks of files or packages."""
    plain = _plain(words)
    code = identifiers(words)
    symbol_first = bool(_SYMBOL_SAID.search(words) or (_CODE.search(plain) and not _looks_like_path(plain)))
    if _PLACE_SAID.search(words) or (modules and not _SYMBOL_SAID.search(words) and not symbol_first):
        symbol_first = False
    for spelled in dict.fromkeys((plain, *code, *_spellings(plain))):
        members = spelled in (plain, *code) and _NAME.search(spelled) is not None
        ways = [_symbol(spelled, reader, members=members), names.place(spelled)]
        found = next((each for each in (ways if symbol_first else ways[::-1]) if each is not None), None)
        if found is not None:
            return found
    return Unknown(plain, tuple(_near(plain, names, reader)))


def resolve_noun(words: str, names: Names, reader: Reader) -> Target | Unknown | Unclear | None:
    """What "the model" is, that somebody writes who thinks of a part and not of a file: it stands for a file only where
    one alone is called so, for a folder where that lies above all others. None for what is written as a name is."""
    plain = _plain(words)
    said = _PLACE_SAID.search(words) or _SYMBOL_SAID.search(words) or "`" in words or identifiers(words)
    if said or not re.fullmatch(r"[a-z]+(?:[ -][a-z]+){0,3}", plain):
        return None
    for spelled in dict.fromkeys((plain, *_spellings(plain))):
        found = sorted(names.called(spelled), key=lambda path: (path.count("/"), path))
        if len(found) == 1 or (found and _stands_above(found, names)):
            return names.place(found[0])
        if found:
            return Unclear(plain, tuple(found))
    symbols = (_symbol(spelled, reader) for spelled in dict.fromkeys((plain, *_spellings(plain))))
    known = next((each for each in symbols if each is not None and not is_side(each.files[0])), None)
    return known or Unknown(plain, tuple(_near(plain, names, reader)))


def _stands_above(found: Sequence[str], names: Names) -> bool:
    """Whether the outermost is a folder, and all others lie deeper."""
    first, *others = found
    return first in names.folders and all(path.count("/") > first.count("/") for path in others)


def _plain(words: str) -> str:
    quoted = re.search(r"`([^`]+)`", words)
    if quoted:
        return quoted[1].strip().removesuffix("()")
    plain, before = words.strip(), ""
    while plain != before:
        before = plain
        plain = _KIND.sub("", _ARTICLES.sub("", plain)).strip()
    return plain.removesuffix("()") or words.strip()


def _looks_like_path(words: str) -> bool:
    return "/" in words or "\\" in words or re.search(r"\.[a-z]{1,4}$", words) is not None


def _spellings(words: str) -> Iterable[str]:
    """ "response cache" may be response_cache or ResponseCache; "a cache's entries" is not tried."""
    parts = words.split()
    if 1 < len(parts) <= 4 and all(re.fullmatch(r"[\w-]+", part) for part in parts):
        yield "_".join(parts).lower()
        yield "".join(part[:1].upper() + part[1:] for part in parts)


def _symbol(name: str, reader: Reader, *, members: bool = False) -> Target | None:
    """`members`: it is written as a name, so that it may be that of a field, too."""
    wanted = re.sub(r"::|->|#", ".", name).strip(".")
    if not re.fullmatch(r"[^\W\d][\w.$?!]*", wanted):
        return None
    kinds = _KINDS | MEMBERS if members else _KINDS
    found = reader.definitions(wanted, limit=_MOST_DEFINITIONS)
    if wanted.islower() and all(item.kind not in kinds or is_side(item.path) for item in found):
        found = [*found, *(item for item in reader.symbols(wanted, 10) if item.name.lower() == wanted)]
    fitting = [item for item in found if item.kind in kinds]
    if not fitting:
        return None
    best = min(fitting, key=_rank)
    owners = {(item.path, item.qualified) for item in fitting if not is_side(item.path)}
    return Target("symbol", best.qualified, (best.path,), best, max(0, len(owners) - 1))


def _rank(item: Definition) -> tuple[bool, bool, int, str, int]:
    """Code before tests, top-level before members; the longest stands for overloads and declarations."""
    return is_side(item.path), bool(item.container), -(item.end_line - item.start_line), item.path, item.start_line


def _near(words: str, names: Names, reader: Reader) -> list[str]:
    last = re.split(r"[\s./:]+", words.strip())[-1]
    symbols = [item.qualified for item in reader.symbols(last, 20) if item.kind in _KINDS and not is_side(item.path)]
    found = [*names.near(words), *names.near(last), *symbols[:_NEAR]]
    return [name for name in sorted(dict.fromkeys(found), key=is_side) if not is_prose(name)][:_NEAR]
