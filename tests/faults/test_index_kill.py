"""Killed at any moment, the next run finds no row lost or twice. More kills: `python -m tests.benchmarks.kills`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.index_fixtures import function, write
from tests.kills import Lives, run_and_kill

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.slow
def test_killed_runs_are_continued(tmp_path: Path) -> None:
    """One restart after four kills: each one found what the one before had left."""
    lives = Lives(tmp_path, random.Random(7))
    for phase in ("indexing", "compacting", "syncing", "tidying"):
        lives.kill(phase)
    assert lives.killed.total() > 1
    assert lives.restarted() == ""


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    root = tmp_path / "work"
    write(root, {f"f{number}.py": function(f"name_{number}") for number in range(2000)})
    command = [sys.executable, "-m", "tests.victim", str(root), str(tmp_path / "store"), "one"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENV) as child:
        assert child.stdout is not None
        told = 0
        while told < 3:  # rows have been written, so there are workers
            told += child.stdout.readline().strip() == "indexing"
        child.kill()
        deadline = time.monotonic() + 20
        assert child.stdout.read() is not None  # ends when no worker holds the pipe any more
        assert time.monotonic() < deadline


@pytest.mark.slow
def test_chromadb_ends_in_order_by_itself_when_its_parent_is_killed(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {f"f{number}.py": function(f"name_{number}") for number in range(20)})
    assert run_and_kill(root, store, "one", "compacting", 0)
    (folder,) = store.glob("chroma-*")
    with FileLock(folder / "held.lock", timeout=5):  # whoever takes over waits as long
        assert (folder / "sealed.json").exists()
