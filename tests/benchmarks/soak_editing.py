"""What half an hour in an editor leaves in the server: tasks, threads, open files, memory.

    python -m tests.benchmarks.soak_editing [--minutes 30] [--warm-up 5] [--pause 0.5] [--seed 0] [--json FILE]

A real server over stdio, with a model server that answers, fails and breaks off; `tests.editing_soak` says what is
done. Grown is the median of the last fifth of the looks, less that of the first fifth after the warm-up: caches are
full then.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.measure import Figure, Measured, arguments, conclude, on_linux, scratch
from tests.editing_soak import KEPT_FILES, Held, Soak, soak

if TYPE_CHECKING:
    import argparse
    from collections import Counter

_MEMORY_KB = 8_000
_EVERY = 5  # rounds, between two looks
_FIFTH = 5


def measure(options: argparse.Namespace) -> Measured:
    looks: list[Held] = []
    done: Counter[str] | None = None
    started = time.monotonic()

    async def goes_on(_: Soak) -> bool:
        await asyncio.sleep(options.pause)  # as a person pauses, so that the machine has time for others
        return bool(time.monotonic() - started < 60 * options.minutes)

    def seen(session: Soak, held: Held) -> None:
        nonlocal done
        done = session.done
        if time.monotonic() - started >= 60 * options.warm_up:
            looks.append(held)
        print(f"  {time.monotonic() - started:5.0f} s  {_line(held)}", file=sys.stderr, flush=True)

    with scratch() as folder:
        asyncio.run(soak(folder, random.Random(options.seed), goes_on, seen, _EVERY))
    assert done is not None
    return Measured(figures(looks, done), {"looks": [_kept(held) for held in looks], "seed": options.seed})


def figures(looks: list[Held], done: Counter[str]) -> list[Figure]:
    few = max(1, len(looks) // _FIFTH)
    first, last = looks[:few], looks[-few:]

    def grown(name: str) -> float:
        before, after = (median(_kept(held)[name] for held in some) for some in (first, last))
        return after - before

    return [
        *(Figure(f"  {what}", count, "") for what, count in sorted(done.items())),
        Figure("looks after the warm-up", len(looks), "", 4, at_least=True),
        Figure("tasks at the end", median(held.tasks for held in last), ""),
        Figure("tasks grown", grown("tasks"), "", 0),
        Figure("threads grown", grown("threads"), "", 0),
        Figure("open files grown", grown("files"), "", KEPT_FILES),
        Figure("memory at the end", median(held.memory_kb for held in last), "KB"),
        Figure("memory grown", grown("memory_kb"), "KB", _MEMORY_KB),
        Figure("objects grown", grown("objects"), ""),
    ]


def _line(held: Held) -> str:
    return ", ".join(f"{each:,} {name}" for name, each in _kept(held).items())


def _kept(held: Held) -> dict[str, int]:
    return {name: each for name, each in asdict(held).items() if name not in ("named", "kinds")}


def main() -> int:
    on_linux("soak_editing")
    ask = arguments(__doc__)
    ask.add_argument("--minutes", type=float, default=30.0)
    ask.add_argument("--warm-up", type=float, default=5.0, help="minutes before the first look that counts")
    ask.add_argument("--pause", type=float, default=0.5, help="seconds between two rounds")
    ask.add_argument("--seed", type=int, default=0)
    options = ask.parse_args()
    return conclude("soak_editing", options.json, lambda: measure(options))


if __name__ == "__main__":
    sys.exit(main())
