"""`python -m tests.benchmarks.faults [--write FILE]`: what a person reads when a model server does something wrong.

Each row of `tests.fault_table` is asked through a real engine over real HTTP, with both protocols; the page has what
came. `--write docs/faults.md` makes the page of the documentation, which the tests of the same rows hold against what
they see. Not here: whether nothing is left open (`soak_asks`).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tests.fault_table import ANSWER, BACKENDS, FAULTS, QUESTION, Backend, Fault, engine_of, line_of, settings_for
from tests.servers.model_server import ModelServer
from tests.unit.assistant_fixtures import done

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


def rows(fault: Fault) -> list[str]:
    lines = [(backend, asyncio.run(said(fault, backend))) for backend in BACKENDS]
    return [f"| {fault.name} | {backend} | {line or '(nothing)'} | {_NEXT[fault.outcome]} |" for backend, line in lines]


def page() -> str:
    table = ["| what happens | backend | what you read | what follows |", "|---|---|---|---|"]
    return "\n".join([_INTRO, *table, *(row for fault in FAULTS for row in rows(fault)), ""])


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--write", type=Path, metavar="FILE")
    options = ask.parse_args()
    if options.write is None:
        print(page())
    else:
        options.write.write_text(page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
