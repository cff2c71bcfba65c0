"""`parse`: a file's text -> its chunks, symbols, references and imports.

Never raises and always ends: a grammar gets a budget of CPU time that grows with the file, and whatever goes wrong
leaves the file as text chunks with a sentence in `problems`. Not here: reading files, and what is worth parsing.
"""

from __future__ import annotations

import re
import threading
import time

import tree_sitter

from dt6_lsp.syntax.chunks import CHUNKER_VERSION, SIZES, Sizes, chunk
from dt6_lsp.syntax.dialects import parsable
from dt6_lsp.syntax.grammars import Grammar, grammar
from dt6_lsp.syntax.languages import BY_NAME, TEXT, language_of
from dt6_lsp.syntax.limits import refusal, too_broken
from dt6_lsp.syntax.matches import Matches, run_query
from dt6_lsp.syntax.model import ParsedFile, Symbol
from dt6_lsp.syntax.source import Source, source_of, split_lines
from dt6_lsp.syntax.symbols import imports_of, place, references_of, symbols_of

__all__ = ["CHUNKER_VERSION", "UnparsableError", "language_of", "outline", "parse", "tree_of"]

_SECONDS = 1.0
_SECONDS_PER_MEGABYTE = 1.0
_PART_BYTES = 65_536  # of a file, that the parser goes back to
# A header does not say in its name whether it is C or C++.
_CPLUSPLUS = re.compile(
    r"^[ \t]*(?:class\s+\w+[^;={]{0,200}[:{]|namespace\b|template\s*<|(?:public|private|protected)\s*:|using\s+\w+)",
    re.MULTILINE,
)


class UnparsableError(Exception):
    """A sentence that says why the grammar gave nothing."""


def parse(path: str, text: str, sizes: Sizes = SIZES) -> ParsedFile:
    """Never raises. Lines count from 1; texts of chunks join their lines with \\n whatever the file has."""
    language = _language(path, text)
    if language == TEXT:
        return ParsedFile(TEXT, chunks=chunk(split_lines(text), (), sizes))
    try:
        return _parse(language, text, sizes)
    except UnparsableError as problem:
        return ParsedFile(language, chunks=chunk(split_lines(text), (), sizes), problems=(str(problem),))


def outline(path: str, text: str, language: str = TEXT) -> tuple[Symbol, ...]:
    """The symbols alone, in the order of the text; none where the grammar gives none. `language` counts where neither
    the path nor the first line tells one."""
    language = _language(path, text, language)
    if language == TEXT:
        return ()
    try:
        source, matches = _read(language, text)
    except UnparsableError:
        return ()
    return symbols_of(place(matches, source, BY_NAME[language]), matches, source)[0]


def tree_of(path: str, text: str) -> tuple[Source, tree_sitter.Tree]:
    """The text as the grammar sees it, and its tree. `UnparsableError` where there is none."""
    language = _language(path, text)
    if language == TEXT:
        raise UnparsableError("There is no grammar for this file.")
    loaded, source = _grammar(language), _readable(language, text)
    return source, _tree(loaded, parsable(language, source.data))


def _language(path: str, text: str, otherwise: str = TEXT) -> str:
    language = language_of(path, text[:200].partition("\n")[0])
    if language == TEXT:
        return otherwise
    if language == "c" and path.endswith(".h") and _CPLUSPLUS.search(text):
        return "cpp"
    return language


def _read(language: str, text: str) -> tuple[Source, Matches]:
    loaded, source = _grammar(language), _readable(language, text)
    return source, _matches(loaded, parsable(language, source.data))


def _parse(language: str, text: str, sizes: Sizes) -> ParsedFile:
    source, matches = _read(language, text)
    symbols, spans = symbols_of(place(matches, source, BY_NAME[language]), matches, source)
    return ParsedFile(
        language=language,
        chunks=chunk(source.lines, spans, sizes),
        symbols=symbols,
        references=references_of(matches, source),
        imports=imports_of(matches, source),
    )


def _readable(language: str, text: str) -> Source:
    source = source_of(text)
    refused = refusal(language, source.data)
    if refused:
        raise UnparsableError(refused)
    return source


def _grammar(language: str) -> Grammar:
    try:
        return grammar(language)
    except (ImportError, AttributeError, OSError, ValueError) as error:
        raise UnparsableError(
            f"The grammar for {language} can't be loaded ({error}), so the file is read as text."
        ) from error


def _matches(loaded: Grammar, data: bytes) -> Matches:
    tree = _tree(loaded, data)
    root = tree.root_node
    if root.has_error and too_broken(root):
        raise UnparsableError("The file has too many syntax errors for its grammar, so it is read as text.")
    return run_query(loaded, root, data)


class _Reading(threading.local):
    """What the parser reads from, one for each thread. The binding never lets go of an object that it was given to
    read, so it gets the same two for every file. What it goes back to comes in parts; it has done with one when it asks
    for the next."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.part = bytearray()

    def __call__(self, offset: int, _point: object) -> bytearray | bytes:
        if offset == 0:
            return self.buffer
        if offset >= len(self.buffer):
            return b""
        self.part[:] = self.buffer[offset : offset + _PART_BYTES]
        return self.part

    def forget(self) -> None:
        self.buffer.clear()
        self.part.clear()


_READING = _Reading()


def _tree(loaded: Grammar, data: bytes) -> tree_sitter.Tree:
    """Reading through a callable is the only way to have a deadline."""
    deadline = time.thread_time() + _SECONDS + _SECONDS_PER_MEGABYTE * len(data) / 1_000_000

    def late(_offset: int, _has_error: bool) -> bool:
        return time.thread_time() > deadline

    _READING.buffer[:] = data
    try:
        return tree_sitter.Parser(loaded.language).parse(_READING, progress_callback=late)
    except ValueError as error:
        raise UnparsableError("The grammar took too long over this file, so it is read as text.") from error
    finally:
        _READING.forget()
