"""What a search query asks for: its terms, the names in it, whether it is a name or a sentence, and what part (test,
prose ...) the files play that it asks for.

Not here: finding anything, and how much each of these counts (`ranking`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dt6_lsp.index.path_facts import squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.index.terms import Terms

ASKED_FOR: Mapping[str, frozenset[str]] = {
    "test": frozenset({"test", "spec", "mock", "fixtur", "benchmark"}),
    "example": frozenset({"exampl", "sampl", "demo", "tutori", "benchmark"}),
    "prose": frozenset({"doc", "document", "readm", "changelog", "guid", "tutori", "articl", "manual"}),
    "aside": frozenset({"generat", "vendor", "legaci", "deprec", "compat", "snapshot", "old", "version"}),
    "declares": frozenset({"header", "declar", "stub", "type"}),
    "data": frozenset({"config", "configur", "json", "yaml", "yml", "toml", "css", "html", "sql", "workflow"}),
    "foreign": frozenset({"platform", "window", "win32", "maco", "darwin", "osx", "linux", "bsd", "solari", "aix"}),
}
"""Stems by which a question asks for files that play a part."""

_SMALL_WORDS = frozenset({
    "a", "about", "after", "an", "and", "are", "as", "at", "be", "before", "between", "but", "by", "can", "do",
    "does", "during", "each", "for", "from", "given", "has", "have", "how", "i", "if", "in", "into", "is", "it",
    "its", "no", "not", "of", "on", "one", "or", "other", "own", "so", "than", "that", "the", "their", "them", "then",
    "there", "these", "they", "this", "to", "up", "use", "used", "uses", "using", "via", "was", "were", "what",
    "when", "where", "which", "while", "who", "why", "will", "with", "within", "work", "working", "works",
})  # fmt: skip
_ASKING = frozenset({
    "class", "code", "constant", "declaration", "declared", "define", "defined", "definition", "enum", "find",
    "function", "implementation", "implemented", "interface", "macro", "me", "mean", "means", "method", "module",
    "named", "please", "show", "source", "struct", "trait", "type", "variable",
})  # fmt: skip
_QUOTED = re.compile(r"`([^`\s]+)`")
_PROSE = re.compile(
    r"\b(?:articles?|docs|documentation|guides?|handbook|manual|page|readme|tutorials?)\s+(?:about|for|of|on|to)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#|->|/)[A-Za-z_$][\w$]*)*")
_SEPARATOR = re.compile(r"\.|::|#|->|/")
_CODE = re.compile(r"[a-z0-9][A-Z]|_|[A-Z]{2,}[a-z]|\w(?:\.|::|#|->)\w")
_WORD = re.compile(r"[A-Za-z0-9]+")
_BEGINNING = 3  # letters by which an abbreviation is known: "aut", "auth" of "authentication"

CODE_NAME = 1.0
"""How sure it is that a word of a sentence is the name of something: written as only code is,"""
CAPITAL_NAME = 0.6
"""with a capital where a sentence has none,"""
PLAIN_NAME = 0.3
"""or like any other word."""


@dataclass(frozen=True, slots=True)
class Name:
    """A word that may be the name of a definition. `container` is what stands before it ("Server" of Server.run)."""

    text: str
    container: str
    sureness: float


@dataclass(frozen=True, slots=True)
class Question:
    """`terms` are stems without the small words of a sentence, each once. `compounds` are neighbouring words joined, as
    names of files and identifiers join them. `symbolic`: the query is one name and nothing else, or asks for nothing
    but what one name is ("where is `run` defined?"); then the terms are those of the name. `asks_prose`: it says that
    what is wanted is a text about something."""

    text: str
    terms: tuple[str, ...]
    compounds: tuple[str, ...]
    names: tuple[Name, ...]
    symbolic: bool
    asks_prose: bool
    said: frozenset[str]  # the terms as a set
    beginnings: frozenset[str]  # of the terms, of three letters or more
    squeezed: frozenset[str]  # the names, as names of files are compared

    @classmethod
    def of(cls, text: str, terms: Terms) -> Question:
        asked = _subject(text)
        symbolic = len(asked.split()) == 1
        stems = tuple(dict.fromkeys(terms.of(asked)))
        small = set() if symbolic else set(terms.of(" ".join(_SMALL_WORDS)))
        telling = tuple(stem for stem in stems if stem not in small)
        kept = telling or stems
        names = tuple(_names(asked, symbolic))
        return cls(
            text=text,
            terms=kept,
            compounds=_compounds(asked),
            names=names,
            symbolic=symbolic,
            asks_prose=_PROSE.search(text) is not None,
            said=frozenset(kept),
            beginnings=frozenset(term[:end] for term in kept for end in range(_BEGINNING, len(term))),
            squeezed=frozenset(squeezed(name.text) for name in names),
        )

    def asks_for(self, role: str) -> bool:
        """Whether it seems to ask for files that play this part."""
        return not ASKED_FOR[role].isdisjoint(self.said)


def _subject(text: str) -> str:
    """The one name that a question is about, where all its other words only ask; else the text."""
    words = [word.strip("`'\"?!.,;:()") for word in _QUOTED.sub(" ", text).split()]
    telling = [word for word in words if word and word.lower() not in _SMALL_WORDS | _ASKING]
    telling += _QUOTED.findall(text)
    return telling[0].removesuffix("()") if len(telling) == 1 else text


def _compounds(text: str) -> tuple[str, ...]:
    """ "thread pool" -> threadpool, thread_pool"""
    words = [word.lower() for word in _WORD.findall(text)]
    pairs = [(one, two) for one, two in pairwise(words) if _telling(one) and _telling(two)]
    return tuple(dict.fromkeys(joined for one, two in pairs for joined in (one + two, f"{one}_{two}")))


def _telling(word: str) -> bool:
    return len(word) > 1 and word not in _SMALL_WORDS


def _names(text: str, symbolic: bool) -> list[Name]:
    names = []
    for found in _NAME.finditer(text):
        written = found.group()
        quoted = text[: found.start()].endswith("`")
        sureness = CODE_NAME if symbolic or quoted else _sureness(written, found.start() > 0)
        *around, last = _SEPARATOR.split(written)
        if sureness and (len(last) > 2 or sureness == CODE_NAME):
            names.append(Name(last, around[-1] if around else "", sureness))
    return names


def _sureness(written: str, inside: bool) -> float:
    if _CODE.search(written):
        return CODE_NAME
    if inside and written[0].isupper():
        return CAPITAL_NAME
    return PLAIN_NAME if written.lower() not in _SMALL_WORDS else 0.0
