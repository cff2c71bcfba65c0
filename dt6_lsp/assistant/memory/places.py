"""What an answer rested on: the names that it is about and the lines that it cites, and whether those are as they were.

Not here: citations in the text of an answer (`citations`).
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from dt6_lsp.assistant.memory.model import Cited
from dt6_lsp.assistant.mentions import identifiers
from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dt6_lsp.assistant.events import Citation
    from dt6_lsp.index.model import Definition, Hit, Reader

_NAMES = 6
MOST_CITED = 12  # of one answer
_FILES = 8  # that are looked at for one question; citations of further ones count as changed
_PLAIN = re.compile(r"[\w.$?!]{1,80}")  # a test may be named by a sentence; it would become a part of a question
_NO_NAME = frozenset({"section", "text", "key", "rule"})  # of prose and data: nobody calls them


def known_names(question: str, citations: Sequence[Citation], reader: Reader) -> tuple[str, ...]:
    """Definitions that a turn is about: those that the question names, then those that the answer cites. None
    where the index fails now: the answer is there and must not fall over this."""
    try:
        asked = [name for name in identifiers(question) if _defined(name, reader)]
        return tuple(dict.fromkeys((*asked, *_cited_names(citations, reader))))[:_NAMES]
    except Dt6Error:
        return ()


def cited(citations: Sequence[Citation], reader: Reader) -> tuple[Cited, ...]:
    """With marks by which it can be told later whether they still say the same."""
    places = Places(reader)
    return tuple(Cited(each.path, each.start_line, each.end_line, places.mark(each)) for each in citations[:MOST_CITED])


class Places:
    """Lines of files as the index has them now; each file is read once, and not more than a few are."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._files: dict[str, Sequence[Hit]] = {}

    def mark(self, lines: Citation | Cited) -> str:
        if lines.path not in self._files:
            self._files[lines.path] = self._chunks(lines.path) if len(self._files) < _FILES else ()
        return _mark(lines, self._files[lines.path])

    def current(self, lines: Iterable[Cited]) -> dict[str, list[tuple[int, int]]]:
        """Those that say what they said, as `citations.check` takes them; what was not looked at is not among them."""
        spans: dict[str, list[tuple[int, int]]] = {}
        for each in lines:
            if each.mark and each.mark == self.mark(each):
                spans.setdefault(each.path, []).append((each.start_line, each.end_line))
        return spans

    def _chunks(self, path: str) -> Sequence[Hit]:
        """An index that fails now is told of by whoever answers from it; here its lines only count as changed."""
        try:
            return self._reader.chunks(path)
        except Dt6Error:
            return ()


def _mark(lines: Citation | Cited, chunks: Sequence[Hit]) -> str:
    """Of the text of these lines; "" where the index has none of them."""
    text = blake2b(digest_size=8)
    found = False
    for chunk in chunks:
        if chunk.start_line <= lines.end_line and lines.start_line <= chunk.end_line:
            first = max(0, lines.start_line - chunk.start_line)
            for line in chunk.text.splitlines()[first : lines.end_line - chunk.start_line + 1]:
                text.update(line.encode("utf-8", "surrogatepass") + b"\n")
                found = True
    return text.hexdigest() if found else ""


def _defined(name: str, reader: Reader) -> bool:
    return bool(reader.definitions(name, limit=1) or reader.definitions(name.rsplit(".", 1)[-1], limit=1))


def _cited_names(citations: Sequence[Citation], reader: Reader) -> Iterator[str]:
    outlines: dict[str, Sequence[Definition]] = {}
    for each in citations[:_NAMES]:
        if each.path not in outlines:
            outlines[each.path] = reader.outline(each.path)
        item = _definition_at(each, outlines[each.path])
        if item is not None and _PLAIN.fullmatch(item.qualified):
            yield item.qualified


def _definition_at(place: Citation, outline: Sequence[Definition]) -> Definition | None:
    """The innermost that holds the beginning of the lines, or else the first that begins in them."""
    items = [item for item in outline if item.kind not in _NO_NAME]
    around = [item for item in items if item.start_line <= place.start_line <= item.end_line]
    if around:
        return min(around, key=lambda item: item.end_line - item.start_line)
    within = [item for item in items if place.start_line <= item.start_line <= place.end_line]
    return min(within, key=lambda item: item.start_line, default=None)
