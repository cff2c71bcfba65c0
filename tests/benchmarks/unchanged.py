"""A workspace of 10,000 files that is as it was, and a switch of branches in it that touches 500 files.

    python -m tests.benchmarks.unchanged [--files 10000] [--rounds 5] [--json FILE]

Unchanged: from the start of `dt6-lsp index` to its end, as a user waits. The switch is one in a real git repository: an
index that is up to date is told of it by its own watcher, and has caught up when search finds what only the new branch
has and nothing of the old one. A switch back must embed nothing: the ledger has those vectors still. The files are the
first lines of real code that is installed on this machine.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING, Any

from dt6_lsp.app import store_folder
from dt6_lsp.cancel import CancelToken
from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, dt6, run, scratch
from tests.benchmarks.workspaces import function, real_code, write_files
from tests.git_workspaces import git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.models.base import Fingerprint

READY_SECONDS = 1.5
SWITCH_SECONDS = 3.0
TOUCHED = 500
_LINES = 40  # of each file
_LOOKED_AT = 5  # touched files that are searched for


class Counting:
    """An embedder that counts what it was given."""

    def __init__(self, inner: TextEmbedder) -> None:
        self._inner, self.texts = inner, 0

    def fingerprint(self) -> Fingerprint:
        return self._inner.fingerprint()

    def documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        self.texts += len(texts)
        return self._inner.documents(texts, cancel)

    def query(self, text: str) -> NDArray[np.float32]:
        return self._inner.query(text)


def make_repository(root: Path, files: int) -> None:
    """Two branches: half of the touched files differ, a quarter is only here, a quarter only there. A tenth more files
    than are asked for, since some are empty or look like secrets."""
    root.mkdir()
    write_files(root, real_code(_LINES), files * 11 // 10 - TOUCHED)
    _touched(root, "first", range(TOUCHED * 3 // 4))
    git(root, "init", "-q")
    _commit(root, "main")
    git(root, "checkout", "-qb", "other")
    for number in range(TOUCHED // 4):
        (root / _name(number)).unlink()
    _touched(root, "second", range(TOUCHED // 4, TOUCHED))
    _commit(root, "other")
    git(root, "checkout", "-q", "main")


def _touched(root: Path, word: str, numbers: range) -> None:
    (root / "touched").mkdir(exist_ok=True)
    for number in numbers:
        (root / _name(number)).write_text(function(number, _mark(word, number)), encoding="utf-8")


def _name(number: int) -> str:
    return f"touched/file{number}.py"


def _mark(word: str, number: int) -> str:
    return f"{word}branch{number}x"


def _commit(root: Path, name: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", name)


def switch(index: Index, branch: str, counting: Counting, stop: CancelToken) -> dict[str, Any]:
    """Seconds from the end of git's work until the index has caught up."""
    new, old = ("second", "first") if branch == "other" else ("first", "second")
    lacks, has = (_marks(old, branch == "main"), _marks(new, branch == "other"))
    before = counting.texts
    with closing(index.changes(stop)) as batches:  # type: ignore[type-var]
        next(batches)  # everything, which is known
        started = time.perf_counter()
        git(index.root, "checkout", "-q", branch)
        checked_out, cpu = time.perf_counter(), time.process_time()
        index.update(paths=next(batches))
        while not (all(_finds(index, mark) for mark in has) and not any(_finds(index, mark) for mark in lacks)):
            index.update(paths=next(batches))
        caught_up = time.perf_counter()
    return {
        "git": round(checked_out - started, 3),
        "seconds": round(caught_up - checked_out, 3),
        "cpu": round(time.process_time() - cpu, 3),
        "embedded": counting.texts - before,
    }


def _marks(word: str, later: bool) -> list[str]:
    """Some that one branch has: `other` lacks the first quarter, `main` the last."""
    start = TOUCHED // 4 if later else 0
    return [_mark(word, start + step * TOUCHED * 3 // 4 // _LOOKED_AT) for step in range(_LOOKED_AT)]


def _finds(index: Index, mark: str) -> bool:
    return any(found.name == mark for found in index.symbols(mark))


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    root, data = folder / "work", folder / "data"
    make_repository(root, options.files)
    command = dt6("index", str(root), "--json", "--no-wait-sync", "--data-dir", str(data))
    files = json.loads(run(command).out)["files"]
    again = [run(command) for _ in range(options.rounds)]
    ready = {"wall": [round(each.wall, 3) for each in again], "cpu": [round(each.cpu, 2) for each in again]}
    ready["run"] = [json.loads(each.out)["seconds"] for each in again]
    embedder = build_embedder(Settings())
    counting, stop = Counting(embedder), CancelToken()
    with closing(Index.open(root, store_folder(root, data), counting, Settings())) as index:
        index.update()
        switches = [switch(index, ("other", "main")[turn % 2], counting, stop) for turn in range(4)]
    embedder.close()
    raw = {"files": files, "ready": ready, "touched": TOUCHED, "switches": switches}
    return Measured(figures(raw), raw)


def figures(raw: dict[str, Any]) -> list[Figure]:
    files, ready, switches = raw["files"], raw["ready"], raw["switches"]
    return [
        Figure(f"{files:,} unchanged files: whole command", median(ready["wall"]), "s", READY_SECONDS),
        Figure("the same without starting and ending", median(ready["run"]), "s"),
        Figure("the same in CPU, whole command", median(ready["cpu"]), "s"),
        Figure(f"first switch, {raw['touched']} files, until caught up", switches[0]["seconds"], "s", SWITCH_SECONDS),
        Figure("first switch, CPU", switches[0]["cpu"], "s"),
        Figure("first switch: texts embedded", switches[0]["embedded"], ""),
        Figure("later switches, the slowest", max(each["seconds"] for each in switches[1:]), "s", SWITCH_SECONDS),
        Figure("later switches, CPU, the most", max(each["cpu"] for each in switches[1:]), "s"),
        Figure("later switches: texts embedded", sum(each["embedded"] for each in switches[1:]), "", 0),
    ]


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--files", type=int, default=10_000)
    ask.add_argument("--rounds", type=int, default=5)
    options = ask.parse_args()
    with scratch() as folder:
        return conclude("unchanged", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
