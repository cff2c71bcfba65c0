"""Disks that are full or can't be written: said in a sentence, nothing lost, and on it goes when there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.index_fixtures import function, opened, rows, write
from tests.scarce import SMALL

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
FILES = {f"pkg/file_{number}.py": function(f"name_{number}") for number in range(400)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "work", FILES)
    return tmp_path / "work"


def _seen(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _on_a_small_disk(store: Path, command: list[str]) -> list[str]:
    """A disk of its own, in a namespace where we may mount one; where the system allows none, `tests.scarce` keeps
    files small instead."""
    script = f'mount -t tmpfs -o size={SMALL} tmpfs "$0" && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(store)]
    can = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    return [*alone, *command] if can else command


def test_an_index_on_a_full_disk_says_so_and_goes_on_when_there_is_room(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    run = [sys.executable, "-m", "tests.scarce", "full", str(root), str(store)]
    seen = _seen(_on_a_small_disk(store, run))
    assert len(seen["said"]) == 2
    for said in seen["said"]:
        assert str(store) in said
        assert ("is full" if seen["mounted"] else "disk I/O error") in said
    assert 0 <= seen["files_then"] == seen["again"] < len(FILES)
    assert (seen["files"], seen["synced"]) == (len(FILES), seen["chunks"]), seen["notices"]


def test_an_index_in_a_folder_that_can_not_be_written_is_searched(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(root, store) as index:
        index.update()
    before = rows(store)
    for path in (*store.rglob("*"), store):
        path.chmod(0o555 if path.is_dir() else 0o444)
    seen = _seen([sys.executable, "-m", "tests.scarce", "unwritable", str(root), str(store)])
    store.chmod(0o755)
    assert seen["found"] == ["pkg/file_1.py"]
    assert "can't be written" in seen["said"]
    assert "DT6_DATA_DIR" in seen["said"]
    assert seen["chunks"] == len(before["chunks"])
    assert rows(store) == before
