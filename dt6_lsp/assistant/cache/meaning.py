"""What a question asks, so that two ways to ask the same thing come out as the same.

Other words for a turn of phrase are replaced by rules (`wording.toml`); then each clause is put in one order: who does
it, the verb, to what, and the rest by preposition. Passive becomes active ("is parsed by X"), "the limit of retries"
the "retry limit"; auxiliaries, articles and who asks are left out. A word that no rule knows stays as it stands and
where it stands: it costs a hit at worst.
Not here: whether two meanings are the same (`identity`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from dt6_lsp.assistant.cache.clauses import Clauses
from dt6_lsp.assistant.cache.lexicon import Lexicon
from dt6_lsp.assistant.cache.lexicon import load as load_lexicon
from dt6_lsp.assistant.cache.words import Word, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = re.compile(r"§(\d+)")
_KIND_OF_THING = (
    r"function|method|class|struct|trait|interface|enum|constant|decorator|flag|option|file|module|package|command"
    r"|variable|macro|setting|table"
)
_LABELS = (
    re.compile(rf"\b(?P<label>{_KIND_OF_THING}) (?P<name>§\d+)(?! (?:{_KIND_OF_THING})\b)"),
    re.compile(rf"(?P<name>§\d+) (?P<label>{_KIND_OF_THING})\b"),
)
_LONGEST = 2_000  # characters of a question that are understood; a longer one (a pasted log) is like no other


@dataclass(frozen=True, slots=True)
class Meaning:
    """`parts` are all that is asked, in one order; equal parts ask the same. `labels` say what a name was called
    ("class", "file") where that was said. `names` are the parts that are names, numbers and versions included.
    `points`: it points at something that it does not name ("this function", "it")."""

    parts: tuple[str, ...]
    names: tuple[str, ...]
    labels: frozenset[tuple[str, str]]

    points: bool = False


class Meanings:
    """Reads questions. Holds the lexicon and the rules; safe to share between threads."""

    def __init__(self) -> None:
        self._lexicon: Lexicon = load_lexicon()
        self._clauses = Clauses(self._lexicon)
        text = (resources.files("dt6_lsp.assistant.cache") / "wording.toml").read_text(encoding="utf-8")
        self._rules = [
            (re.compile(pattern), replacement)
            for section in tomllib.loads(text).values()
            for pattern, replacement in section["rules"]
        ]

    def of(self, question: str) -> Meaning:
        words = cut(question[:_LONGEST], self._lexicon)
        names = [word.text for word in words if word.name]
        text, labels = _labelled(self._reworded(_line(words)), names)
        parts = tuple(_NAME.sub(lambda match: names[int(match[1])], part) for part in self._clauses.ordered(text))
        if len(question) > _LONGEST:
            parts = (*parts, question)
        return Meaning(parts, tuple(sorted(names)), labels, any(word.text in self._lexicon.pointing for word in words))

    def _reworded(self, text: str) -> str:
        for pattern, replacement in self._rules:
            text = " ".join(pattern.sub(replacement, text).split())
        return text


def _line(words: Sequence[Word]) -> str:
    """The words with one blank between them, names as §0, §1 ..., no comma at either end."""
    parts: list[str] = []
    number = 0
    for word in words:
        if word.name:
            parts.append(f"§{number}")
            number += 1
        elif word.text != "," or (parts and parts[-1] != ","):
            parts.append(word.text)
    while parts and parts[-1] == ",":
        parts.pop()
    return " ".join(parts)


def _labelled(text: str, names: Sequence[str]) -> tuple[str, frozenset[tuple[str, str]]]:
    """ "The Foo class" is Foo, of which it was said that it is a class."""
    labels: set[tuple[str, str]] = set()

    def taken(match: re.Match[str]) -> str:
        name = names[int(match["name"][1:])]
        if not re.search("[A-Za-z]", name):
            return match[0]
        labels.add((name, match["label"]))
        return match["name"]

    for pattern in _LABELS:
        text = pattern.sub(taken, text)
    return text, frozenset(labels)
