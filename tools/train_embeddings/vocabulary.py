"""The tokens of the embedding, chosen by how often real source text uses them, and how often each one occurs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dt6_lsp.models.wordpiece import WordPieces, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEACHER_WORD = re.compile(r"[a-z]+|\d{1,4}")
_OWN_WORD = re.compile(r"[a-z]{3,24}")
_FEWEST_USES = 40  # of a word that the teacher does not know; a rarer one is read in pieces


def count_words(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text))
    lowered: Counter[str] = Counter()
    for word, count in counts.items():
        lowered[word.lower()] += count
    return lowered


def choose(teacher_words: Iterable[str], counts: Mapping[str, int], size: int) -> list[str]:
    """The teacher's words that occur at all and the commonest others, most used first."""
    known = {word for word in teacher_words if _TEACHER_WORD.fullmatch(word)}
    wanted = [word for word in counts if word in known or (counts[word] >= _FEWEST_USES and _OWN_WORD.fullmatch(word))]
    return sorted(wanted, key=lambda word: (-counts[word], word))[:size]


def count_tokens(vocabulary: list[str], counts: Mapping[str, int]) -> list[int]:
    """Uses of each token, in the vocabulary's order, with longer words cut as they will be when texts are encoded."""
    pieces, uses = WordPieces(vocabulary), [0] * len(vocabulary)
    for word, count in counts.items():
        for token in pieces(word):
            uses[token] += count
    return uses
