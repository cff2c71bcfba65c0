"""How many tokens one model makes of a text, told from the kinds of characters in it, and learned from its server.

A vocabulary is not at hand, but what it does to words, digits and marks is much the same throughout a text: the number
of tokens is nearly a weighted sum of a few counts. The weights begin as those of common vocabularies and are corrected
by every count that a server reports: recursive least squares (Plackett, 1950), which also says how sure each weight is.
So a model that has only counted code is not believed about Chinese.
Not here: which model, and what is done with the number (`tokens`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Weight(NamedTuple):
    """Tokens for each of a kind, and how much that differs from one vocabulary to another (a standard deviation)."""

    kind: str
    tokens: float
    spread: float


PRIOR = (
    Weight("runs of letters and digits", 0.60, 0.12),
    Weight("letters", 0.16, 0.04),
    Weight("digits", 0.50, 0.20),
    Weight("marks", 0.85, 0.15),
    Weight("lines", 0.60, 0.30),
    Weight("letters of two bytes", 0.50, 0.20),  # Latin with accents, Greek, Cyrillic, Hebrew, Arabic
    Weight("letters of three bytes", 0.80, 0.40),  # Chinese, Japanese, Korean, Indic scripts
    Weight("symbols", 1.10, 0.40),  # beyond ASCII: arrows, boxes, emoji, wide marks
    Weight("messages", 6.0, 3.0),  # what a chat template puts around each
)
SURE = 2.5  # standard deviations: one text in 150 has more tokens than `most` says, if spreads are what they seem
STEP = 4.0  # standard deviations that one count may lower what is expected
NOISE = 0.015  # of a prompt's tokens that no weighted sum explains
DRIFT = 0.002  # of its first uncertainty comes back to a weight with every count: servers change, and so do texts
PLAUSIBLE = (0.25, 3.0)  # times what is expected; a prompt that was cut, or found in a cache, was not counted whole

_WORD = bytes(code for code in range(128) if chr(code).isalnum() or code == 95)
_DIGIT = b"0123456789"
_BEYOND = bytes(range(128, 256))
_RUNS = bytes(code if code in _WORD else 32 for code in range(256))
_NO_MARKS = _WORD + _BEYOND + bytes(range(33)) + b"\x7f"
_NOT_DIGITS = bytes(code for code in range(256) if code not in _DIGIT)
_NOT_WORDS = bytes(code for code in range(256) if code not in _WORD)
# A character's first byte in UTF-8 nearly tells its script: U+0080, U+2000 and U+F000 on are mostly symbols.
_NOT_TWO = bytes(code for code in range(256) if not 0xC3 <= code <= 0xDF)
_NOT_THREE = bytes(code for code in range(256) if not 0xE0 <= code <= 0xEE or code == 0xE2)
_NOT_SYMBOLS = bytes(code for code in range(256) if code not in (0xC2, 0xE2, *range(0xEF, 0xF5)))

Sizes = tuple[float, ...]
Square = tuple[tuple[float, ...], ...]
FIRST: Square = tuple(tuple(weight.spread**2 if other is weight else 0.0 for other in PRIOR) for weight in PRIOR)


def sizes(text: str) -> Sizes:
    """How many a text has of each kind; of messages none."""
    data = text.encode("utf-8", "surrogatepass")
    digits = len(data.translate(None, _NOT_DIGITS))
    letters = len(data.translate(None, _NOT_WORDS)) - digits
    runs = len(data.translate(_RUNS).split())
    marks = len(data.translate(None, _NO_MARKS))
    beyond = (0, 0, 0)
    if not text.isascii():
        beyond = (
            len(data.translate(None, _NOT_TWO)),
            len(data.translate(None, _NOT_THREE)),
            len(data.translate(None, _NOT_SYMBOLS)),
        )
    return runs, letters, digits, marks, data.count(b"\n"), *beyond, 0


def of_messages(texts: Iterable[str]) -> Sizes:
    """Of a prompt that is made of these messages."""
    each = [sizes(text) for text in texts]
    return *(sum(kind) for kind in list(zip(*each, strict=True))[:-1]), len(each)


@dataclass(frozen=True, slots=True)
class Fit:
    """`weights` as in PRIOR; `covariance` is how sure they are; `counted` prompts have been learned from."""

    weights: tuple[float, ...] = tuple(weight.tokens for weight in PRIOR)
    covariance: Square = FIRST
    counted: int = 0

    def likely(self, have: Sizes) -> float:
        return sum(weight * size for weight, size in zip(self.weights, have, strict=True) if size and weight > 0)

    def most(self, have: Sizes) -> float:
        """What is hardly ever passed. Over several pieces it adds up to more than it is for the whole of them."""
        kinds = [number for number, size in enumerate(have) if size]
        spread = sum(have[one] * have[two] * self.covariance[one][two] for one in kinds for two in kinds)
        likely = self.likely(have)
        return likely + SURE * math.sqrt(max(0.0, spread)) + NOISE * likely

    def after(self, have: Sizes, tokens: int) -> Fit:
        """Learned from a prompt that a server counted. Many more tokens than were expected are believed at once: a
        prompt that is too long loses its beginning. Far fewer are believed in steps."""
        expected = self.likely(have)
        if not PLAUSIBLE[0] * expected <= tokens <= PLAUSIBLE[1] * expected:
            return self
        covariance = self.covariance if tokens <= self.most(have) else FIRST  # who is surprised begins to learn anew
        pull = [_dot(row, have) for row in covariance]
        spread = _dot(pull, have) + (NOISE * tokens) ** 2 + 1.0
        off = max(tokens - _dot(self.weights, have), -STEP * math.sqrt(spread))
        return replace(
            self,
            weights=tuple(weight + each * off / spread for weight, each in zip(self.weights, pull, strict=True)),
            covariance=_narrowed(covariance, pull, spread),
            counted=self.counted + 1,
        )


def _narrowed(covariance: Square, pull: Sequence[float], spread: float) -> Square:
    rows = [
        [value - one * two / spread for value, two in zip(row, pull, strict=True)]
        for row, one in zip(covariance, pull, strict=True)
    ]
    for number, weight in enumerate(PRIOR):
        first = weight.spread**2
        rows[number][number] = min(first, rows[number][number] + DRIFT * first)
    return tuple(map(tuple, rows))


def _dot(one: Sequence[float], two: Sequence[float]) -> float:
    return sum(value * other for value, other in zip(one, two, strict=True))
