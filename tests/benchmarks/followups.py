"""`python -m tests.benchmarks.followups`: telling questions that lean on those before from others.

Precision and recall over hand-labelled questions, in English and German: those that the rules were made from, those
that were written before and only counted, and how many questions of the router's set, which stand alone or mean what
is selected in an editor, are left alone. Not here: what a follow-up is resolved to (unit tests).
"""

from __future__ import annotations

import json
import sys

from dt6_lsp.assistant.memory.cues import cue
from tests.benchmarks.measure import Figure, Measured, arguments, conclude
from tests.followup_cases import cases, score
from tools.train_router import QUESTIONS


def main() -> int:
    options = arguments(__doc__).parse_args()
    return conclude("followups", options.json, measure)


def measure() -> Measured:
    figures: list[Figure] = []
    wrong: list[str] = []
    for split in ("dev", "held"):
        given = cases(split)
        scored = score(given)
        wrong += [f"{split}: {case.question}" for case in given if case.told != case.follows]
        figures += [
            Figure(f"precision over {len(given)} questions, {split}", scored.precision, "", 0.95, at_least=True),
            Figure(f"  recall, {split}", scored.recall, "", 0.95, at_least=True),
        ]
    asked = [json.loads(line)["query"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    selected = sum(cue(query, selected=True) is None for query in asked)
    alone = sum(cue(query) is None for query in asked)
    figures += [
        Figure(f"left alone of {len(asked):,} others", 100 * alone / len(asked), "%", 95.0, at_least=True),
        Figure("  with something selected", 100 * selected / len(asked), "%", 99.0, at_least=True),
    ]
    for line in wrong:
        print(f"  wrong: {line}")
    return Measured(figures, {"wrong": wrong})


if __name__ == "__main__":
    sys.exit(main())
