"""Multinomial logistic regression: what was learned about questions, and the probabilities that it gives.

The file (`weights.json`, made by `python -m tools.train_router`) holds two models: one that also looks at the vector of
the text, and one for when the built-in embedding is damaged or is another than at the time of learning. Weights are
whole hundredths, so that the same training gives the same bytes on every machine; they are scaled so that the
probabilities are as often right as they say.
Not here: learning (`tools/train_router`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from dt6_lsp.assistant.events import INTENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.assistant.events import Intent

HUNDREDTHS = 100
FILE = "weights.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """In hundredths, a number for each intent in the order of INTENTS: `bias`, and `named` by feature. `meaning` is
    float32 (intents, dimension of the text's vector), or has no column in a model without it."""

    bias: tuple[int, ...]
    named: Mapping[str, tuple[int, ...]]
    meaning: NDArray[np.float32]

    def scores(self, features: Mapping[str, float], vector: NDArray[np.float32] | None = None) -> list[float]:
        sums = [float(bias) for bias in self.bias]
        for name, value in features.items():
            for place, weight in enumerate(self.named.get(name, ())):
                sums[place] += value * weight
        shares = self.of_meaning(vector)
        return [each / HUNDREDTHS + share for each, share in zip(sums, shares, strict=True)]

    def of_meaning(self, vector: NDArray[np.float32] | None) -> list[float]:
        """What the text's vector adds to each score."""
        if vector is None:
            return [0.0] * len(INTENTS)
        shares: list[float] = (self.meaning @ vector / HUNDREDTHS).tolist()
        return shares

    def pull(self, name: str, value: float, intent: Intent) -> float:
        """How much a feature speaks for an intent, against the others' average."""
        row = self.named.get(name)
        if row is None:
            return 0.0
        own = row[INTENTS.index(intent)]
        return value * (own - (sum(row) - own) / (len(row) - 1)) / HUNDREDTHS


@dataclass(frozen=True, slots=True)
class Learned:
    """`embedding` is the revision of the static embedding whose vectors `whole` was learned with."""

    embedding: str
    whole: Weights
    surface: Weights


def softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    raised = [math.exp(score - highest) for score in scores]
    total = sum(raised)
    return [each / total for each in raised]


@cache
def learned() -> Learned:
    """What ships in the package. Never changes, so it is read once."""
    return parse((resources.files("dt6_lsp.assistant.routing") / FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Learned:
    kept = json.loads(text)
    return Learned(kept["embedding"], _weights(kept["whole"]), _weights(kept["surface"]))


def _weights(kept: Mapping[str, Any]) -> Weights:
    named = {name: tuple(row) for name, row in kept["named"].items()}
    return Weights(tuple(kept["bias"]), named, np.array(kept["meaning"], dtype=np.float32))


def written(learned: Learned) -> str:
    """The text of the file: a line for each feature, so that a change can be read."""
    models = ",\n".join(
        f'"{name}": {{\n"bias": {_row(model.bias)},\n"named": {{\n{_named(model)}\n}},\n"meaning": [\n'
        + ",\n".join(_row(row.astype(int).tolist()) for row in model.meaning)
        + "\n]}"
        for name, model in (("whole", learned.whole), ("surface", learned.surface))
    )
    return f'{{"embedding": {json.dumps(learned.embedding)},\n{models}\n}}\n'


def _named(model: Weights) -> str:
    return ",\n".join(f"{json.dumps(name)}: {_row(row)}" for name, row in sorted(model.named.items()))


def _row(row: Sequence[int]) -> str:
    return json.dumps(row, separators=(",", ":"))
