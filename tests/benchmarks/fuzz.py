"""Twenty thousand messages that are random, spoilt, huge or out of order, to real servers over stdio.

    python -m tests.benchmarks.fuzz [--messages 20000] [--seed 0] [--session 1000] [--json FILE]

Each session is a server of its own with a seed of its own; `--messages 1000 --seed N` repeats one. What is held is in
`tests.fuzz.session`; each thing that did not is printed, with what was sent before it where the server did not answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

from tests.benchmarks.measure import Figure, Measured, arguments, conclude, scratch
from tests.fuzz.messages import REQUESTS
from tests.fuzz.session import Report, fuzzed


def measure(messages: int, seed: int, session: int) -> Measured:
    reports = []
    for number in range(-(-messages // session)):
        with scratch() as folder:
            reports.append(asyncio.run(fuzzed(folder, min(session, messages - number * session), seed + number)))
        print(*(f"  {fault}" for fault in reports[-1].faults), sep="\n", end="", flush=True)
        print("  slowest: {:.1f} s {}".format(*reports[-1].slowest))
    return Measured(figures(reports, messages), {"seed": seed, "session": session})


def figures(reports: list[Report], messages: int) -> list[Figure]:
    kinds, outcomes, answered = Counter[str](), Counter[str](), Counter[str]()
    for report in reports:
        kinds.update(report.kinds)
        outcomes.update(report.outcomes)
        answered.update(report.answered)
    probes = kinds.pop("probe", 0)
    return [
        Figure("messages", kinds.total(), "", messages, at_least=True),
        *(Figure(f"  {kind}", count, "") for kind, count in kinds.most_common()),
        *(Figure(f"  answered: {what}", count, "") for what, count in sorted(outcomes.items())),
        Figure("probes", probes, ""),
        Figure("documents compared with their text", sum(report.compared for report in reports), ""),
        Figure("methods with a result", len({*answered} & {*REQUESTS}), "", len(REQUESTS), at_least=True),
        Figure("longest wait for an answer", max(report.slowest[0] for report in reports), "s"),
        Figure("faults", sum(len(report.faults) for report in reports), "", 0),
    ]


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--messages", type=int, default=20_000)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--session", type=int, default=1_000, help="messages to one server (default 1000)")
    options = ask.parse_args()
    return conclude("fuzz", options.json, lambda: measure(options.messages, options.seed, options.session))


if __name__ == "__main__":
    sys.exit(main())
