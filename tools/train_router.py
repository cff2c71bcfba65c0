"""`python -m tools.train_router`: learns which intent a question has, from the training half of the labelled questions.

Multinomial logistic regression with a penalty on the squares of the weights, by L-BFGS (Nocedal and Wright, Numerical
Optimization, algorithm 7.4); numpy alone. The problem is convex, so its end does not depend on the way; weights are
rounded to hundredths, and the same questions give the same bytes. The probabilities are calibrated: one factor for all
scores, chosen so that predictions for questions that were not learned from (cross-validation) are likeliest.
Not here: what is seen of a question (`dt6_lsp.assistant.routing`), and the test half, which only a benchmark reads.

    python -m tools.train_router            writes the weights into the package
    python -m tools.train_router --check    exit code 1 when the package has others
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.assistant.routing.features import read
from dt6_lsp.assistant.routing.weights import FILE, HUNDREDTHS, Learned, Weights, written
from dt6_lsp.models.static import packaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "tests" / "routing" / "questions.jsonl"
TARGET = ROOT / "dt6_lsp" / "assistant" / "routing" / FILE

PENALTY = 1.0
MEANING = 1.5  # how long a text's vector is beside a clue, which is 1
LEAST_SEEN = 3  # questions that a feature must be in
FOLDS = 5
_MEMORY, _STEPS, _FLAT = 12, 2_000, 1e-6


@dataclass(frozen=True, slots=True)
class Question:
    query: str
    intent: str
    style: str
    split: str


@dataclass(frozen=True, slots=True)
class Examples:
    """Questions as numbers: `rows` and `columns` say where a feature is and `values` how much; `vectors` are of the
    texts, (questions, dimension), with no column where they are not looked at; `wanted` is one row of 0 and 1 each."""

    names: tuple[str, ...]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Numbers
    vectors: Numbers
    wanted: Numbers

    def scores(self, weights: Numbers) -> Numbers:
        """(questions, intents). `weights` are (bias, features, dimensions) by intents."""
        end = 1 + len(self.names)
        each_intent = np.ascontiguousarray(weights[1:end].T)
        sums = [np.bincount(self.rows, own[self.columns] * self.values, len(self.wanted)) for own in each_intent]
        total: Numbers = weights[0] + np.stack(sums, axis=1) + self.vectors @ weights[end:]
        return total

    def back(self, errors: Numbers) -> Numbers:
        """The gradient of the weights, from that of the scores."""
        each_intent = np.ascontiguousarray(errors.T)
        named = [np.bincount(self.columns, own[self.rows] * self.values, len(self.names)) for own in each_intent]
        return np.concatenate([errors.sum(axis=0, keepdims=True), np.stack(named, axis=1), self.vectors.T @ errors])


def questions(path: Path = QUESTIONS) -> list[Question]:
    return [Question(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


_read = cache(read)  # each question is looked at for every fold, and for both models


def vocabulary(asked: Iterable[Question]) -> tuple[str, ...]:
    seen = Counter(name for each in asked for name in _read(each.query).features)
    return tuple(sorted(name for name, times in seen.items() if times >= LEAST_SEEN))


def examples(asked: Sequence[Question], names: tuple[str, ...], *, meaning: bool) -> Examples:
    places = {name: place for place, name in enumerate(names)}
    seen = [_read(each.query) for each in asked]
    cells = [
        (row, places[name], value)
        for row, each in enumerate(seen)
        for name, value in each.features.items()
        if name in places
    ]
    rows, columns, values = (np.array(column) for column in zip(*cells, strict=True))
    texts = [each.text for each in seen] if meaning else []
    vectors = packaged().embed_documents(texts).astype(float) * MEANING if texts else np.zeros((len(asked), 0))
    wanted = np.array([[intent == each.intent for intent in INTENTS] for each in asked], dtype=float)
    return Examples(names, rows, columns, values, vectors, wanted)


# --- learning ---------------------------------------------------------------------------------------------------------


def loss(given: Examples, weights: Numbers) -> tuple[float, Numbers]:
    """The cross-entropy with its penalty, and its gradient."""
    logs = log_probabilities(given.scores(weights))
    entropy = -float((logs * given.wanted).sum())
    gradient = given.back(np.exp(logs) - given.wanted) + PENALTY * weights
    return entropy + PENALTY / 2 * float((weights**2).sum()), gradient


def log_probabilities(scores: Numbers) -> Numbers:
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Numbers = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def learn(given: Examples) -> Numbers:
    """The weights at which the loss is least."""
    weights = np.zeros((1 + len(given.names) + given.vectors.shape[1], len(INTENTS)))
    value, gradient = loss(given, weights)
    steps: list[tuple[Numbers, Numbers]] = []
    for _ in range(_STEPS):
        if np.abs(gradient).max() < _FLAT:
            break
        way = _direction(gradient, steps)
        length, slope = 1.0, float((gradient * way).sum())
        while True:
            new_value, new_gradient = loss(given, weights - length * way)
            if new_value <= value - 1e-4 * length * slope or length < 1e-9:
                break
            length /= 2
        moved, turned = -length * way, new_gradient - gradient
        if (moved * turned).sum() > 0:
            steps = [*steps, (moved, turned)][-_MEMORY:]
        weights, value, gradient = weights + moved, new_value, new_gradient
    return weights


def _direction(gradient: Numbers, steps: Sequence[tuple[Numbers, Numbers]]) -> Numbers:
    """The gradient, through the inverse of the curvature that the last steps have shown."""
    way, shares = gradient.copy(), []
    for moved, turned in reversed(steps):
        share = (moved * way).sum() / (moved * turned).sum()
        shares.append(share)
        way -= share * turned
    if not steps:
        return way / max(1.0, float(np.abs(gradient).sum()))
    moved, turned = steps[-1]
    way *= (moved * turned).sum() / (turned * turned).sum()
    for (moved, turned), share in zip(steps, reversed(shares), strict=True):
        way += moved * (share - (turned * way).sum() / (moved * turned).sum())
    return way


# --- cross-validation and calibration ---------------------------------------------------------------------------------


def cross_validated(asked: Sequence[Question], *, meaning: bool) -> Numbers:
    """The scores of each question from a model that learned from the other folds only, words included."""
    scores = np.zeros((len(asked), len(INTENTS)))
    for fold in range(FOLDS):
        held = [place for place in range(len(asked)) if place % FOLDS == fold]
        rest = [each for place, each in enumerate(asked) if place % FOLDS != fold]
        names = vocabulary(rest)
        weights = learn(examples(rest, names, meaning=meaning))
        scores[held] = examples([asked[place] for place in held], names, meaning=meaning).scores(weights)
    return scores


def sharpness(scores: Numbers, asked: Sequence[Question]) -> float:
    """The factor for scores under which the right intents are likeliest, to a hundredth."""
    right = [INTENTS.index(each.intent) for each in asked]

    def unlikelihood(factor: float) -> float:
        return -float(log_probabilities(factor * scores)[np.arange(len(right)), right].sum())

    return min((step / 100 for step in range(20, 300)), key=unlikelihood)


def trained(asked: Sequence[Question]) -> Learned:
    models = [_trained(asked, meaning=meaning) for meaning in (True, False)]
    return Learned(packaged().fingerprint().revision, *models)


def _trained(asked: Sequence[Question], *, meaning: bool) -> Weights:
    names = vocabulary(asked)
    factor = sharpness(cross_validated(asked, meaning=meaning), asked)
    weights = learn(examples(asked, names, meaning=meaning)) * factor
    end = 1 + len(names)
    weights[end:] *= MEANING  # learned for vectors of that length; in use they have length 1
    whole = np.rint(weights * HUNDREDTHS).astype(int)
    named = {name: tuple(row) for name, row in zip(names, whole[1:end].tolist(), strict=True) if any(row)}
    return Weights(tuple(whole[0].tolist()), named, whole[end:].T.astype(np.float32))


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tools.train_router", description=__doc__)
    ask.formatter_class = argparse.RawDescriptionHelpFormatter
    ask.add_argument("--check", action="store_true", help="only say whether the package has these weights")
    options = ask.parse_args()
    text = written(trained([each for each in questions() if each.split == "train"]))
    if options.check:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        print(f"{TARGET.name} is {'what training gives' if same else 'stale: run `python -m tools.train_router`'}.")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"{TARGET}: {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
