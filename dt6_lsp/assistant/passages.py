"""Chunks that were found, as passages: joined where they touch, each line once, in an order that helps a model to read.

Models use the beginning and the end of a long context best, and what stands in its middle least ("Lost in the Middle",
Liu et al., 2023). So the best file stands last, next to the question, the second best first, and so on towards the
middle; what the user gave stands after all of them. The passages of a file stay together, in the order of its lines.
Not here: which chunks there is room for (`context`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.assistant.parts import Passage
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.index.model import Hit


def joined(hits: Sequence[Hit], given: Sequence[Passage] = ()) -> list[Passage]:
    """One passage for each run of lines in a file that are not in `given`; files by their best hit, lines in order."""
    by_path: dict[str, dict[int, str]] = {}
    for hit in hits:
        lines = by_path.setdefault(hit.path, {})
        for number, line in _numbered(hit):
            lines.setdefault(number, line)
    for passage in given:
        for number in range(passage.start_line, passage.end_line + 1):
            by_path.get(passage.path, {}).pop(number, None)
    return [passage for path, lines in by_path.items() for passage in _runs(path, lines)]


def _runs(path: str, lines: dict[int, str]) -> Iterable[Passage]:
    numbers = sorted(lines)
    first = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            run = numbers[first : place + 1]
            text = "\n".join(lines[each] for each in run).rstrip("\r\n")
            if text.strip():  # blank lines beside what the user gave say nothing
                yield Passage(path, run[0], number, text)
            first = place + 1


def _numbered(hit: Hit) -> Iterable[tuple[int, str]]:
    """Each line of a chunk with its number; a text with more or fewer lines than it should have loses nothing."""
    span = hit.end_line - hit.start_line + 1
    lines = lines_of(hit.text)
    lines[span - 1 :] = ["\n".join(lines[span - 1 :])]
    return enumerate((*lines, *("" for _ in range(span - len(lines)))), hit.start_line)


def in_reading_order(chunks: Sequence[Passage], given: Sequence[Passage]) -> list[Passage]:
    """The best last, the second best first; then what the user gave, the selection next to the question."""
    files = list(dict.fromkeys(passage.path for passage in chunks))
    order = [*files[1::2], *reversed(files[::2])]
    return [*(passage for path in order for passage in chunks if passage.path == path), *reversed(given)]
