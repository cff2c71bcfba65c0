"""How many tokens a text has, without asking anybody: what packs a prompt into a model's window.

In order of trust: what the model's own server counted for earlier prompts; a tiktoken vocabulary that already lies on
disk; the kinds of characters. What packs is told rather too many than too few, because a prompt that is too long is cut
by some servers without a word; what a person reads is told as it most likely is. tiktoken's own loader is never used:
it would download, without a time limit.
Not here: the exact count, which only the model's server can give, and how counts are learned from (`token_fit`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dt6_lsp.models.token_fit import Fit, of_messages, sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOREIGN_VOCABULARY_RESERVE = 1.2  # most models have a vocabulary of their own
EXACT_UP_TO = 20_000  # characters; a longer text is estimated, which takes no time
LEAST_TOKENS = 100  # smaller prompts are mostly the model's own chat template

# Where tiktoken keeps the file of cl100k_base (named by the SHA-1 of its address), and the SHA-256 it must have.
_FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"""
    r"""|\s+(?!\S)|\s"""
)


class Kept(Protocol):
    """Where fits outlive the process. Both calls may block for a moment, and never raise."""

    def load(self, model: str) -> Fit | None: ...

    def save(self, model: str, fit: Fit) -> None: ...


class TokenCounter:
    """Thread-safe. `vocabulary` counts exactly, if it is there."""

    def __init__(self, vocabulary: Callable[[str], int] | None = None, kept: Kept | None = None) -> None:
        self._vocabulary = vocabulary
        self._kept = kept
        self._fits: dict[str, Fit] = {}
        self._lock = threading.Lock()

    def count(self, text: str, model: str = "") -> int:
        """Tokens, rather too many than too few. `model` is one that `calibrate` was told of; "" is the last one."""
        fit = self._fit(model)
        if not fit.counted and self._vocabulary is not None and len(text) <= EXACT_UP_TO:
            return math.ceil(self._vocabulary(text) * FOREIGN_VOCABULARY_RESERVE)
        return math.ceil(fit.most(sizes(text)))

    def estimate(self, messages: Sequence[str], model: str = "") -> int:
        """Tokens that a server will most likely report for a prompt of these messages."""
        return round(self._fit(model).likely(of_messages(messages)))

    def calibrate(self, messages: Sequence[str], tokens: int, model: str = "") -> None:
        """A server counted `tokens` for a prompt of these messages."""
        if tokens < LEAST_TOKENS or not messages:
            return
        have = of_messages(messages)
        self._fit(model)
        with self._lock:
            for name in {model, ""}:
                self._fits[name] = self._fits.get(name, Fit()).after(have, tokens)
            learned = self._fits[model]
        if self._kept is not None and model:
            self._kept.save(model, learned)

    def _fit(self, model: str) -> Fit:
        """What is known of a model; what was kept of it is read once."""
        fit = self._fits.get(model)
        if fit is None:
            kept = self._kept.load(model) if self._kept is not None and model else None
            with self._lock:
                fit = self._fits.setdefault(model, kept or Fit())
        return fit

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
