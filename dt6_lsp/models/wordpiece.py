"""Text to token numbers, for the static embedding: words split as programmers write them, then greedy pieces.

`parseHTTPHeader_v2` gives parse, http, header, v, 2. A word that the vocabulary lacks is cut into the longest known
pieces from its left ("listdir" -> list, dir); what is left of it counts for nothing, and so does punctuation.
The same code runs when the vectors are trained and when they are used, so the two can't drift apart.
Not here: stemming and the tokens of lexical search, which belong to the index.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

from dt6_lsp.text import word_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
INTEGER = "i"
_LONGEST_WORD = 40  # characters; longer runs are data (base64, hashes), of which only the start is read
_LONGEST_RUN = 80  # characters; longer ones are hardly met twice
_SHORTEST_PIECE = 2  # a lone letter says nothing about the word that it was cut from
_MEMO_LIMIT = 100_000  # runs; keeps the memory of a server that runs for weeks bounded


def words(text: str) -> list[str]:
    """The words of a text in order, case kept."""
    return _WORD.findall(text)


class WordPieces:
    """Token numbers of texts, over one vocabulary. Safe to share between threads: racing calls store equal entries."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        numbers = {token: number for number, token in enumerate(vocabulary)}
        self._memo = _Memo(numbers)

    def __call__(self, text: str) -> list[int]:
        return array(INTEGER, self.packed(text)).tolist()

    def packed(self, text: str) -> bytes:
        """The same, as the machine's integers one after the other (INTEGER is their typecode)."""
        if len(self._memo) > _MEMO_LIMIT:
            self._memo = _Memo(self._memo.numbers)
        return b"".join(map(self._memo.__getitem__, word_runs(text)))


class _Memo(dict[str, bytes]):
    """Pieces, packed, by run of words as written; one not met before is cut when it is asked for."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self.numbers = numbers
        self._longest = max(map(len, numbers), default=0)

    def __missing__(self, run: str) -> bytes:
        cut: list[int] = []
        for word in words(run):
            lowered = word[:_LONGEST_WORD].lower()
            number = self.numbers.get(lowered)
            cut += self._cut(lowered) if number is None else (number,)
        pieces = array(INTEGER, cut).tobytes()
        if len(run) <= _LONGEST_RUN:
            self[run] = pieces
        return pieces

    def _cut(self, word: str) -> Iterable[int]:
        start = 0
        while start < len(word):
            end = self._end_of_piece(word, start)
            if end > start:
                yield self.numbers[word[start:end]]
            start = max(end, start + 1)

    def _end_of_piece(self, word: str, start: int) -> int:
        """Where the longest known piece that begins at `start` ends; `start` itself when there is none."""
        for end in range(min(len(word), start + self._longest), start + _SHORTEST_PIECE - 1, -1):
            if word[start:end] in self.numbers:
                return end
        return start
