"""What a thousand questions leave behind, asked of a model server that answers, fails, stalls and breaks off.

    python -m tests.benchmarks.soak_asks [--asks 1000] [--seed 0] [--json FILE]

A real engine and real HTTP, with both protocols, eight questions at once; one in ten is stopped while it is answered.
Grown is what the process holds at the end, less what it held after a warm-up.
"""

from __future__ import annotations

import asyncio
import random
import sys

from tests.benchmarks.measure import Figure, Measured, arguments, conclude, on_linux, scratch
from tests.fault_table import BACKENDS
from tests.soak import KEPT_FILES, KEPT_SOCKETS, REACHED, soak

_WARM_UP = 200
_MEMORY_KB = 8_000  # for each thousand questions: measures and the counter's calibration settle slowly


def measure(asks: int, seed: int) -> Measured:
    figures = []
    for backend in BACKENDS:
        with scratch() as folder:
            before, after, ends = asyncio.run(soak(folder, asks, _WARM_UP, random.Random(seed), backend))
        reached = ends.pop(REACHED)
        figures += [
            Figure(f"{backend}: questions", ends.total(), "", asks, at_least=True),
            Figure(f"{backend}: requests that reached the server", reached, "", asks * 0.8, at_least=True),
            *(Figure(f"  ended as {how}", number, "") for how, number in sorted(ends.items())),
            Figure(f"{backend}: tasks grown", after.tasks - before.tasks, "", 0),
            Figure(f"{backend}: sockets grown", after.sockets - before.sockets, "", KEPT_SOCKETS),
            Figure(f"{backend}: other open files grown", after.files - before.files, "", KEPT_FILES),
            Figure(f"{backend}: threads grown", after.threads - before.threads, "", 0),
            Figure(f"{backend}: memory grown", after.memory_kb - before.memory_kb, "KB", _MEMORY_KB * asks / 1000),
        ]
    return Measured(figures)


def main() -> int:
    on_linux("soak_asks")
    ask = arguments(__doc__)
    ask.add_argument("--asks", type=int, default=1_000)
    ask.add_argument("--seed", type=int, default=0)
    options = ask.parse_args()
    return conclude("soak_asks", options.json, lambda: measure(options.asks, options.seed))


if __name__ == "__main__":
    sys.exit(main())
