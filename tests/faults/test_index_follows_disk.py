"""Whatever happens to a repository on disk, the index that is only told by its watcher ends equal to a fresh one.

More lives than CI has time for: `python -m tests.benchmarks.truth`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings

from tests.git_workspaces import LIVES, live

if TYPE_CHECKING:
    from tests.git_workspaces import Step


@given(LIVES)
@settings(max_examples=25)
def test_a_watched_index_equals_a_fresh_one(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as name:
        assert live(Path(name).resolve(), steps) == ""
