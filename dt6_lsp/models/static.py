"""The embedding that ships with DT6: a vector per token, weighted and summed. No model server, no torch, no download.

The artifact (`data/static.npz`, made by `tools/train_embeddings`) holds the tokens, an int8 row per token and a scale
per row; a token's weight is part of its scale. A text's vector is the sum of its tokens' rows, brought to length 1.
Not here: how the tokens are cut (`wordpiece`), how the vectors were made, and how the vectors of a chunk and of its
path are put together (the index does that).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.errors import EmbeddingError
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.models.wordpiece import INTEGER, WordPieces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken

_REINSTALL = "Install dt6-lsp again, or choose another embedding.backend."
_LOOK_UP = 256  # texts between two looks at the cancel token


def packaged_artifact() -> Traversable:
    return resources.files("dt6_lsp.models") / "data" / "static.npz"


@dataclass(frozen=True, slots=True)
class StaticTable:
    """`rows` is int8[tokens, dimension], `scales` float32[tokens]."""

    tokens: tuple[str, ...]
    rows: NDArray[np.int8]
    scales: NDArray[np.float32]
    revision: str

    @classmethod
    def load(cls, artifact: Traversable) -> StaticTable:
        """EmbeddingError when the artifact is missing, cut short or not ours."""
        try:
            data = artifact.read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                tokens = arrays["tokens"].tobytes().decode().split("\n")
                table = cls(tuple(tokens), arrays["rows"], arrays["scales"], hashlib.sha256(data).hexdigest()[:12])
        except OSError as error:
            raise EmbeddingError(
                f"The built-in embedding can't be read ({error.strerror or error}).", _REINSTALL
            ) from None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise EmbeddingError(f"The built-in embedding is damaged ({error}).", _REINSTALL) from None
        if not table.consistent():
            raise EmbeddingError("The built-in embedding is damaged (its arrays do not fit together).", _REINSTALL)
        return table

    def consistent(self) -> bool:
        shapes_fit = self.rows.ndim == 2 and self.rows.shape[0] == len(self.tokens) == self.scales.size
        return shapes_fit and self.rows.dtype == np.int8 and self.scales.dtype == np.float32

    def save(self, path: str) -> None:
        """Stored, not compressed: int8 noise does not shrink, and reading it back is then a copy."""
        tokens = np.frombuffer("\n".join(self.tokens).encode(), dtype=np.uint8)
        np.savez(path, tokens=tokens, rows=self.rows, scales=self.scales)


class StaticEmbeddings:
    """An `EmbeddingBackend` that computes here and now, so nothing is gained by waiting for a fuller batch."""

    max_batch = 4096
    local = True

    def __init__(self, table: StaticTable | None = None) -> None:
        self._table = table or StaticTable.load(packaged_artifact())
        self._pieces = WordPieces(self._table.tokens)

    def fingerprint(self) -> Fingerprint:
        return Fingerprint("static", "dt6-code", self._table.rows.shape[1], self._table.revision)

    def embed_documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self._table.rows.shape[1]), dtype=np.float32)
        for position, text in enumerate(texts):
            if cancel is not None and position % _LOOK_UP == 0:
                cancel.raise_if_cancelled()
            self._sum_into(vectors[position], text)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self.embed_documents([text]).reshape(-1)

    def close(self) -> None:
        """Nothing to close."""

    def _sum_into(self, vector: NDArray[np.float32], text: str) -> None:
        tokens = np.frombuffer(self._pieces.packed(text), INTEGER)
        if tokens.size:
            rows = self._table.rows.take(tokens, axis=0).astype(np.float32)
            np.einsum("t,td->d", self._table.scales.take(tokens), rows, out=vector)


@cache
def packaged() -> StaticEmbeddings:
    """The one that ships, read once for all who use it: it never changes. EmbeddingError when it is damaged."""
    return StaticEmbeddings()
