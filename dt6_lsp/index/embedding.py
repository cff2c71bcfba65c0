"""Giving the chunks that lack one a vector: each text once, ever, per model.

Not here: the models (`dt6_lsp.models`), and which chunks lack a vector (the ledger knows).
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dt6_lsp.cancel import Cancelled
from dt6_lsp.errors import Dt6Error, EmbeddingError
from dt6_lsp.index import vector_rows
from dt6_lsp.index.prepare import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.ledger import Ledger
    from dt6_lsp.index.vector_rows import Pending, StoredFingerprint
    from dt6_lsp.models.base import Fingerprint

logger = logging.getLogger(__name__)

_BATCH = 512
_PLAIN = "plain words"  # what any model takes


class TextEmbedder(Protocol):
    """What the index needs of `dt6_lsp.models.embedder.Embedder`. Thread-safe; shared, so the index never closes it."""

    def fingerprint(self) -> Fingerprint: ...

    def documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]: ...

    def query(self, text: str) -> NDArray[np.float32]: ...


def embed_pending(
    ledger: Ledger, embedder: TextEmbedder, cancel: CancelToken, progress: Callable[[int, int], None]
) -> StoredFingerprint:
    """Embeds until no chunk lacks a vector; every batch lands at once. `progress` gets chunks done and in all."""
    fingerprint = embedder.fingerprint()
    with ledger.write() as connection:
        stored = vector_rows.adopt_fingerprint(connection, fingerprint)
        total = vector_rows.count_pending(connection)
    done = 0
    while done < total:
        cancel.raise_if_cancelled()
        progress(done, total)
        embedded = _embed_batch(ledger, embedder, stored, cancel)
        if not embedded:
            break
        done += embedded
    return stored


@contextlib.contextmanager
def embedding_alongside(ledger: Ledger, embedder: TextEmbedder, cancel: CancelToken) -> Iterator[Callable[[], None]]:
    """While the block runs, embeds on a thread of its own. The block calls what it is given whenever it has written.

    What is left when the block ends is for `embed_pending`; so is any error, which will come again there."""
    alongside = _Alongside(ledger, embedder, cancel)
    try:
        yield alongside.landed
    finally:
        alongside.end()


class _Alongside:
    def __init__(self, ledger: Ledger, embedder: TextEmbedder, cancel: CancelToken) -> None:
        self._ledger, self._embedder, self._cancel = ledger, embedder, cancel
        self._waiting = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def landed(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="dt6-embedding", daemon=True)
            self._thread.start()
        self._waiting.set()

    def end(self) -> None:
        self._ended = True
        self._waiting.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            fingerprint = self._embedder.fingerprint()
            with self._ledger.write() as connection:
                stored = vector_rows.adopt_fingerprint(connection, fingerprint)
            while not self._ended:
                self._waiting.wait()
                self._waiting.clear()
                while not self._ended and _embed_batch(self._ledger, self._embedder, stored, self._cancel) == _BATCH:
                    self._cancel.raise_if_cancelled()
        except (Dt6Error, Cancelled, sqlite3.Error) as error:
            logger.info("Vectors are made after the files, not alongside: %s", error)


def _embed_batch(ledger: Ledger, embedder: TextEmbedder, stored: StoredFingerprint, cancel: CancelToken) -> int:
    with ledger.read() as connection:
        batch = vector_rows.pending(connection, _BATCH)
        texts = _texts(batch)
        for text_hash in vector_rows.known(connection, stored.id, texts):
            del texts[text_hash]
    vectors = _vectors(embedder, list(texts.values()), cancel) if texts else None
    if vectors is not None and vectors.shape != (len(texts), stored.dimension):
        raise EmbeddingError(
            f"The model {stored.model} gave vectors of shape {vectors.shape}, not {(len(texts), stored.dimension)}.",
            "Index again; if it stays so, choose another embedding model.",
        )
    with ledger.write() as connection:
        if vectors is not None:
            vector_rows.add_vectors(connection, stored.id, list(texts), vectors)
        vector_rows.mark_embedded(connection, [item.chunk_id for item in batch])
    return len(batch)


def _vectors(embedder: TextEmbedder, texts: Sequence[str], cancel: CancelToken) -> NDArray[np.float32]:
    """A text that the model does not take gets the zero vector: else the whole workspace would go without, for as long
    as that text is in it. It is the text's fault only where the model takes plain words right after it."""
    try:
        return embedder.documents(texts, cancel)
    except EmbeddingError as error:
        if len(texts) > 1:
            middle = len(texts) // 2
            halves = (texts[:middle], texts[middle:])
            return np.concatenate([_vectors(embedder, half, cancel) for half in halves])
        row = np.zeros_like(embedder.documents([_PLAIN], cancel))
        logger.warning("A text has no vector and is found by its words only: %s", error)
        return row


def _texts(batch: Sequence[Pending]) -> dict[bytes, str]:
    """The texts that the batch needs vectors of, by hash."""
    texts = {item.text_hash: item.text for item in batch}
    paths = {item.path_hash: item.path for item in batch}
    return texts | {path_hash: path_text(path) for path_hash, path in paths.items()}
