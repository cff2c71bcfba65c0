"""Workspaces, an embedder and questions for the tests of the index. Everything but the embedder is real."""

from __future__ import annotations

import re
import sqlite3
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dt6_lsp.errors import EmbeddingError
from dt6_lsp.index import seal
from dt6_lsp.index.chroma import Client, Place
from dt6_lsp.index.index import Index
from dt6_lsp.index.rows import meta
from dt6_lsp.index.schema import know_terms
from dt6_lsp.index.shelving import read_progress
from dt6_lsp.index.terms import Terms
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.vectors import DenseIndex

LONG_AGO = 1_600_000_000


@dataclass
class FakeEmbedder:
    """Hashed bags of words. Remembers what it was asked to embed; `broken` makes it fail."""

    model: str = "bag-of-words"
    dimension: int = 64
    broken: bool = False
    embedded: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def fingerprint(self) -> Fingerprint:
        if self.broken:
            raise EmbeddingError("The model is away.", "Start it.")
        return Fingerprint("fake", self.model, self.dimension)

    def documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        self.before()
        if cancel is not None:
            cancel.raise_if_cancelled()
        if self.broken:
            raise EmbeddingError("The model is away.", "Start it.")
        self.embedded.extend(texts)
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimension, np.float32)
        for word in re.findall(r"[a-z0-9]+", text.lower()):
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        length = np.linalg.norm(vector)
        return vector / length if length else vector


def write(root: Path, files: Mapping[str, str | bytes], *, at: int = LONG_AGO) -> None:
    """Writes files with a date long past, so that only content and that date tell versions apart."""
    import os

    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(target, (at, at))


def function(name: str, words: str = "") -> str:
    """A definition that is long enough to be a chunk of its own."""
    steps = "".join(f"    result = {name}_step(value, {number}, key='{name} {number}')\n" for number in range(24))
    return f'def {name}(value):\n    """{words or name}"""\n{steps}    return result\n'


@contextmanager
def opened(
    root: Path, store: Path, embedder: FakeEmbedder | None = None, settings: Settings | None = None
) -> Iterator[Index]:
    index = Index.open(root, store, embedder or FakeEmbedder(), settings or Settings())
    try:
        yield index
    finally:
        index.close()


def rows(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger says of the workspace, without ids and dates: equal for equal workspaces."""
    queries = {
        "files": "SELECT path, hash, language, path_hash FROM files",
        "chunks": "SELECT f.path, c.ordinal, c.start_line, c.end_line, c.kind, c.symbol, c.text_hash, c.text "
        "FROM chunks c JOIN files f ON f.id = c.file_id",
        "symbols": "SELECT f.path, s.name, s.container, s.kind, s.start_line, s.name_line, s.name_column, s.folded, "
        "s.humps, s.signature, s.doc FROM symbols s JOIN files f ON f.id = s.file_id",
        "refs": "SELECT f.path, r.name, r.uses, r.places FROM refs r JOIN files f ON f.id = r.file_id",
        "imports": "SELECT f.path, i.module, i.line FROM imports i JOIN files f ON f.id = i.file_id",
        "fts": "SELECT f.path, c.ordinal, t.body, t.path, t.symbol FROM fts t JOIN chunks c ON c.id = t.rowid "
        "JOIN files f ON f.id = c.file_id",
        "loose": "SELECT id FROM fts_docsize WHERE id NOT IN (SELECT id FROM chunks)",
        "names": "SELECT DISTINCT folded FROM symbols WHERE folded NOT IN (SELECT folded FROM names)",
        "bare": "SELECT id FROM chunks WHERE text_hash NOT IN (SELECT text_hash FROM vectors) AND id NOT IN "
        "(SELECT chunk_id FROM unembedded)",
    }
    with ledger(store) as connection:
        connection.execute("INSERT INTO fts(fts, rank) VALUES('integrity-check', 1)")  # 1: against its source, too
        connection.execute("INSERT INTO name_parts(name_parts, rank) VALUES('integrity-check', 1)")
        return {name: sorted(connection.execute(query).fetchall()) for name, query in queries.items()}


@contextmanager
def ledger(store: Path) -> Iterator[sqlite3.Connection]:
    """The ledger's file itself. What a test changes in it counts as DT6's own doing, and not as damage."""
    connection = sqlite3.connect(store / "ledger.sqlite3", isolation_level=None)
    know_terms(connection, Terms())
    try:
        yield connection
    finally:
        connection.close()
        if seal.is_broken(store / "ledger.sqlite3"):
            seal.take_off(store / "ledger.sqlite3")


def chunk_ids(store: Path) -> dict[int, tuple[str, str]]:
    with ledger(store) as connection:
        found = connection.execute("SELECT c.id, f.path, c.text FROM chunks c JOIN files f ON f.id = c.file_id")
        return {chunk_id: (path, text) for chunk_id, path, text in found}


def in_memory(dense: DenseIndex) -> int:
    """How many vectors are searched in memory, and not yet in ChromaDB."""
    return len(dense._segment)


def chroma_ids(store: Path) -> set[int]:
    """What ChromaDB itself holds. Only when no index has it open."""
    with ledger(store) as connection:
        progress = read_progress(connection)
        assert progress is not None, meta(connection, "chroma")
    client = Client.open(Place(store / progress.folder))
    try:
        assert client.names() == [progress.collection]
        return client.collection(progress.collection, {"read": "by a test"}).ids()
    finally:
        client.close()
