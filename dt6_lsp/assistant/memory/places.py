"""What an answer rested on: the names that it is about and the lines that it cites, and whether those are as they were.

Not here: citations in the text of an answer (`citations`).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from dt6_lsp.assistant.memory.model import Cited
from dt6_lsp.assistant.mentions import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dt6_lsp.assistant.events import Citation
    from dt6_lsp.assistant.memory.model import Remembered
    from dt6_lsp.index.model import Definition, Hit, Reader

_NAMES = 6
_CITED = 12  # of one answer
_FILES = 16  # that are looked at for one question; citations of further ones count as changed
_NO_NAME = frozenset({"section", "text", "key", "rule"})  # of prose and data: nobody calls them


def known_names(question: str, citations: Sequence[Citation], reader: Reader) -> tuple[str, ...]:
    """Definitions that a turn is about: those that the question names, then those that the answer cites."""
    asked = [name for name in identifiers(question) if _defined(name, reader)]
    return tuple(dict.fromkeys((*asked, *_cited_names(citations, reader))))[:_NAMES]


def cited(citations: Sequence[Citation], reader: Reader) -> tuple[Cited, ...]:
    """With marks by which it can be told later whether they still say the same."""
    files: dict[str, Sequence[Hit]] = {}
    return tuple(
        Cited(each.path, each.start_line, each.end_line, _mark(each, _chunks(each.path, reader, files)))
        for each in citations[:_CITED]
    )


def current(turns: Iterable[Remembered], reader: Reader) -> dict[int, dict[str, list[tuple[int, int]]]]:
    """By turn, the lines that its answer may still name, as `citations.check` takes them."""
    files: dict[str, Sequence[Hit]] = {}
    result: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for turn in turns:
        spans = result.setdefault(turn.id, {})
        for each in turn.cited:
            if (each.path in files or len(files) < _FILES) and each.mark == _mark(
                each, _chunks(each.path, reader, files)
            ):
                spans.setdefault(each.path, []).append((each.start_line, each.end_line))
    return result


def _chunks(path: str, reader: Reader, files: dict[str, Sequence[Hit]]) -> Sequence[Hit]:
    if path not in files:
        files[path] = reader.chunks(path)
    return files[path]


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
        if item := _definition_at(each, outlines[each.path]):
            yield item.qualified


def _definition_at(place: Citation, outline: Sequence[Definition]) -> Definition | None:
    """The innermost that holds the beginning of the lines, or else the first that begins in them."""
    items = [item for item in outline if item.kind not in _NO_NAME]
    around = [item for item in items if item.start_line <= place.start_line <= item.end_line]
    if around:
        return min(around, key=lambda item: item.end_line - item.start_line)
    within = [item for item in items if place.start_line <= item.start_line <= place.end_line]
    return min(within, key=lambda item: item.start_line, default=None)
