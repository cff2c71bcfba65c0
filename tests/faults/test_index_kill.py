"""Killed at any moment, while indexing or while copying to ChromaDB: the next run finds no row lost or twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.index_fixtures import LONG_AGO, chroma_ids, chunk_ids, function, opened, rows, write

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
# Says where it is, so that the test can choose a moment within that part of the work.
CHILD = """
import sys
from pathlib import Path
from tests.index_fixtures import FakeEmbedder, opened

if __name__ == "__main__":
    with opened(Path(sys.argv[1]), Path(sys.argv[2]), FakeEmbedder()) as index:
        tell = lambda step: print(step.phase, flush=True)
        index.update(wait_sync=True, progress=tell)
"""


def _run_and_kill(script: Path, root: Path, store: Path, phase: str, seconds: float) -> bool:
    """Kills the child `seconds` after it first says `phase`; whether it was still alive then."""
    with subprocess.Popen([sys.executable, script, root, store], stdout=subprocess.PIPE, text=True, env=ENV) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == phase:
                break
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "longest"), [("indexing", 0.4), ("embedding", 0.1), ("syncing", 0.6)])
def test_a_killed_run_is_continued(tmp_path: Path, phase: str, longest: float) -> None:
    root, store, script = tmp_path / "work", tmp_path / "store", tmp_path / "child.py"
    script.write_text(CHILD)
    moments, killed = random.Random(7), 0
    for attempt in range(2):
        names = {f"pkg/f{number}_{attempt}.py": f"name_{number}_{attempt}" for number in range(150)}
        write(root, {path: function(name) + "\n\n" + function(name + "_b") for path, name in names.items()})
        write(root, {"pkg/always.py": function(f"round_{attempt}")}, at=LONG_AGO + attempt)
        killed += _run_and_kill(script, root, store, phase, moments.uniform(0, longest))
    assert killed > 0
    with opened(root, store) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
        found = [hit.path for hit in index.search("name_7_1", 1)]
    with opened(root, tmp_path / "fresh") as index:
        index.update()
        assert found == [hit.path for hit in index.search("name_7_1", 1)]
    assert rows(store) == rows(tmp_path / "fresh")
    assert chroma_ids(store) == set(chunk_ids(store))


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    root, script = tmp_path / "work", tmp_path / "child.py"
    write(root, {f"f{number}.py": function(f"name_{number}") for number in range(2000)})
    script.write_text(CHILD)
    with subprocess.Popen(
        [sys.executable, script, root, tmp_path / "store"], stdout=subprocess.PIPE, text=True, env=ENV
    ) as child:
        assert child.stdout is not None
        told = 0
        while told < 3:  # rows have been written, so there are workers
            told += child.stdout.readline().strip() == "indexing"
        child.kill()
        deadline = time.monotonic() + 20
        assert child.stdout.read() is not None  # ends when no worker holds the pipe any more
        assert time.monotonic() < deadline
