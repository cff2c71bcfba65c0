"""From spawn to the answer to `initialize`: DT6 against an empty pygls server, by turns in one run.

    python -m tests.benchmarks.startup [--rounds 15] [--json FILE]

The budget is a ratio of medians of at most 1.15. What is measured is what an editor waits for: process start, imports,
reading the request, the response. Neither side gets a workspace or a warm cache that the other lacks: bytecode is
compiled in a first round that does not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest_lsp

from tests.benchmarks.measure import (
    ROOT,
    Figure,
    Measured,
    arguments,
    clean_environment,
    conclude,
    dt6,
    scratch,
    spread,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BUDGET = 1.15
EMPTY = 'from pygls.lsp.server import LanguageServer; LanguageServer("empty", "1").start_io()'
SERVERS = {"empty pygls server": [sys.executable, "-c", EMPTY], "dt6-lsp serve": dt6("serve", "--stdio")}


def message(**fields: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def initialize() -> bytes:
    """As VS Code sends it, in size and in what must be understood."""
    recorded = Path(pytest_lsp.__file__).parent / "clients" / "visual_studio_code_v1.65.2.json"
    params = json.loads(recorded.read_text(encoding="utf-8"))
    return message(id=1, method="initialize", params={**params, "processId": None, "rootUri": None})


def seconds_to_answer(command: list[str], request: bytes, env: dict[str, str]) -> float:
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=env) as process:
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


def measure(rounds: int, others: Mapping[str, list[str]] = MappingProxyType({})) -> Measured:
    """`others` are servers that take turns, too."""
    servers = {**SERVERS, **others}
    taken: dict[str, list[float]] = {name: [] for name in servers}
    request = initialize()
    with scratch() as state:
        env = clean_environment({"DT6_DATA_DIR": str(state)})
        for turn in range(rounds + 1):
            for name, command in servers.items():
                elapsed = seconds_to_answer(command, request, env)
                if turn:
                    taken[name].append(elapsed)
    empty, own = (median(taken[name]) for name in SERVERS)
    figures = [Figure(f"{name}: spawn to `initialize`", 1000 * median(times), "ms") for name, times in taken.items()]
    figures.append(Figure("DT6 against the empty server", own / empty, "x", BUDGET))
    return Measured(figures, {name: spread(times) for name, times in taken.items()})


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--rounds", type=int, default=15, help="spawns of each server that count (default 15)")
    options = ask.parse_args()
    return conclude("startup", options.json, lambda: measure(options.rounds))


if __name__ == "__main__":
    sys.exit(main())
