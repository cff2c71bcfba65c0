"""Lives of a git repository beside a watched index, many more than the tests have time for.

    python -m tests.benchmarks.truth [--lives 500] [--seed 0]

Each is a sequence of edits, renames, moved folders, changed ignore files and git commands. Whenever things settle, and
at the end, the index must equal a fresh one. The first life that does not is made as short as it can be and shown; the
exit code is 1 then.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.git_workspaces import LIVES, Step, live


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    done: Counter[str] = Counter()
    phases = (Phase.generate, Phase.shrink)

    @seed(arguments.seed)
    @settings(
        max_examples=arguments.lives,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=tuple(HealthCheck),
    )
    @given(LIVES)
    def check(steps: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as name:
            problem = live(Path(name).resolve(), steps)
        done["lives"] += 1
        done.update(step[0] if step[0] != "git" else f"git {step[1]}" for step in steps)
        assert problem == "", problem

    started = time.monotonic()
    try:
        check()
    except AssertionError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n")
        return 1
    finally:
        print(f"{done.pop('lives', 0)} lives in {time.monotonic() - started:.0f} s; steps: {dict(done.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
