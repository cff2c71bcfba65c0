"""What the benchmarks share: figures beside their budgets, the machine that gave them, and where they are kept.

A benchmark hands `conclude` its work. What that returns is printed, kept with `--json FILE` for `tools.performance`,
and decides the exit code: 1 when a budget was missed. Not here: what is measured, and on which files (`workspaces`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
_MEMORY_SECONDS = 0.2  # between two looks at a process' memory
_KB = 1_024


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `budget` is the most that it may be, or with `at_least` the least; None where none is set."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.budget is None:
            return True
        return self.value >= self.budget if self.at_least else self.value <= self.budget

    def line(self) -> str:
        value = f"{self.what:58s}{shown(self.value):>10s} {self.unit:9s}"
        if self.budget is None:
            return value.rstrip()
        return f"{value} budget {'>=' if self.at_least else '<='} {shown(self.budget)}{'' if self.met else '  MISSED'}"


@dataclass(frozen=True, slots=True)
class Measured:
    """`raw` is what the figures were computed from, as JSON has it: small, and without paths."""

    figures: Sequence[Figure]
    raw: dict[str, Any] = field(default_factory=dict)


def shown(value: float) -> str:
    """Three digits, or all that stand before the point; a count as it is."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def arguments(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured in FILE")
    return parser


def conclude(name: str, keep: Path | None, work: Callable[[], Measured]) -> int:
    """Does the work, prints and keeps what came of it; the exit code."""
    before, started = load(), time.monotonic()
    measured = work()
    machine = {**facts(), "load_before": before, "load_after": load()}
    print(f"{name}: {machine_line(machine)}")
    print(*(f"  {figure.line()}" for figure in measured.figures), sep="\n", flush=True)
    if keep is not None:
        record = {
            "benchmark": name,
            "date": datetime.now(UTC).date().isoformat(),
            "seconds": round(time.monotonic() - started),
            "machine": machine,
            "figures": [asdict(figure) for figure in measured.figures],
            "raw": measured.raw,
        }
        keep.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 0 if all(figure.met for figure in measured.figures) else 1


def facts() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def machine_line(machine: dict[str, Any]) -> str:
    return (
        f"{machine['cpus']} CPUs, load {machine['load_before']} before and {machine['load_after']} after, "
        f"{machine['system']}, Python {machine['python']}, SQLite {machine['sqlite']}"
    )


def load() -> float:
    """Processes that wanted a CPU, on average over the last minute; 0 where the system does not say."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def spread(seconds: Sequence[float]) -> list[float]:
    """Milliseconds that 5 %, 10 % ... 100 % of the times do not exceed: what is kept of many."""
    return [round(1000 * quantile(seconds, step / 20), 2) for step in range(1, 21)]


def p50(times: Sequence[float]) -> float:
    """Of a `spread`."""
    return times[9]


def p95(times: Sequence[float]) -> float:
    return times[18]


# --- other processes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended. `cpu` seconds are its own and of the processes that it waited for; `peak_mb` is 0 where
    it was not watched."""

    out: str
    wall: float
    cpu: float
    peak_mb: float = 0.0


def run(command: Sequence[str], *, watch_memory: bool = False, env: dict[str, str] | None = None) -> Ended:
    """One that fails ends the benchmark: a figure without it would be of something else."""
    before, started = _children_cpu(), time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=clean_environment(env)
    )
    with PeakMemory(process.pid if watch_memory else None) as peak:
        out, err = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(command[:4])} ... ended with {process.returncode}: {err.strip()[-2000:]}")
    return Ended(out, time.perf_counter() - started, _children_cpu() - before, peak.mb)


def dt6(*words: str) -> list[str]:
    return [sys.executable, "-m", "dt6_lsp", *words]


def on_linux(name: str) -> None:
    """Ends a benchmark that elsewhere would show nothing."""
    if not sys.platform.startswith("linux"):
        sys.exit(f"{name}: only Linux tells what this benchmark asks of it, so nothing was measured.")


@contextmanager
def scratch(given: Path | None = None) -> Iterator[Path]:
    """A folder that is removed at the end; or the one that is given, which stays for the next benchmark."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="dt6-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


def clean_environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """Without what a user has set for DT6."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DT6_")} | (more or {})


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


class PeakMemory:
    """The most memory that a process and its descendants have together while the block runs, in MB: their PSS, which
    counts what is shared once. Only Linux tells it; 0 elsewhere, and for no process."""

    def __init__(self, pid: int | None) -> None:
        self._pid, self.mb, self._end = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> PeakMemory:
        if self._pid is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._pid is not None:
            self._thread.join()

    def _work(self) -> None:
        assert self._pid is not None
        while not self._end.wait(_MEMORY_SECONDS):
            self.mb = max(self.mb, memory_mb(self._pid))


def memory_mb(pid: int) -> float:
    return sum(map(_pss_kb, family(pid))) * _KB / 1e6


def family(pid: int) -> list[int]:
    """The process and its descendants; those that end meanwhile are left out."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found.extend(map(int, (task / "children").read_text(encoding="ascii").split()))
    return found


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
