"""How the time of a cold index grows: workspaces of 1,000 lines to a million, each ten times the one before.

    python -m tests.benchmarks.linearity [--largest 1000000] [--json FILE]

The budget: ten times the lines take at most eleven times as long. The files are real code that is installed on this
machine, and a smaller workspace is a sample of the larger one. Time is that of the run without the start of the
process, which would flatter; CPU counts workers, too.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import Figure, Measured, arguments, conclude, dt6, run, scratch
from tests.benchmarks.workspaces import real_code, write

if TYPE_CHECKING:
    from pathlib import Path

RATIO = 11.0
SMALLEST = 1_000
_ENOUGH_LINES = 300_000  # measured in all, for each size: small sizes are measured more often
_ROUNDS = 5


def of_size(folder: Path, lines: int) -> dict[str, Any]:
    """Medians; `cpu` is without what an index of nothing much costs, as `seconds` are."""
    root, rounds = folder / "work", []
    written = write(root, real_code(), lines)
    for _ in range(max(1, min(_ROUNDS, _ENOUGH_LINES // lines))):
        command = dt6("index", str(root), "--json", "--no-wait-sync", "--data-dir", str(folder / "data"))
        ended = run(command)
        rounds.append((json.loads(ended.out), ended.cpu))
        shutil.rmtree(folder / "data")
    shutil.rmtree(root)
    told = rounds[0][0]
    seconds, cpu = median(each["seconds"] for each, _ in rounds), median(each for _, each in rounds)
    facts = {"lines": written, "files": told["files"], "chunks": told["chunks"]}
    return {**facts, "rounds": len(rounds), "seconds": round(seconds, 3), "cpu": round(cpu, 2)}


def measure(folder: Path, largest: int) -> Measured:
    sizes = [of_size(folder, lines) for lines in _sizes(largest)]
    figures = [Figure(f"{size['lines']:,} lines in {size['files']:,} files", size["seconds"], "s") for size in sizes]
    for small, large in itertools.pairwise(sizes):
        name = f"{large['lines']:,} lines against {small['lines']:,}, for ten times the lines"
        figures.append(Figure(name, _growth(small, large, "seconds"), "x", RATIO))
        figures.append(Figure("    the same in CPU, with the start of the process", _growth(small, large, "cpu"), "x"))
    return Measured(figures, {"sizes": sizes})


def _growth(small: dict[str, Any], large: dict[str, Any], key: str) -> float:
    growth: float = large[key] / small[key] * 10 / (large["lines"] / small["lines"])
    return growth


def _sizes(largest: int) -> list[int]:
    return [lines for lines in (SMALLEST * 10**step for step in range(10)) if lines <= largest]


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--largest", type=int, default=1_000_000, metavar="LINES")
    options = ask.parse_args()
    with scratch() as folder:
        return conclude("linearity", options.json, lambda: measure(folder, options.largest))


if __name__ == "__main__":
    sys.exit(main())
