"""Grammars and their compiled queries, loaded when a language is first met and then shared.

A `Language` and a `Query` are immutable and safe to share between threads; parsers and query cursors are not, and are
made anew for each file (2 microseconds).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import tree_sitter

from dt6_lsp.syntax.languages import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Condition:
    """That a capture's text is one of some words, or begins with one of some beginnings; or that it is not."""

    capture: str
    words: frozenset[bytes]
    beginnings: tuple[bytes, ...]
    wanted: bool

    def holds(self, text: bytes) -> bool:
        return (text in self.words or text.startswith(self.beginnings)) is self.wanted


@dataclass(frozen=True, slots=True)
class Grammar:
    language: tree_sitter.Language
    query: tree_sitter.Query
    conditions: Mapping[int, tuple[Condition, ...]]  # by number of the pattern


@cache
def grammar(name: str) -> Grammar:
    """The grammar of a language of the table. Two threads that ask for it first may both build it; either will do."""
    row = BY_NAME[name]
    language = tree_sitter.Language(getattr(importlib.import_module(row.module), row.function)())
    folder = files("dt6_lsp.syntax").joinpath("queries")
    source = "\n".join(folder.joinpath(f"{part}.scm").read_text("utf-8") for part in row.query.split())
    query = tree_sitter.Query(language, source)
    conditions = {number: _conditions(query, number) for number in range(query.pattern_count)}
    return Grammar(language, query, {number: found for number, found in conditions.items() if found})


def _conditions(query: tree_sitter.Query, pattern: int) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            capture=capture,
            words=frozenset(word.encode() for word in (words or "").split() if not word.endswith("*")),
            beginnings=tuple(word[:-1].encode() for word in (words or "").split() if word.endswith("*")),
            wanted=wanted,
        )
        for capture, (words, wanted) in query.pattern_assertions(pattern).items()
    )
