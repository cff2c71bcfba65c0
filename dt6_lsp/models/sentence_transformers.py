"""Embedding by sentence-transformers and torch, in this process: any model on disk, on the GPU when there is one.

An extra: `pip install "dt6-lsp[sentence-transformers]"`. Its import costs seconds and 400 MB, so it happens in the
worker thread that first asks for vectors. Nothing is downloaded: a model is a folder, or in the Hugging Face cache.
Not here: batching over callers (`embedder`).
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dt6_lsp.errors import EmbeddingError
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.models.remote_embedding import PROBE, prefixes_of
from dt6_lsp.models.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
INSTALL = 'Install it with `pip install "dt6-lsp[sentence-transformers]"`, or set embedding.backend to "static".'


class Encoder(Protocol):
    """The part of `sentence_transformers.SentenceTransformer` that is used."""

    def encode(
        self, sentences: list[str], *, batch_size: int, show_progress_bar: bool, convert_to_numpy: bool
    ) -> Any: ...


class SentenceTransformerEmbeddings:
    """An `EmbeddingBackend`. `load` makes the encoder of a model's name."""

    max_batch = 256
    local = True

    def __init__(self, model: str = "", load: Callable[[str], Encoder] | None = None) -> None:
        self._model = model or DEFAULT_MODEL
        self._load = load or load_from_disk
        self._encoder: Encoder | None = None
        self._dimension = 0
        # Its tokenizers refuse to be used by two threads at once.
        self._lock = threading.Lock()
        self._document, self._query = prefixes_of(self._model)

    def fingerprint(self) -> Fingerprint:
        if not self._dimension:
            self._encode([PROBE])
        return Fingerprint("sentence-transformers", self._model, self._dimension, _revision(self._model))

    def embed_documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        if not self._dimension:
            self._encode([PROBE])
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        spoken = [index for index, text in enumerate(texts) if text.strip()]
        for start in range(0, len(spoken), self.max_batch):
            if cancel is not None:
                cancel.raise_if_cancelled()
            part = spoken[start : start + self.max_batch]
            rows[part] = self._encode([self._document + texts[index] for index in part])
        return rows

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if not text.strip():
            return np.zeros(self.fingerprint().dimension, dtype=np.float32)
        row: NDArray[np.float32] = self._encode([self._query + text])[0]
        return row

    def close(self) -> None:
        with self._lock:
            self._encoder = None

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load(self._model)
            raw = self._encoder.encode(texts, batch_size=self.max_batch, show_progress_bar=False, convert_to_numpy=True)
            rows = unit_rows(raw, len(texts), self._dimension, self._model)
            self._dimension = rows.shape[1]
            return rows


def load_from_disk(model: str) -> Encoder:
    """The model in a folder, or in the cache; EmbeddingError when neither has it."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbeddingError(f"sentence-transformers can't be used ({error}).", INSTALL) from error
    try:
        encoder: Encoder = SentenceTransformer(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise EmbeddingError(
            f"The embedding model {model!r} is not on this machine, or can't be read ({type(error).__name__}).",
            f"Get it with `hf download {model}`, or set embedding.model to a folder that holds one.",
        ) from error
    return encoder


def _revision(model: str) -> str:
    """A folder may come to hold another model under the same name; a name of the hub is taken at its word."""
    folder = Path(model)
    weights = [*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")] if folder.is_dir() else []
    stats = sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in weights)
    return hashlib.sha256(repr(stats).encode()).hexdigest()[:12] if stats else ""
