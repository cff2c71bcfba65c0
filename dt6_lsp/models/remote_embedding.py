"""What embedding by a model server has in common, whatever the server's protocol.

Texts get the prefix that their model wants, blank texts cost no request, a text that is too long is shortened, a server
that is busy or dropped the connection is asked once more, and what comes back is checked.
Not here: the protocols (`ollama`, `openai`), and batching over callers (`embedder`).
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import RateLimited
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.models.failures import ConnectionLost, TextTooLong
from dt6_lsp.models.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LONGEST_WAIT = 10.0  # seconds that a server may make us wait before the second try
USUAL_WAIT = 1.0
SHORTEST_TEXT = 64  # characters; a text is not cut below this
PROBE = "dimension"

# Prefixes (document, query) that a model was trained with; found by the model's name. Changing one changes vectors.
PREFIXES = {
    "nomic-embed": ("search_document: ", "search_query: "),
    "e5-": ("passage: ", "query: "),
    "mxbai-embed": ("", "Represent this sentence for searching relevant passages: "),
    "snowflake-arctic-embed": ("", "query: "),
    "embeddinggemma": ("title: none | text: ", "task: search result | query: "),
}


class VectorServer(Protocol):
    """One request to a model server; raises the errors of `failures`."""

    backend: str
    model: str
    max_batch: int

    def vectors(self, texts: list[str]) -> Sequence[Sequence[float]]: ...

    def revision(self) -> str:
        """What tells two models of the same name apart, where the server says; else ""."""
        ...

    def close(self) -> None: ...


class RemoteEmbeddings:
    """An `EmbeddingBackend` on a model server."""

    local = False

    def __init__(self, server: VectorServer) -> None:
        self._server = server
        self.max_batch = server.max_batch
        self._document, self._query = prefixes_of(server.model)
        self._dimension = 0
        self._lock = threading.Lock()

    def fingerprint(self) -> Fingerprint:
        dimension = self._known_dimension()
        revision = self._server.revision()
        if self._document or self._query:
            prefixes = f"{self._document}\n{self._query}".encode()
            revision = f"{revision}+{hashlib.sha256(prefixes).hexdigest()[:6]}"
        return Fingerprint(self._server.backend, self._server.model, dimension, revision)

    def embed_documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self._known_dimension()), dtype=np.float32)
        spoken = [index for index, text in enumerate(texts) if text.strip()]
        token = cancel or CancelToken()
        for start in range(0, len(spoken), self.max_batch):
            token.raise_if_cancelled()
            part = spoken[start : start + self.max_batch]
            rows[part] = self._embed([self._document + texts[index] for index in part], token)
        return rows

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if not text.strip():
            return np.zeros(self._known_dimension(), dtype=np.float32)
        row: NDArray[np.float32] = self._embed([self._query + text], CancelToken())[0]
        return row

    def close(self) -> None:
        self._server.close()

    def _known_dimension(self) -> int:
        if not self._dimension:
            self._embed([self._document + PROBE], CancelToken())
        return self._dimension

    def _embed(self, texts: list[str], cancel: CancelToken) -> NDArray[np.float32]:
        try:
            raw = self._patiently(texts, cancel)
        except TextTooLong:
            return self._embed_shorter(texts, cancel)
        rows = unit_rows(raw, len(texts), self._dimension, self._server.model)
        with self._lock:
            self._dimension = self._dimension or rows.shape[1]
        return rows

    def _embed_shorter(self, texts: list[str], cancel: CancelToken) -> NDArray[np.float32]:
        """Only the texts that are too long lose their ends."""
        cancel.raise_if_cancelled()
        if len(texts) > 1:
            middle = len(texts) // 2
            halves = (self._embed(texts[:middle], cancel), self._embed(texts[middle:], cancel))
            return np.concatenate(halves)
        if len(texts[0]) <= SHORTEST_TEXT:
            raise TextTooLong(
                f"{self._server.model} says of a text of {len(texts[0])} characters that it is too long.",
                "Check that it is an embedding model, or choose another by `embedding.model`.",
            )
        return self._embed([texts[0][: len(texts[0]) // 2]], cancel)

    def _patiently(self, texts: list[str], cancel: CancelToken) -> Sequence[Sequence[float]]:
        try:
            return self._server.vectors(texts)
        except ConnectionLost:
            pause = 0.0
        except RateLimited as error:
            pause = USUAL_WAIT if error.retry_after is None else error.retry_after
            if pause > LONGEST_WAIT:
                raise
        if cancel.wait(pause):
            raise Cancelled
        return self._server.vectors(texts)


def prefixes_of(model: str) -> tuple[str, str]:
    """(document, query)"""
    name = model.lower().rpartition("/")[2]
    return next((pair for part, pair in PREFIXES.items() if part in name), ("", ""))
