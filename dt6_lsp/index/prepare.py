"""One file, from disk to what the ledger stores of it. Pure and picklable, so that it can run in a worker process.

Not here: which files to prepare (`pipeline`), vectors (they need the model), and the ids of rows (`rows`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from dt6_lsp.syntax.model import Chunk, Import, Symbol
from dt6_lsp.syntax.parser import parse
from dt6_lsp.workspace.documents import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dt6_lsp.index.terms import Terms
    from dt6_lsp.syntax.model import Reference
    from dt6_lsp.workspace.model import Document


class PreparedChunk(NamedTuple):
    chunk: Chunk
    text_hash: bytes
    body_terms: str
    symbol_terms: str


class NameUses(NamedTuple):
    """Of one name in one file. `places` are pairs of line and column, as JSON."""

    name: str
    uses: int
    places: str


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
    references: tuple[NameUses, ...]
    imports: tuple[Import, ...]
    problems: tuple[str, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process as plain tuples: named ones take three times as long."""
        one_by_one = (self.path, self.hash, self.language, self.path_hash, self.path_terms, self.problems)
        chunks = [(*item.chunk, item.text_hash, item.body_terms, item.symbol_terms) for item in self.chunks]
        many = ([(*item,) for item in rows] for rows in (self.symbols, self.references, self.imports))
        return _restored, (one_by_one, chunks, *many)


_Rows = list[tuple[Any, ...]]


def _restored(
    one_by_one: tuple[Any, ...], chunks: _Rows, symbols: _Rows, references: _Rows, imports: _Rows
) -> Prepared:
    path, digest, language, path_hash, path_terms, problems = one_by_one
    return Prepared(
        path=path,
        hash=digest,
        language=language,
        path_hash=path_hash,
        path_terms=path_terms,
        chunks=tuple(PreparedChunk(Chunk(*row[:5]), *row[5:]) for row in chunks),
        symbols=tuple(map(Symbol._make, symbols)),
        references=tuple(map(NameUses._make, references)),
        imports=tuple(map(Import._make, imports)),
        problems=problems,
    )


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
        references=_by_name(parsed.references),
        imports=parsed.imports,
        problems=tuple(f"{path}: {problem}" for problem in parsed.problems),
    )


def hash_of(text: str) -> bytes:
    """What a vector is stored under: 16 bytes of BLAKE2b."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def path_text(path: str) -> str:
    """What of a path is embedded: the last two folders and the file's stem. It is a vector of its own, shared by all
    of a file's chunks, so that moving a file embeds one line and not the file."""
    *folders, name = path.split("/")
    stem, _, suffix = name.rpartition(".")
    return " ".join((*folders[-2:], stem if stem and suffix else name))


def _by_name(references: Iterable[Reference]) -> tuple[NameUses, ...]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, line, column in references:
        places[name].append(f"[{line},{column}]")
    return tuple(NameUses(name, len(found), f"[{','.join(found)}]") for name, found in places.items())


def _prepare_chunk(chunk: Chunk, terms: Terms) -> PreparedChunk:
    return PreparedChunk(
        chunk=chunk,
        text_hash=hash_of(chunk.text),
        body_terms=terms.joined(chunk.text),
        symbol_terms=terms.joined(chunk.symbol),
    )
