"""PageRank over weighted links, from anywhere or from what somebody is interested in.

Apart from the other algorithms because it needs numpy, which who only starts the engine should not wait for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DAMPING = 0.85
_ROUNDS = 60
_STILL = 1e-9  # what a round may move and rank counts as settled


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Weighted links between nodes 0 to `nodes` - 1, as columns of one length. Every weight is more than 0."""

    nodes: int
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]


def pagerank(links: Links, favoured: Mapping[int, float] | None = None) -> NDArray[np.float64]:
    """The rank of every node, summing to 1, over weighted links (Page and Brin, 1998). `favoured` is where a reader who
    stops following links begins again (personalised PageRank); anywhere when it is empty."""
    if not links.nodes:
        return np.zeros(0)
    out = np.bincount(links.source, links.weight, links.nodes)
    share = links.weight / out[links.source]
    home = np.zeros(links.nodes)
    for node, amount in (favoured or {}).items():
        home[node] = amount
    home = home / home.sum() if home.sum() > 0 else np.full(links.nodes, 1 / links.nodes)
    rank = home.copy()
    for _ in range(_ROUNDS):
        lost = rank[out == 0].sum()  # what nodes without links hold begins again as well
        passed = np.bincount(links.target, rank[links.source] * share, links.nodes)
        moved = DAMPING * (passed + lost * home) + (1 - DAMPING) * home
        settled = np.abs(moved - rank).sum() < _STILL
        rank = moved
        if settled:
            break
    return rank
