"""A cold index, from the start of the command to its end: chunks a second, CPU, memory, and semble on the same files.

    python -m tests.benchmarks.indexing [--corpora DIR [--repos FILE]] [--rounds 3] [--semble PYTHON|none] [--json FILE]

`--corpora` is a folder of repositories, which are indexed together as one workspace; `--repos` names those to take, and
the folder of each (the benchmark's repos.json). Without, real code that is installed on this machine is taken.
semble (a published code search, PyPI) gets DT6's static vectors and an environment of its own, which is made the first
time; it runs as it comes and with as many workers as there are cores, by turns with DT6. DT6's index is on disk when
its command ends; semble's is in memory then, and the time to save it is a figure of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks import peer
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, dt6, run, scratch
from tests.benchmarks.workspaces import real_code, write

if TYPE_CHECKING:
    import argparse

CHUNKS_PER_SECOND = 3_000
CORES = 2  # that the budget is for
LINES = 400_000
_CHECKOUT = shutil.ignore_patterns(".git")


def make_workspace(root: Path, corpora: Path | None, repos: Path | None) -> None:
    if corpora is None:
        write(root, real_code(), LINES)
    elif repos is None:
        shutil.copytree(corpora, root, ignore=_CHECKOUT, symlinks=True)
    else:
        for repo in json.loads(repos.read_text(encoding="utf-8")):
            part = corpora / repo["name"] / (repo.get("benchmark_root") or "")
            shutil.copytree(part, root / repo["name"], ignore=_CHECKOUT, symlinks=True)


def once(side: str, root: Path, folder: Path, python: Path | None, *, watch_memory: bool) -> dict[str, Any]:
    state = folder / "state"
    if side == "dt6":
        command = dt6("index", str(root), "--json", "--no-wait-sync", "--data-dir", str(state))
        ended = run(command, watch_memory=watch_memory)
    else:
        workers = str(os.cpu_count() or 1) if side == "semble, all cores" else "0"
        state.mkdir()
        env = {"SEMBLE_CACHE_LOCATION": str(state), "SEMBLE_INDEX_WORKERS": workers, "HF_HUB_OFFLINE": "1"}
        command = [str(python), str(peer.SIDE), str(root), str(folder / "model")]
        ended = run(command, watch_memory=watch_memory, env=env)
    shutil.rmtree(state)
    told = json.loads(ended.out)
    saved = told.get("save_seconds", 0.0)
    facts = {name: told[name] for name in ("files", "chunks", "seconds")}
    wall = round(ended.wall - saved, 3)
    return {**facts, "wall": wall, "cpu": round(ended.cpu, 2), "peak_mb": round(ended.peak_mb), "save": saved}


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    root, python = folder / "work", None
    make_workspace(root, options.corpora, options.repos)
    sides = ["dt6"]
    if options.semble != "none":
        python = Path(options.semble) if options.semble else peer.installed()
        peer.model_folder(folder / "model")
        sides += ["semble", "semble, all cores"]
    rounds: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    peaks: dict[str, float] = {}
    for turn in range(options.rounds + 1):  # the first shows the memory, and fills the caches of the system
        for side in sides:
            one = once(side, root, folder, python, watch_memory=not turn)
            peaks.setdefault(side, one.pop("peak_mb"))
            if turn:
                rounds[side].append(one)
    of = Figure("repositories", sum(1 for _ in root.iterdir()) if options.corpora else 0, "")
    return Measured([of, *figures(rounds, peaks)], {"rounds": rounds, "peak_mb": peaks})


def figures(rounds: dict[str, list[dict[str, Any]]], peaks: dict[str, float]) -> list[Figure]:
    middle = {side: {key: median(one[key] for one in each) for key in each[0]} for side, each in rounds.items()}
    dt6_side = middle["dt6"]
    chunks, cpu = dt6_side["chunks"], dt6_side["cpu"]
    found = [
        Figure("cold index, whole command", chunks / dt6_side["wall"], "chunks/s", CHUNKS_PER_SECOND, at_least=True),
        Figure("the same without starting and ending", chunks / dt6_side["seconds"], "chunks/s"),
        Figure("the same for each CPU second", chunks / cpu, "chunks", CHUNKS_PER_SECOND / CORES, at_least=True),
    ]
    for side, values in middle.items():
        found.append(Figure(f"{side}: files", values["files"], ""))
        found.append(Figure(f"{side}: chunks", values["chunks"], ""))
        found.append(Figure(f"{side}: until searchable", values["wall"], "s"))
        found.append(Figure(f"{side}: CPU", values["cpu"], "s"))
        if peaks[side]:
            found.append(Figure(f"{side}: most memory", peaks[side], "MB PSS"))
        if side != "dt6":
            found.append(Figure(f"{side}: saving it", values["save"], "s"))
            found.append(Figure(f"DT6 against {side}, time", dt6_side["wall"] / values["wall"], "x", 1.0))
            found.append(Figure(f"DT6 against {side}, CPU", cpu / values["cpu"], "x"))
    return found


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--corpora", type=Path, help="a folder of repositories")
    ask.add_argument("--repos", type=Path, help="a JSON list of name and benchmark_root")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--semble", default="", metavar="PYTHON", help='a Python that has semble, or "none"')
    options = ask.parse_args()
    with scratch() as folder:
        return conclude("indexing", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
