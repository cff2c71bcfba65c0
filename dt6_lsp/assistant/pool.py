"""The chunks that an answer without a model is chosen from: what search found, and what stands beside it.

Search gives mostly one chunk of a file, and not always the one that answers: the others of the best files are looked
at too. A hit's score here is its share of the first one's worth, 0 to 1, by its rank.
Not here: choosing from it (`candidates`, `lines`, `digest`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.assistant.prose import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.assistant.relevance import Relevance
    from dt6_lsp.index.model import Hit, Reader

_FILES = 16  # the best of them that are neither prose nor tests are looked at as a whole
_MOST_CHUNKS = 200  # of a longer file only what search found
_PER_FILE = 6
_BESIDE = 0.9
_DECAY = 0.04  # a rank less is worth so much less


def pool(hits: Sequence[Hit], reader: Reader, relevance: Relevance) -> list[Hit]:
    """The hits, in order, then their neighbours that speak of the question at least as much as the hit does."""
    ranked = [replace(hit, score=1 / (1 + _DECAY * rank)) for rank, hit in enumerate(hits)]
    first: dict[str, Hit] = {}
    for hit in ranked:
        if not is_prose(hit.path) and not is_side(hit.path):
            first.setdefault(hit.path, hit)
    known = {(hit.path, hit.start_line) for hit in ranked}
    beside = [near for hit in list(first.values())[:_FILES] for near in _neighbours(hit, reader, relevance)]
    return ranked + [near for near in beside if (near.path, near.start_line) not in known]


def heads(hits: Sequence[Hit], reader: Reader) -> dict[str, Hit]:
    """The first chunk of each of the best files of code, by path: there it says what it is for."""
    paths = dict.fromkeys(hit.path for hit in hits if not is_prose(hit.path))
    first = {path: next(iter(reader.chunks(path)), None) for path in list(paths)[:_FILES]}
    known = {(hit.path, hit.start_line) for hit in hits}
    return {path: head for path, head in first.items() if head and (path, head.start_line) not in known}


def _neighbours(hit: Hit, reader: Reader, relevance: Relevance) -> Iterable[Hit]:
    chunks = reader.chunks(hit.path)
    if len(chunks) > _MOST_CHUNKS:
        return []
    least = 0.5 * relevance.coverage(hit.text)
    fits = [(relevance.coverage(f"{chunk.symbol} {chunk.text}"), chunk) for chunk in chunks]
    best = sorted((pair for pair in fits if pair[0] >= least), key=lambda pair: (-pair[0], pair[1].start_line))
    return [replace(chunk, score=hit.score * _BESIDE) for _, chunk in best[:_PER_FILE]]
