"""From code or a question to the terms that lexical search compares: whole identifiers and their parts, stemmed.

`HttpServer.parse_headers` gives `httpserver http server parse_headers pars header`: who knows the exact name finds
it, and so does who only knows the words. Not here: scoring (FTS5 does that), stop words (BM25 makes them cheap).
"""

from __future__ import annotations

import re
import threading

import Stemmer

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?![^\W\dA-Z_])|[A-Z]?[^\W\dA-Z_]+|\d+")  # letters of other scripts have no case here
_LONGEST = 64  # longer words are hashes, encoded data or a whole line of digits
_REMEMBERED = 50_000


class Terms:
    """Thread-safe; remembers the words that it has seen, because code repeats itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stemmer = Stemmer.Stemmer("english")
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, text: str) -> list[str]:
        """The terms of `text`, in order, as often as they occur."""
        with self._lock:
            return [term for word in _WORD.findall(text) for term in self._word(word)]

    def _word(self, word: str) -> tuple[str, ...]:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[word] = self._split(word)
        return known

    def _split(self, word: str) -> tuple[str, ...]:
        if len(word) > _LONGEST:
            return ()
        parts = [part.lower() for part in _PART.findall(word)]
        stems = tuple(self._stemmer.stemWords(parts))
        return stems if len(parts) < 2 else (word.lower(), *stems)


def humps(name: str) -> str:
    """The first letters of a name's parts: "gun" for getUserName and get_user_name alike."""
    return "".join(part[0] for part in _PART.findall(name)).lower()
