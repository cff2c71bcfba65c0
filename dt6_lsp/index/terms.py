"""From code or a question to the terms that lexical search compares: whole identifiers and their parts, stemmed.

`HttpServer.parse_headers` gives `httpserver http server parse_headers pars header`: who knows the exact name finds
it, and so does who only knows the words. Not here: scoring (FTS5 does that), stop words (BM25 makes them cheap).
"""

from __future__ import annotations

import re
import threading

import Stemmer

from dt6_lsp.text import word_runs

_PART = re.compile(r"[A-Z]+(?![^\W\dA-Z_])|[A-Z]?[^\W\dA-Z_]+|\d+")  # letters of other scripts have no case here
_LONGEST = 64  # longer words are hashes, encoded data or a whole line of digits
_REMEMBERED = 50_000
VERSION = f"1, stemmer {Stemmer.version()}"
"""Texts give the same terms for as long as this is the same."""


class Terms:
    """Thread-safe; remembers the words that it has seen, because code repeats itself."""

    def __init__(self) -> None:
        self._known = _Known()
        self._names: dict[str, frozenset[str]] = {}

    def of(self, text: str) -> list[str]:
        """The terms of `text`, in order, as often as they occur."""
        return self.joined(text).split()

    def of_name(self, name: str) -> frozenset[str]:
        """The terms of a symbol's name, which is remembered as a whole."""
        terms = self._names.get(name)
        if terms is None:
            if len(self._names) >= _REMEMBERED:
                self._names = {}
            terms = self._names[name] = frozenset(self.of(name))
        return terms

    def joined(self, text: str) -> str:
        """As `of`, with white space between them."""
        if len(self._known) > _REMEMBERED:
            self._known = _Known()
        return " ".join(map(self._known.__getitem__, word_runs(text)))


class _Known(dict[str, str]):
    """The terms of each word, joined; a word not met before is split when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._stemmer = Stemmer.Stemmer("english", 0)  # not thread-safe; a cache of its own costs more than it saves

    def __missing__(self, word: str) -> str:
        with self._lock:
            terms = self[word] = self._split(word)
        return terms

    def _split(self, word: str) -> str:
        if len(word) > _LONGEST:
            return ""
        parts = [part.lower() for part in _PART.findall(word)]
        stems = self._stemmer.stemWords(parts)
        return " ".join(stems if len(parts) < 2 else (word.lower(), *stems))


def humps(name: str) -> str:
    """The first letters of a name's parts: "gun" for getUserName and get_user_name alike."""
    return "".join(part[0] for part in _PART.findall(name)).lower()
