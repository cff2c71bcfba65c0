"""Conversations outlive the processes that write them: several at once, and one that is killed while it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dt6_lsp.assistant.memory import rows
from dt6_lsp.index.records import Records
from tests.unit.test_assistant_memory import keep, questions, remembering

pytestmark = pytest.mark.slow

_ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
_WRITER = """
import sys
from pathlib import Path
from dt6_lsp.assistant.memory import rows
from dt6_lsp.index.records import Records
from tests.unit.test_assistant_memory import answered, keep, remembering

folder, conversation, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
memory = remembering(Records(folder, (rows.TABLES,)))
for number in range(most):
    keep(memory, f"{conversation} {number}", answered("word " * 500), conversation=conversation)
    print(number, flush=True)
"""


def writer(folder: Path, conversation: str, most: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(folder), conversation, str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_ENV)


@pytest.mark.parametrize("after", [1, 7, 40])
def test_a_process_that_is_killed_loses_the_turn_that_it_was_writing_at_most(after: int, tmp_path: Path) -> None:
    with writer(tmp_path, "talk", 100_000) as child:
        assert child.stdout is not None
        told = [next(child.stdout) for _ in range(after)]
        child.kill()
        told += child.stdout.readlines()
    said = sum(line.endswith("\n") for line in told)
    with closing(Records(tmp_path, (rows.TABLES,))) as records:
        kept = questions(records, "talk") or []
        assert len(kept) in (said, said + 1)
        assert kept == [f"talk {number}" for number in range(len(kept))]
        assert records.read(lambda file: file.execute("PRAGMA integrity_check").fetchone(), None) == ("ok",)
        keep(remembering(records), "afterwards", conversation="talk")
        assert (questions(records, "talk") or [])[-1] == "afterwards"
        assert records.notices == ()


def test_two_processes_write_one_workspace_and_nothing_is_lost(tmp_path: Path) -> None:
    children = [writer(tmp_path, name, 60) for name in ("one", "two")]
    for child in children:
        assert child.communicate()[0].count("\n") == 60
        assert child.returncode == 0
    with closing(Records(tmp_path, (rows.TABLES,))) as records:
        for name in ("one", "two"):
            assert questions(records, name) == [f"{name} {number}" for number in range(60)]
        assert remembering(records).kept().turns == 120
