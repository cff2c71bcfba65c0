"""Which definitions answer a question: those that it names, and those that its hits lie in, by how well they fit.

Every feature is one row of weights or one small function. Not here: how they are shown (`digest`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.mentions import identifiers
from dt6_lsp.assistant.prose import file_doc, is_prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.assistant.relevance import Relevance
    from dt6_lsp.index.model import Definition, Hit, Reader

KIND_WEIGHT = {
    "function": 1.0, "method": 1.0, "constructor": 0.9, "class": 1.0, "interface": 1.0, "struct": 1.0, "trait": 1.0,
    "enum": 0.9, "type": 0.9, "macro": 0.9, "table": 0.9, "namespace": 0.6, "module": 0.6, "rule": 0.7, "test": 0.5,
    "constant": 0.6, "variable": 0.5, "property": 0.5, "field": 0.4, "key": 0.5, "section": 0.3, "text": 0.2,
}  # fmt: skip
HOLDERS = frozenset({"class", "interface", "struct", "trait", "enum", "namespace", "module"})
LEAST_FIT = 0.3  # below it a definition has hardly a word of the question
NAMED = 4.0  # for a definition that the question names
_FIT = {"path": 0.5, "name": 1.0, "doc": 1.0, "signature": 0.4, "body": 0.6}  # what of it bears on the question
_FILE = 0.5  # what the file says of itself does
_HOW = re.compile(r"^\W*(?:and |so )?how\b(?! (?:many|much|long|often|large|big)\b)", re.IGNORECASE)
_SAYS_SO = 0.7  # of the question's weight, in a file's own words
_CARRIES = 3.0  # worth so much more, where those words hold the whole question
_HEAD = 5  # a file's own words begin before this line
_INSIDE = 0.8  # a definition that the hit holds beside the one that it is named for
_SAME_FILE = 0.65  # each further one of a file is worth so much less than the one before
_SIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__|examples?|benchmarks?|docs?|fixtures?)(?:/|$)|[._-](?:test|spec)s?\.|(?:^|/)(?:test_|conftest)"
)
_WANTS_TESTS = re.compile(r"\btests?|spec|fixture|example|benchmark", re.IGNORECASE)
_SIDE_WEIGHT = 0.45


@dataclass(frozen=True, slots=True)
class Candidate:
    """`fit` is comparable within one question; `named` when the question says its name."""

    definition: Definition
    fit: float
    named: bool = False

    @property
    def key(self) -> tuple[str, int, str]:
        return self.definition.path, self.definition.start_line, self.definition.qualified


def choose(question: str, hits: Sequence[Hit], reader: Reader, relevance: Relevance, most: int) -> list[Candidate]:
    """From a `pool`, best first, at most `most`; none far behind the best, none inside another that says it all."""
    pool: dict[tuple[str, int, str], Candidate] = {}
    for candidate in (*_named(question, reader), *_found(question, hits, reader, relevance)):
        known = pool.get(candidate.key)
        if known is None or candidate.fit > known.fit:
            pool[candidate.key] = candidate
    ranked = sorted(_once(pool.values()), key=lambda candidate: (-candidate.fit, candidate.key))
    chosen: list[Candidate] = []
    while len(chosen) < most:
        best = max(ranked, key=lambda candidate: _worth(candidate, chosen), default=None)
        if best is None or _worth(best, chosen) < max(LEAST_FIT, 0.4 * (chosen or [best])[0].fit):
            break
        ranked.remove(best)
        if not any(_nested(best.definition, other.definition) for other in chosen):
            chosen.append(best)
    return chosen


def _worth(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    """Less for a further one of the same file, and for a test beside code."""
    path = candidate.definition.path
    beside = bool(chosen) and is_side(path) and not is_side(chosen[0].definition.path)
    return candidate.fit * _SAME_FILE ** sum(other.definition.path == path for other in chosen) * (0.5 if beside else 1)


def _once(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Declared several times over (overloads, headers): the longest stands for all, with the best fit and first doc."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.definition.path, candidate.definition.qualified), []).append(candidate)
    return [_merged(group) for group in groups.values()]


def _merged(group: list[Candidate]) -> Candidate:
    items = sorted((candidate.definition for candidate in group), key=lambda item: item.start_line)
    longest = max(items, key=lambda item: item.end_line - item.start_line)
    doc = next((item.doc for item in items if item.doc), "")
    best = max(group, key=lambda candidate: candidate.fit)
    return replace(best, definition=replace(longest, doc=doc))


def is_side(path: str) -> bool:
    """Tests, examples and the like: right to show only when nothing better is there or they are asked for."""
    return _SIDE.search(path) is not None


def _named(question: str, reader: Reader) -> list[Candidate]:
    found = []
    for name in identifiers(question):
        definitions = reader.definitions(name) or reader.definitions(name.rsplit(".", 1)[-1])
        found += [Candidate(item, NAMED * _weight(question, item), named=True) for item in definitions[:6]]
    return found


def _found(question: str, hits: Sequence[Hit], reader: Reader, relevance: Relevance) -> list[Candidate]:
    hits = [hit for hit in hits if not is_prose(hit.path)]
    paths = dict.fromkeys(hit.path for hit in hits)
    outlines = {path: reader.outline(path) for path in paths}
    said = {path: relevance.terms(_said_of(path, reader)) for path in paths}
    held = {path: relevance.of_terms(terms) for path, terms in said.items()}
    found = []
    for hit in hits:
        for item in (item for item in outlines[hit.path] if _overlap(item, hit)):
            own = 1.0 if item.qualified == hit.symbol else _INSIDE
            carries = _carries(question, item, held[hit.path])
            fit = _fit(item, hit, relevance, held[hit.path], said[hit.path] if carries > 1 else {})
            found.append(Candidate(item, hit.score * own * carries * _weight(question, item) * fit))
    return found


def _overlap(item: Definition, hit: Hit) -> bool:
    return item.start_line <= hit.end_line and hit.start_line <= item.end_line


def _carries(question: str, item: Definition, said: float) -> float:
    """Asked how something comes about, what a file offers that says of itself to do just that is worth more than a
    helper elsewhere that has the words by chance."""
    offers = not item.container and not item.name.startswith("_")
    if not offers or not _HOW.search(question):
        return 1.0
    return 1.0 + _CARRIES * max(0.0, said - _SAYS_SO) / (1.0 - _SAYS_SO)


def _said_of(path: str, reader: Reader) -> str:
    """What a file says of itself."""
    chunks = reader.chunks(path)
    return file_doc(chunks[0].text) if chunks and chunks[0].start_line < _HEAD else ""


def _fit(item: Definition, hit: Hit, relevance: Relevance, held: float, said: Mapping[str, float]) -> float:
    """`held` is how much of the question the file's own words hold; `said` those of its words that count for the
    definition's own."""
    lines = hit.text.splitlines()
    first = max(0, item.start_line - hit.start_line)
    body = "\n".join(lines[first : item.end_line - hit.start_line + 1])
    texts = {"path": item.path, "name": item.qualified, "doc": item.doc, "signature": item.signature, "body": body}
    terms = relevance.terms("\n".join(texts.values()))  # one word that is everywhere is still one word
    whole = relevance.of_terms({word: max(terms.get(word, 0.0), said.get(word, 0.0)) for word in {*terms, *said}})
    parts = _FILE * held + sum(weight * relevance.coverage(texts[what]) for what, weight in _FIT.items())
    return (0.2 + whole**2) * (0.2 + parts)


def _weight(question: str, item: Definition) -> float:
    side = _SIDE_WEIGHT if is_side(item.path) and not _WANTS_TESTS.search(question) else 1.0
    return KIND_WEIGHT.get(item.kind, 0.5) * side


def _nested(one: Definition, other: Definition) -> bool:
    """One lies in the other; a class and its method may stand together, a function and its inner one not."""
    if one.path != other.path:
        return False
    outer, inner = (
        (one, other) if one.start_line <= other.start_line and one.end_line >= other.end_line else (other, one)
    )
    inside = outer.start_line <= inner.start_line and inner.end_line <= outer.end_line
    return inside and outer.kind not in HOLDERS
