"""From spawn to the answer to `initialize`: DT6 against an empty pygls server, by turns in one run.

    python -m tests.benchmarks.startup [--rounds 15] [--json]

The budget is a ratio of medians of at most 1.15; the exit code is 1 above it. What is measured is what an editor waits
for: process start, imports, reading the request, the response. Neither side gets a workspace or a warm cache that the
other lacks: bytecode is compiled in a first round that does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import pytest_lsp

BUDGET = 1.15
HERE = Path(__file__).parents[2]
EMPTY = 'from pygls.lsp.server import LanguageServer; LanguageServer("empty", "1").start_io()'
SERVERS = {
    "empty pygls": (sys.executable, "-c", EMPTY),
    "dt6-lsp": (sys.executable, "-m", "dt6_lsp", "serve", "--stdio"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds, except `ratio`."""

    rounds: int
    empty: float
    dt6: float
    ratio: float


def message(**fields: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def initialize() -> bytes:
    """As VS Code sends it, in size and in what must be understood."""
    recorded = Path(pytest_lsp.__file__).parent / "clients" / "visual_studio_code_v1.65.2.json"
    params = json.loads(recorded.read_text(encoding="utf-8"))
    return message(id=1, method="initialize", params={**params, "processId": None, "rootUri": None})


def seconds_to_answer(command: tuple[str, ...], request: bytes, env: dict[str, str]) -> float:
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE, env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(request)
        process.stdin.flush()
        header = process.stdout.readline()
        elapsed = time.perf_counter() - started
        assert header.startswith(b"Content-Length"), header
        process.stdin.write(message(method="exit"))
        process.stdin.close()
        process.stdout.read()
    return elapsed


def measure(rounds: int) -> Result:
    taken: dict[str, list[float]] = {name: [] for name in SERVERS}
    request = initialize()
    with tempfile.TemporaryDirectory() as state:
        env = {name: value for name, value in os.environ.items() if not name.startswith("DT6_")}
        env["DT6_DATA_DIR"] = state
        for turn in range(rounds + 1):
            for name, command in SERVERS.items():
                elapsed = seconds_to_answer(command, request, env)
                if turn:
                    taken[name].append(elapsed)
    empty, dt6 = (median(times) for times in taken.values())
    return Result(rounds, empty, dt6, dt6 / empty)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time to the answer to `initialize`, against an empty pygls server.")
    parser.add_argument("--rounds", type=int, default=15, help="spawns of each server that count (default 15)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = measure(options.rounds)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print(f"empty pygls server  {result.empty * 1000:7.1f} ms")
        print(f"dt6-lsp serve       {result.dt6 * 1000:7.1f} ms")
        print(f"ratio               {result.ratio:7.3f}     (budget {BUDGET})")
    return 0 if result.ratio <= BUDGET else 1


if __name__ == "__main__":
    raise SystemExit(main())
