"""Checks what an embedding backend returned and makes unit vectors of it: the one gate that all remote vectors pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def unit_rows(raw: ArrayLike, count: int, dimension: int, source: str) -> NDArray[np.float32]:
    """(count, dimension) with rows of length 1; all-zero rows stay zero. `dimension` 0: not known yet, any will do.

    EmbeddingError when the shape is another, or a value is no finite number.
    """
    rows = _as_table(raw, source)
    if len(rows) != count:
        raise EmbeddingError(
            f"{source} returned {len(rows)} vectors for {count} texts.",
            "Check that the model is an embedding model, or choose another by `embedding.model`.",
        )
    if dimension and count and rows.shape[1] != dimension:
        raise EmbeddingError(
            f"{source} returned vectors of {rows.shape[1]} dimensions where it gave {dimension} before.",
            "The model changed while DT6 was running; restart DT6 to index with the new one.",
        )
    if not np.isfinite(rows).all():
        raise EmbeddingError(
            f"{source} returned a vector with a value that is not a number.",
            "Update the model server, or choose another model by `embedding.model`.",
        )
    return _normalised(rows)


def _as_table(raw: ArrayLike, source: str) -> NDArray[np.float64]:
    try:
        rows = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EmbeddingError(f"{source} returned vectors of different lengths or without numbers.") from error
    if rows.size == 0:
        return np.zeros((0, 0))
    if rows.ndim != 2:
        raise EmbeddingError(f"{source} returned something that is not a list of vectors.")
    return rows


def _normalised(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    # Scaled by the largest value first: squares of very large or very small numbers would leave the range of a float.
    largest = np.max(np.abs(rows), axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(scaled, length, out=scaled, where=length > 0).astype(np.float32)
    return unit
