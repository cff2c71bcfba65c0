"""Worker processes that die: a file that ends its worker costs only itself, and workers that can't start cost none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
FILES = 40
DEADLY = """
import os, signal, sys
from pathlib import Path
import dt6_lsp.index.workers as workers

prepare = workers.prepare

def deadly(root, path, *rest, **more):
    if path == "file_7.py":
        os._exit(9)
    return prepare(root, path, *rest, **more)

workers.prepare = deadly
"""
STILLBORN = """
import os, sys
from pathlib import Path

if __name__ != "__main__":
    os._exit(3)
import dt6_lsp.index.workers as workers
"""
RUN = """
if __name__ == "__main__":
    from dt6_lsp.cancel import CancelToken
    root = Path(sys.argv[1])
    jobs = [workers.Job(path.name, "") for path in sorted(root.iterdir())]
    outcomes = list(workers.prepare_all(root, jobs, CancelToken(), many=0))
    print(len(outcomes), [one.path for one in outcomes if isinstance(one, workers.Crashed)])
"""


@pytest.mark.parametrize(("script", "said"), [(DEADLY, f"{FILES} ['file_7.py']"), (STILLBORN, f"{FILES} []")])
def test_workers_that_die_cost_no_other_file(script: str, said: str, tmp_path: Path) -> None:
    program, root = tmp_path / "program.py", tmp_path / "work"
    program.write_text(script + RUN, encoding="utf-8")
    root.mkdir()
    for number in range(FILES):
        (root / f"file_{number}.py").write_text(f"x = {number}\n", encoding="utf-8")
    command = [sys.executable, str(program), str(root)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == said
