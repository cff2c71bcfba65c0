"""How often the router is right, how sure it may be, and how long it takes.

    python -m tests.benchmarks.routing [--json FILE]

Over the labelled questions of `tests/routing/questions.jsonl`, with the weights that ship: the test half, from which
nothing was learned (though kinds of features were compared by it); `late`, written when all that was done; and
cross-validation over the training half. A confusion table of the test half is printed above the figures. Times are of
whole calls in this process, each question three times, the best of them: what else runs on the machine is not the
router's.
Not here: learning (`tools.train_router`).
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.assistant.router import Router, packaged_router
from dt6_lsp.assistant.routing.weights import learned
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, quantile
from tools.train_router import cross_validated, questions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.events import Routed
    from tools.train_router import Numbers, Question

LEAST_ACCURACY = 92.0  # percent
MOST_MS = 5.0
PASTE = (
    "Traceback (most recent call last):\n" + '  File "/srv/app/views.py", line 12, in get\n    return x[1]\n' * 20_000
)
_ROUNDS = 3
_BANDS = 10


def right(routes: Sequence[Routed], asked: Sequence[Question]) -> float:
    """In percent."""
    return 100 * sum(route.intent == each.intent for route, each in zip(routes, asked, strict=True)) / len(asked)


def calibration_error(routes: Sequence[Routed], asked: Sequence[Question]) -> float:
    """The expected calibration error: how far probability and accuracy are apart, over ten bands of probability
    (Guo et al. 2017)."""
    bands: dict[int, list[tuple[float, bool]]] = {}
    for route, each in zip(routes, asked, strict=True):
        band = min(int(route.probability * _BANDS), _BANDS - 1)
        bands.setdefault(band, []).append((route.probability, route.intent == each.intent))
    gap = sum(abs(sum(sure for sure, _ in band) - sum(so for _, so in band)) for band in bands.values())
    return 100 * gap / len(asked)


def confusion(routes: Sequence[Routed], asked: Sequence[Question]) -> dict[str, dict[str, int]]:
    pairs = [(each.intent, route.intent) for route, each in zip(routes, asked, strict=True)]
    return {wanted: {told: pairs.count((wanted, told)) for told in INTENTS} for wanted in INTENTS}


def times_ms(router: Router, asked: Sequence[Question]) -> list[float]:
    return [min(_ms(router, each.query) for _ in range(_ROUNDS)) for each in asked]


def _ms(router: Router, query: str) -> float:
    start = time.perf_counter()
    router.route(query)
    return 1000 * (time.perf_counter() - start)


def measure() -> Measured:
    asked = questions()
    train = [each for each in asked if each.split == "train"]
    test = [each for each in asked if each.split == "test"]
    late = [each for each in asked if each.split == "late"]
    router = packaged_router()
    routes = [router.route(each.query) for each in test]
    surface = Router(learned(), None)
    folds = cross_validated(train, meaning=True)
    times = times_ms(router, test)
    table = confusion(routes, test)
    _tell(table)
    by_style = {style: [place for place, each in enumerate(test) if each.style == style] for style in _styles(test)}
    return Measured(
        [
            Figure("questions to learn from", len(train), ""),
            Figure("questions to test with", len(test), ""),
            Figure("questions written afterwards", len(late), ""),
            Figure("accuracy, test", right(routes, test), "%", LEAST_ACCURACY, at_least=True),
            *(Figure(f"  {intent}", _recall(table, intent), "%") for intent in INTENTS),
            *(
                Figure(f"  {style}", right([routes[place] for place in places], [test[place] for place in places]), "%")
                for style, places in by_style.items()
            ),
            Figure("accuracy, written afterwards", right([router.route(e.query) for e in late], late), "%"),
            Figure("accuracy, cross-validated over what was learned from", _folds(folds, train), "%"),
            Figure("accuracy, test, without the embedding", right([surface.route(e.query) for e in test], test), "%"),
            Figure("calibration error, test", calibration_error(routes, test), "%"),
            Figure("time, p50", quantile(times, 0.5), "ms"),
            Figure("time, p95", quantile(times, 0.95), "ms", MOST_MS),
            Figure("time, a paste of 1.5 MB", min(_ms(router, PASTE) for _ in range(_ROUNDS)), "ms"),
        ],
        {"confusion": table},
    )


def _folds(scores: Numbers, asked: Sequence[Question]) -> float:
    told: list[str] = [INTENTS[place] for place in scores.argmax(axis=1).tolist()]
    return 100 * sum(one == each.intent for one, each in zip(told, asked, strict=True)) / len(asked)


def _recall(table: dict[str, dict[str, int]], intent: str) -> float:
    return 100 * table[intent][intent] / sum(table[intent].values())


def _styles(asked: Sequence[Question]) -> list[str]:
    return sorted({each.style for each in asked})


def _tell(table: dict[str, dict[str, int]]) -> None:
    print(f"{'asked / told':14s}" + "".join(f"{told:>9s}" for told in INTENTS))
    for wanted, row in table.items():
        print(f"{wanted:14s}" + "".join(f"{row[told]:9d}" for told in INTENTS))


if __name__ == "__main__":
    sys.exit(conclude("routing", arguments(__doc__).parse_args().json, measure))
