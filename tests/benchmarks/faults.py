"""`python -m tests.benchmarks.faults [--write FILE] [--json FILE]`: what a person reads when a model server does
something wrong.

Each row of `tests.fault_table` is asked through a real engine over real HTTP, with both protocols; the page has what
came. `--write docs/faults.md` makes the page of the documentation, which the tests of the same rows hold against what
they see. Not here: whether nothing is left open (`soak_asks`).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measure import ROOT, Figure, Measured, arguments, conclude
from tests.fault_table import ANSWER, BACKENDS, FAULTS, QUESTION, Backend, Fault, engine_of, line_of, settings_for
from tests.servers.model_server import ModelServer
from tests.unit.assistant_fixtures import done

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = ROOT / "docs/faults.md"

_INTRO = """# When a model server fails

What DT6 says, in one line beside the answer, and what follows. A question is never lost: what fails before the first
word is asked again where that may help, then the next backend of `chat.fallback` is asked, then DT6 answers from its
index. What breaks off later stays as far as it came. `python -m tests.benchmarks.faults` printed the lines below
with the time limits of a test; yours are in [the settings](settings.md).
"""
_NEXT = {
    "answer": "asked again, and answered",
    "digest": "an answer from the index",
    "broken": "what was written stays",
}


async def said(fault: Fault, backend: Backend) -> str:
    with ModelServer(answer=lambda _: ANSWER) as server:
        server.enqueue(*fault.script)
        async with engine_of(settings_for(server, backend, fault)) as engine:
            return line_of(done([event async for event in engine.ask(QUESTION)]).notice)


def page(lines: Sequence[tuple[Fault, Backend, str]]) -> str:
    rows = [f"| {each.name} | {side} | {line or '(nothing)'} | {_NEXT[each.outcome]} |" for each, side, line in lines]
    table = ["| what happens | backend | what you read | what follows |", "|---|---|---|---|"]
    return "\n".join([_INTRO, *table, *rows, ""])


def measure(write: Path | None) -> Measured:
    lines = [(fault, backend, asyncio.run(said(fault, backend))) for fault in FAULTS for backend in BACKENDS]
    told = page(lines)
    if write is not None:
        write.write_text(told, encoding="utf-8", newline="\n")
    print(told)
    kept = PAGE.read_text(encoding="utf-8").splitlines()
    return Measured(
        [
            Figure("faults, with each protocol", len(lines), ""),
            Figure(
                "of which the line does not say what happened",
                sum(one.says not in said for one, _, said in lines),
                "",
                0,
            ),
            Figure(
                "lines that are others than in docs/faults.md", sum(row not in kept for row in told.splitlines()), "", 0
            ),
        ]
    )


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--write", type=Path, metavar="FILE")
    options = ask.parse_args()
    return conclude("faults", options.json, lambda: measure(options.write))


if __name__ == "__main__":
    sys.exit(main())
