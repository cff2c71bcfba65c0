"""One file, from disk to what the ledger stores of it. Pure and picklable, so that it can run in a worker process.

Not here: which files to prepare (`pipeline`), vectors (they need the model), and the ids of rows (`rows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from dt6_lsp.syntax.parser import parse
from dt6_lsp.workspace.documents import read

if TYPE_CHECKING:
    from dt6_lsp.index.terms import Terms
    from dt6_lsp.syntax.model import Chunk, Import, Symbol
    from dt6_lsp.workspace.model import Document


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    chunk: Chunk
    text_hash: bytes
    body_terms: str
    symbol_terms: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything about a file's text. `chunks` is empty for a file without a line that is not blank."""

    path: str
    hash: str
    language: str
    path_hash: bytes
    path_terms: str
    chunks: tuple[PreparedChunk, ...]
    symbols: tuple[Symbol, ...]
    references: tuple[tuple[str, int, int], ...]  # as Reference has them; there are many, and this pickles best
    imports: tuple[Import, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The bytes are those that the ledger knows."""

    path: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The reader's word for why there is no text: "binary", "vanished", "secret" and the like."""

    path: str
    reason: str


def prepare(
    root: Path, path: str, known_hash: str, terms: Terms, *, wanted: bool = False
) -> Prepared | Unchanged | Unreadable:
    """`known_hash` is what the ledger has for `path`; "" makes it parse in any case. `wanted` as in `FileEntry`."""
    document = read(root, path, wanted=wanted)
    if isinstance(document, str):
        return Unreadable(path, document)
    if document.hash == known_hash:
        return Unchanged(path)
    return of_document(document, terms)


def of_document(document: Document, terms: Terms) -> Prepared:
    """Of a text that has been read, from disk or from an editor's buffer."""
    path, parsed = document.path, parse(document.path, document.text)
    return Prepared(
        path=path,
        hash=document.hash,
        language=parsed.language,
        path_hash=hash_of(path_text(path)),
        path_terms=terms.joined(path),
        chunks=tuple(_prepare_chunk(chunk, terms) for chunk in parsed.chunks),
        symbols=parsed.symbols,
        references=tuple((use.name, use.line, use.column) for use in parsed.references),
        imports=parsed.imports,
        problems=tuple(f"{path}: {problem}" for problem in parsed.problems),
    )


def hash_of(text: str) -> bytes:
    """What a vector is stored under: 16 bytes of BLAKE2b."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def path_text(path: str) -> str:
    """What of a path is embedded: the last two folders and the file's stem. It is a vector of its own, shared by all
    of a file's chunks, so that moving a file embeds one line and not the file."""
    pure = PurePosixPath(path)
    return " ".join((*pure.parent.parts[-2:], pure.stem))


def _prepare_chunk(chunk: Chunk, terms: Terms) -> PreparedChunk:
    return PreparedChunk(
        chunk=chunk,
        text_hash=hash_of(chunk.text),
        body_terms=terms.joined(chunk.text),
        symbol_terms=terms.joined(chunk.symbol),
    )
