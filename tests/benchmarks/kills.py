"""SIGKILL at random moments of indexing, collecting, embedding, copying to ChromaDB, compacting and `dt6-lsp gc`, each
followed by a restart.

    python -m tests.benchmarks.kills [--times 200] [--seed 0]

After each kill an ordinary start and run must leave an index that equals a fresh one: rows, vectors, ChromaDB's copy,
and what searches find. The workspace changes before each run, the model sometimes, and old vectors are due to be
collected each time. The exit code is 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.kills import PHASES, Lives


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()
    wrong: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        lives = Lives(Path(name), random.Random(arguments.seed))
        while lives.killed.total() < arguments.times:
            phase = lives.chances.choice(PHASES)
            if lives.kill(phase) and (problem := lives.restarted()):
                wrong[problem] += 1
                print(f"round {lives.round}, killed while {phase}: {problem}", flush=True)
            for fresh in lives.folder.glob("fresh-*"):
                shutil.rmtree(fresh)
    print(f"{lives.killed.total()} kills in {time.monotonic() - started:.0f} s: {dict(lives.killed)}")
    print(f"notices: {dict(lives.notices)}")
    print(f"restarts that were not right: {wrong.total()} {dict(wrong) or ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
