"""Grammars and their compiled queries, loaded when a language is first met and then shared.

A `Language` and a `Query` are immutable and safe to share between threads; parsers and query cursors are not, and are
made anew for each file (2 microseconds).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tree_sitter

from dt6_lsp.syntax.languages import BY_NAME


@dataclass(frozen=True, slots=True)
class Grammar:
    language: tree_sitter.Language
    query: tree_sitter.Query


@cache
def grammar(name: str) -> Grammar:
    """The grammar of a language of the table. Two threads that ask for it first may both build it; either will do."""
    row = BY_NAME[name]
    language = tree_sitter.Language(getattr(importlib.import_module(row.module), row.function)())
    source = files("dt6_lsp.syntax").joinpath("queries", f"{row.query}.scm").read_text("utf-8")
    return Grammar(language, tree_sitter.Query(language, source))
