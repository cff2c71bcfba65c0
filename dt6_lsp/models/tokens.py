"""How many tokens a text has, without asking anybody: what packs a prompt into a model's window.

In order of trust: what the model's own server counted for earlier prompts; a tiktoken vocabulary that already lies on
disk; the number of characters. All but exact counts are rounded up, because a prompt that is too long is cut by some
servers without a word. tiktoken's own loader is never used: it would download, without a time limit.
Not here: the exact count, which only the model's server can give.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHARACTERS_PER_TOKEN = 3.5
RESERVE = 1.3  # for characters alone
CALIBRATED_RESERVE = 1.1  # texts differ from the prompts that were counted
FOREIGN_VOCABULARY_RESERVE = 1.2  # most models have a vocabulary of their own
EXACT_UP_TO = 20_000  # characters; a longer text is estimated, which takes no time

# Smaller samples are mostly the model's own chat template. Ratios beyond these bounds are not those of a tokenizer but
# of a prompt that was cut, or that the server found in its cache and did not count.
LEAST_TOKENS = 100
PLAUSIBLE = (0.5, 6.0)

# Where tiktoken keeps the file of cl100k_base (named by the SHA-1 of its address), and the SHA-256 it must have.
_FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"""
    r"""|\s+(?!\S)|\s"""
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Bytes per token, as one model's server counts."""

    value: float

    def after(self, sample: float) -> Ratio:
        """Believes quickly that a text has more tokens, slowly that it has fewer: the one loses a little room, the
        other the beginning of a prompt."""
        weight = 0.7 if sample < self.value else 0.2
        return replace(self, value=self.value + weight * (sample - self.value))


class TokenCounter:
    """Thread-safe. `vocabulary` counts exactly, if it is there."""

    def __init__(self, vocabulary: Callable[[str], int] | None = None) -> None:
        self._vocabulary = vocabulary
        self._ratios: dict[str, Ratio] = {}
        self._lock = threading.Lock()

    def count(self, text: str, model: str = "") -> int:
        """Tokens, rather too many than too few. `model` is one that `calibrate` was told of; "" is the last one."""
        size = _size(text)
        ratio = self._ratios.get(model)
        if ratio is not None:
            return math.ceil(size / ratio.value * CALIBRATED_RESERVE)
        if self._vocabulary is not None and len(text) <= EXACT_UP_TO:
            return math.ceil(self._vocabulary(text) * FOREIGN_VOCABULARY_RESERVE)
        return math.ceil(size / CHARACTERS_PER_TOKEN * RESERVE)

    def calibrate(self, characters: int, tokens: int, model: str = "") -> None:
        """A server counted `tokens` for a prompt of `characters`."""
        if tokens < LEAST_TOKENS:
            return
        sample = characters / tokens
        if not PLAUSIBLE[0] <= sample <= PLAUSIBLE[1]:
            return
        with self._lock:
            for name in {model, ""}:
                known = self._ratios.get(name)
                self._ratios[name] = known.after(sample) if known else Ratio(sample)

    def use_vocabulary_on_disk(self, folder: Path | None = None) -> threading.Thread:
        """Look for tiktoken's cached vocabulary in the background; until it is there, and if it never is, characters
        are counted. `folder` None: where tiktoken puts it unless TIKTOKEN_CACHE_DIR says otherwise."""
        place = (folder or Path(tempfile.gettempdir()) / "data-gym-cache") / _FILE
        thread = threading.Thread(target=self._load, args=(place,), daemon=True, name="dt6-vocabulary")
        thread.start()
        return thread

    def _load(self, place: Path) -> None:
        vocabulary = load_vocabulary(place)
        if vocabulary is not None:
            self._vocabulary = vocabulary


def load_vocabulary(place: Path, sha256: str = _SHA256) -> Callable[[str], int] | None:
    """A counter from a file of tiktoken's cache; None when the file is not there or not the right one. Takes 0.3 s."""
    try:
        data = place.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != sha256:
        return None
    try:
        ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, data.splitlines())}
    except (ValueError, binascii.Error):
        return None

    import tiktoken

    encoding = tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(encoding.encode_ordinary(text))


def _size(text: str) -> int:
    """Bytes: a letter is one, and what is written without letters has more tokens per character."""
    return len(text.encode("utf-8", "surrogatepass"))
