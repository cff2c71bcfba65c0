"""Moves the distilled vectors so that a sentence and the code it is about come to lie together.

Symmetric InfoNCE (van den Oord et al. 2018) over a batch: each sentence must find its code among all of the batch, and
each code its sentence. One epoch; more of them overfit. Several runs from different orders are averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy, embedding_bag, normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tools.train_embeddings.pairs import Bag, Pairs

_BATCH = 1024
_SCALE = 15.0
_RATE = 5e-3
_WARM_UP = 30
_PATH_SHARE = 0.5  # of a path's vector in that of its code, near what the index adds


def train(start: NDArray[np.float32], pairs: Pairs, seeds: tuple[int, ...]) -> NDArray[np.float32]:
    """float32[tokens, dimension], of the same scale as `start`."""
    runs = [_run(start, pairs, seed) for seed in seeds]
    mean: NDArray[np.float32] = np.mean(runs, axis=0, dtype=np.float32)
    return mean


def _run(start: NDArray[np.float32], pairs: Pairs, seed: int) -> NDArray[np.float32]:
    table = torch.nn.Parameter(torch.from_numpy(start.copy()))
    order = np.random.default_rng(seed).permutation(len(pairs.weights))
    weights = np.asarray(pairs.weights, dtype=np.float32)
    steps = len(order) // _BATCH
    optimizer = torch.optim.Adam([table], lr=_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / _WARM_UP, max(0.0, (steps - step) / max(1, steps - _WARM_UP)))
    )
    for step in range(steps):
        batch = order[step * _BATCH : (step + 1) * _BATCH]
        loss = _loss(table, pairs, batch, torch.from_numpy(weights[batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(f"seed {seed} step {step}/{steps} loss {loss.item():.3f}", flush=True)
    trained: NDArray[np.float32] = table.detach().numpy()
    return trained


def _loss(table: torch.Tensor, pairs: Pairs, batch: NDArray[np.int64], weights: torch.Tensor) -> torch.Tensor:
    asked = _vectors(table, pairs.sentences, batch)
    code = normalize(_vectors(table, pairs.bodies, batch) + _PATH_SHARE * _vectors(table, pairs.paths, batch))
    likeness = _SCALE * asked @ code.T
    right = torch.arange(len(batch))
    both = cross_entropy(likeness, right, reduction="none") + cross_entropy(likeness.T, right, reduction="none")
    return (both * weights).sum() / weights.sum() / 2


def _vectors(table: torch.Tensor, bag: Bag, batch: NDArray[np.int64]) -> torch.Tensor:
    """A row of length 1 for each text of the batch."""
    starts, numbers = np.asarray(bag.starts), np.asarray(bag.numbers)
    runs = [numbers[starts[i] : starts[i + 1]] for i in batch]
    offsets = np.cumsum([0, *map(len, runs[:-1])])
    flat = torch.from_numpy(np.concatenate(runs).astype(np.int64))
    return normalize(embedding_bag(flat, table, torch.from_numpy(offsets), mode="sum"))
