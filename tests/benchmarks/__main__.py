"""All benchmarks of speed and size, one after another, each in a process of its own; then what was missed.

    python -m tests.benchmarks [--only NAME ...] [--keep DIR] [--corpora DIR [--repos FILE]] [--semble PYTHON|none]

`make bench` runs this. `--keep` is for `make bench-data`: it writes a file of measured data for each benchmark, from
which docs/performance.md is made, and also runs what needs repositories and packages of others (`import_edges`). The
exit code is 1 when a budget was missed or a benchmark failed.
Not here: what takes too long or needs annotated queries (`ablation`, `kills`, `truth`, `token_economy`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measure import ROOT, Figure, scratch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OF_CORPORA = ("corpora", "repos", "semble")
_LINUX = ("memory", "stages", "soak_asks")
_ASKING = (
    "routing", "followups", "remembering", "cache", "cache_hits", "token_counts", "architecture", "faults",
)  # fmt: skip


def commands(options: argparse.Namespace, folder: Path) -> dict[str, list[str]]:
    """What each benchmark is started with. Those with `--prepared` share their workspaces."""
    given = [word for name in _OF_CORPORA if (value := getattr(options, name)) for word in (f"--{name}", value)]
    prepared = ["--prepared", str(folder / "prepared")]
    here = [name for name in _LINUX if sys.platform.startswith("linux")]
    of_others = {"import_edges": given[:2] if options.corpora else []} if options.keep or options.only else {}
    return {
        "startup": [],
        "unchanged": [],
        "indexing": given,
        "linearity": [],
        "saved_file": prepared,
        "latency": prepared,
        "lsp": prepared,
        "completion": prepared,
        "chroma_sync": ["--chunks", "20000"],
        "followers": ["--rounds", "3"],
        **{name: [] for name in (*_ASKING, *here)},
        **of_others,
    }


def run_all(wanted: Mapping[str, Sequence[str]], keep: Path) -> list[str]:
    """One line for each benchmark: how long it took, and what it missed."""
    lines = []
    for name, words in wanted.items():
        file, started = keep / f"{name}.json", time.monotonic()
        file.unlink(missing_ok=True)
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *words, "--json", str(file)]
        failed = subprocess.run(command, cwd=ROOT).returncode and not file.exists()
        missed = ["failed"] if failed else _missed(file)
        verdict = f"MISSED: {'; '.join(missed)}" if missed else "met"
        lines.append(f"{name:13s}{time.monotonic() - started:5.0f} s  {verdict}")
    return lines


def _missed(file: Path) -> list[str]:
    figures = [Figure(**each) for each in json.loads(file.read_text(encoding="utf-8"))["figures"]]
    return [figure.what.strip() for figure in figures if not figure.met]


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--only", nargs="+", default=[], metavar="NAME", choices=commands_named())
    ask.add_argument("--keep", type=Path, metavar="DIR", help="where the measured data go")
    ask.add_argument("--corpora", default="", help="repositories for `indexing`")
    ask.add_argument("--repos", default="", help="which of them, as a JSON list")
    ask.add_argument("--semble", default="", metavar="PYTHON", help='a Python that has semble, or "none"')
    options = ask.parse_args()
    with scratch() as folder, scratch(options.keep) as keep:
        wanted = commands(options, folder)
        lines = run_all({name: wanted[name] for name in options.only or wanted}, keep)
    print("", *lines, sep="\n")
    return 1 if any("MISSED" in line for line in lines) else 0


def commands_named() -> list[str]:
    return list(commands(argparse.Namespace(corpora="", repos="", semble="", keep=Path()), Path()))


if __name__ == "__main__":
    sys.exit(main())
