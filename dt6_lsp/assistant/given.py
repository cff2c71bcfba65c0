"""What the user selected or named by an editor's means, as the index has it: what an answer without a model is about.

A question about it ("what is important here?") need not have a word in common with it. Not here: files and lines that
the question itself names (`mentions`, `pointed`), and what of it a model reads (`retrieval`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import KIND_WEIGHT, Candidate
from dt6_lsp.assistant.prose import is_prose
from dt6_lsp.assistant.relevance import ASKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.assistant.parts import Passage
    from dt6_lsp.index.model import Definition, Hit, Reader

_OF_ALL = frozenset(
    "important importance main key interesting essential relevant matter matters purpose point role idea meaning mean "  # noqa: SIM905
    "summary summarise summarize overview describe explanation review comment understand selection selected lines text "
    "part parts thing things snippet document look see know used use doing make makes contain contains".split()
)


def asks_of_all(question: str) -> bool:
    """Whether no word of a question tells one part from another: "explain this", "what is important here?"."""
    return all(word in ASKING or word in _OF_ALL for word in re.findall(r"[^\W\d_]+", question.lower()))


def chunks_of(passages: Iterable[Passage], reader: Reader) -> list[Hit]:
    """The indexed lines of the passages, each once, chunk by chunk; none of a file that the index does not have."""
    found: dict[tuple[str, int], Hit] = {}
    for passage in passages:
        for chunk in reader.chunks(passage.path) if passage.start_line else ():
            if chunk.start_line <= passage.end_line and passage.start_line <= chunk.end_line:
                kept = _cut(chunk, passage)
                found.setdefault((kept.path, kept.start_line), kept)
    return list(found.values())


def _cut(chunk: Hit, passage: Passage) -> Hit:
    first, last = max(chunk.start_line, passage.start_line), min(chunk.end_line, passage.end_line)
    lines = chunk.text.splitlines()[first - chunk.start_line : last - chunk.start_line + 1]
    return replace(chunk, start_line=first, end_line=last, text="\n".join(lines), score=1.0)


def holds(given: Iterable[Hit], item: Definition) -> bool:
    return any(hit.path == item.path and _meet(item, hit) for hit in given)


def definitions_of(given: Sequence[Hit], reader: Reader, most: int) -> list[Candidate]:
    """For a question that tells nothing of them apart: what begins in these lines and lies in nothing else that does,
    functions and types before constants, and what others may use before what is private; else what the lines lie in.
    In the order of the text."""
    found: list[Definition] = []
    for path in dict.fromkeys(hit.path for hit in given if not is_prose(hit.path)):
        found += _of_file([hit for hit in given if hit.path == path], reader.outline(path))
    kept = sorted(found, key=lambda item: (-KIND_WEIGHT.get(item.kind, 0.5), item.name.startswith("_")))[:most]
    return [Candidate(item, KIND_WEIGHT.get(item.kind, 0.5)) for item in found if item in kept]


def _of_file(lines: Sequence[Hit], outline: Sequence[Definition]) -> list[Definition]:
    begun = [item for item in outline if any(hit.start_line <= item.start_line <= hit.end_line for hit in lines)]
    outer = [item for item in begun if not any(_inside(item, other) for other in begun)]
    if outer:
        return outer
    around = [item for item in outline if any(_meet(item, hit) for hit in lines)]
    innermost = min(around, key=lambda item: item.end_line - item.start_line, default=None)
    return [innermost] if innermost is not None else []


def _inside(item: Definition, other: Definition) -> bool:
    return item is not other and other.start_line <= item.start_line and item.end_line <= other.end_line


def _meet(item: Definition, hit: Hit) -> bool:
    return item.start_line <= hit.end_line and hit.start_line <= item.end_line
