"""What the vectors are trained on: pairs of a sentence and the code that it is about, mined from parsed source.

Three kinds: a definition's docstring or comment and its body (without that text), a definition's name and its body (at
half the weight), and a file's opening comment and a chunk of that file. Code comes with its path, as in the index.
"""

from __future__ import annotations

import random
import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.index.prepare import path_text
from dt6_lsp.models.wordpiece import words
from dt6_lsp.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dt6_lsp.models.wordpiece import WordPieces
    from dt6_lsp.syntax.model import ParsedFile, Symbol

_QUESTION_SHARE = 0.4  # of the sentences are worded as questions, as people ask them
_QUESTIONS = (
    "how does {} work",
    "how {} works",
    "where is {}",
    "how to {}",
    "how {} is implemented",
    "what does {} do",
)
_NAME_WEIGHT = 0.5
_LONGEST = 256  # tokens of a body that are read
_FEWEST_WORDS = 3
_REPEATS = 2  # how often the same sentence is used
_LEGAL = re.compile(r"copyright|licen[sc]e|warranty|spdx|eslint|@ts-|noqa|generated|todo", re.IGNORECASE)
_END_OF_SUMMARY = re.compile(
    r"\n\s*\n|\n\s*[:@\\]\w+|\n\s*(?:Args|Parameters|Returns|Raises|Examples?|Usage|Note)s?\s*:?\s*\n|```"
)
_OPENING = re.compile(r'\A(?:#!.*\n)?\s*(?:r?"""(.*?)"""|/\*+(.*?)\*/|((?:\s*(?://+!?|#|--+|;+).*\n)+))', re.DOTALL)
_MARKS = re.compile(r"^[\s/*#!;-]+", re.MULTILINE)


@dataclass(slots=True)
class Pairs:
    """Token numbers: of sentence, path and body, each as one run with the offsets at which the texts start."""

    sentences: Bag = field(default_factory=lambda: Bag())
    paths: Bag = field(default_factory=lambda: Bag())
    bodies: Bag = field(default_factory=lambda: Bag())
    weights: array[float] = field(default_factory=lambda: array("f"))

    def add(self, sentence: list[int], path: list[int], body: list[int], weight: float) -> None:
        if sentence and body:
            self.sentences.add(sentence)
            self.paths.add(path)
            self.bodies.add(body)
            self.weights.append(weight)


@dataclass(slots=True)
class Bag:
    numbers: array[int] = field(default_factory=lambda: array("i"))
    starts: array[int] = field(default_factory=lambda: array("l", [0]))

    def add(self, numbers: list[int]) -> None:
        self.numbers.extend(numbers[:_LONGEST])
        self.starts.append(len(self.numbers))


def mine(files: Iterable[tuple[Path, str]], pieces: WordPieces, seed: int) -> Pairs:
    """`files` with the path by which each is to be known."""
    chance, pairs, used = random.Random(seed), Pairs(), dict[str, int]()
    for file, name in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        path = pieces(path_text(name))
        for sentence, body, weight in _of_file(parse(name, text), text, chance):
            used[sentence] = used.get(sentence, 0) + 1
            if used[sentence] <= _REPEATS:
                asked = _as_asked(sentence, chance) if weight == 1 else sentence
                pairs.add(pieces(asked), path, pieces(body), weight)
    return pairs


def _of_file(parsed: ParsedFile, text: str, chance: random.Random) -> Iterator[tuple[str, str, float]]:
    lines = text.split("\n")
    for symbol in parsed.symbols:
        yield from _of_symbol(symbol, lines)
    opening = _summary(_opening(text))
    if opening and len(parsed.chunks) > 1:
        yield opening, chance.choice(parsed.chunks[1:]).text, 1.0


def _of_symbol(symbol: Symbol, lines: list[str]) -> Iterator[tuple[str, str, float]]:
    if symbol.end_line - symbol.start_line < 2 and not symbol.doc:
        return
    documented = {_bare(line) for line in symbol.doc.split("\n")}
    body = "\n".join(
        line
        for line in lines[symbol.start_line - 1 : symbol.end_line]
        if not _bare(line) or _bare(line) not in documented
    )
    summary = _summary(symbol.doc)
    if summary:
        yield summary, body, 1.0
    if symbol.kind in ("function", "method", "class", "struct", "interface", "trait", "enum", "type"):
        yield symbol.name, body, _NAME_WEIGHT


def _summary(doc: str) -> str:
    """The first paragraph, if it says something about the code."""
    text = _END_OF_SUMMARY.split(doc.strip(), maxsplit=1)[0][:300]
    return "" if _LEGAL.search(text) or len(words(text)) < _FEWEST_WORDS else " ".join(text.split())


def _opening(text: str) -> str:
    found = _OPENING.match(text[:4000])
    return _MARKS.sub("", next((group for group in found.groups() if group), "")) if found else ""


def _bare(line: str) -> str:
    return " ".join(words(line)).lower()


def _as_asked(sentence: str, chance: random.Random) -> str:
    if chance.random() >= _QUESTION_SHARE:
        return sentence
    return chance.choice(_QUESTIONS).format(sentence[0].lower() + sentence[1:].rstrip("."))
