"""`dt6-lsp`, which also tells on SIGUSR1 what only the process itself knows: its tasks, and how many objects it has.

    python -m tests.counted_server FILE serve --stdio        writes the counts to FILE

DT6 needs nothing for that; the counts are taken from outside of its code, between two steps of its event loop.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from dt6_lsp.cli import main


def count(file: Path) -> None:
    gc.collect()
    tasks = [task for task in asyncio.all_tasks() if not task.done()]
    kinds = Counter(type(each).__name__ for each in gc.get_objects())
    counts = {
        "tasks": len(tasks),
        "named": sorted(getattr(task.get_coro(), "__qualname__", "?") for task in tasks),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "objects": kinds.total(),
        "kinds": dict(kinds.most_common(40)),
    }
    file.with_suffix(".new").write_text(json.dumps(counts), encoding="utf-8")
    os.replace(file.with_suffix(".new"), file)


if __name__ == "__main__":
    told = Path(sys.argv.pop(1))
    signal.signal(signal.SIGUSR1, lambda *_: count(told))
    raise SystemExit(main())
