"""The first minute of `python -m tests.benchmarks.soak_editing`: what an editing session leaves in the server."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest

from tests.editing_soak import KEPT_FILES, Held, Soak, soak

if TYPE_CHECKING:
    from pathlib import Path

_NEW_THREADS = 4  # of pools that begin another for the first time; not one for each round
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process has open"),
]


async def test_an_editing_session_leaves_no_task_no_thread_and_no_file(tmp_path: Path) -> None:
    looks: list[Held] = []
    done: list[int] = []
    edits: list[int] = []

    async def goes_on(_: Soak) -> bool:
        return len(looks) < 3

    def seen(session: Soak, held: Held) -> None:
        looks.append(held)
        done.append(session.done["requests"])
        edits.append(session.done["edits"])

    await soak(tmp_path, random.Random(0), goes_on, seen, every=2)
    _, before, after = looks
    assert done[-1] > done[0] > 100
    assert after.tasks <= before.tasks, set(after.named)
    assert after.threads <= before.threads + _NEW_THREADS
    assert after.files <= before.files + KEPT_FILES
    assert after.objects <= before.objects + (edits[-1] - edits[1]), "less than one object for each key typed"
