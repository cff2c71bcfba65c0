"""What an answer rests on, so that it dies with it: the text of the chunks that its citations lie in, where they lie.

A chunk that was changed, moved, renamed or removed is another text at that place, or none. Blocking.
Not here: which places an answer rests on (`serving`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dt6_lsp.assistant.events import Citation
    from dt6_lsp.index.model import Hit, Reader


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines of a file, and the hash of all chunks that they touch."""

    path: str
    start_line: int
    end_line: int
    hash: str


def evidence(
    places: Iterable[Citation | Hit], reader: Reader, seen: Callable[[Hit], bool]
) -> tuple[Evidence, ...] | None:
    """As the index has it now; None where that is not what was `seen` by who answered, or is not there."""
    found = []
    for place in dict.fromkeys(places):
        touched = _touched(place, reader.chunks(place.path))
        if not touched or not all(map(seen, touched)):
            return None
        found.append(Evidence(place.path, place.start_line, place.end_line, _hash(touched)))
    return tuple(found) or None


def standing(kept: Sequence[Evidence], reader: Reader) -> tuple[Hit, ...] | None:
    """The chunks that the answer rests on, in order; None when one of them is not what it was."""
    hits: list[Hit] = []
    chunks = {path: reader.chunks(path) for path in dict.fromkeys(each.path for each in kept)}
    for each in kept:
        touched = _touched(each, chunks[each.path])
        if _hash(touched) != each.hash:
            return None
        hits += touched
    return tuple(dict.fromkeys(hits))


def _touched(place: Citation | Hit | Evidence, chunks: Iterable[Hit]) -> list[Hit]:
    return [chunk for chunk in chunks if chunk.start_line <= place.end_line and place.start_line <= chunk.end_line]


def _hash(chunks: Sequence[Hit]) -> str:
    """Their lines count, too: what moved is not where the answer says that it is."""
    if not chunks:
        return ""
    told = hashlib.sha256()
    for chunk in chunks:
        told.update(f"{chunk.start_line}-{chunk.end_line} {len(chunk.text)}\n{chunk.text}".encode("utf-8", "replace"))
    return told.hexdigest()[:32]
