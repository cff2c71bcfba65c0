"""Where the CPU time of a process goes, by function of DT6: what each thread has used since the last look is put down
to the place in DT6 where it is now.

Only threads that use the CPU count, also in code that is not Python (SQLite, tree-sitter, numpy), which a tracing
profiler can't do without slowing Python down many times. Linux tells how much a thread has used; nothing is measured
elsewhere. Not here: which stage a place belongs to (`stages`).
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_SECONDS = 0.002  # between two looks
_SWITCH_SECONDS = 0.0002  # how long a thread keeps Python to itself: looks come late by as much
_PACKAGE = "/dt6_lsp/"
_IMPORTS = "<frozen importlib"
IMPORTS, OUTSIDE, LOOKING = "imports", "outside/", "looking"


class Sampler:
    """Nanoseconds of CPU by `module:function`. What a thread does outside of DT6 counts for the function that called
    it; without one, for what it is in after all. All that went before the first look was the start of Python."""

    def __init__(self) -> None:
        self._end = threading.Event()
        self.places = Counter({IMPORTS: time.process_time_ns()})
        self._used = {thread.native_id: _used(thread.native_id or 0) for thread in threading.enumerate()}
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread = threading.Thread(target=self._work, daemon=True, name="sampler")
        self._thread.start()

    def stop(self) -> Counter[str]:
        """May be called again."""
        self._end.set()
        self._thread.join()
        return self.places

    def _work(self) -> None:
        while not self._end.wait(_SECONDS):
            self._look()

    def _look(self) -> None:
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame, task = frames.get(thread.ident or 0), thread.native_id
            if frame is None or task is None:
                continue
            used, before = _used(task), self._used.get(task, 0)
            self._used[task] = used
            if used > before:
                place = LOOKING if thread is self._thread else _place(frame)
                self.places[place] += used - before


def _used(task: int) -> int:
    """Nanoseconds of CPU that a thread has used; 0 when it has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/self/task/{task}/schedstat").read_bytes().split()[0])
    return 0


def _place(frame: FrameType) -> str:
    outermost, at = frame, frame
    while at is not None:
        name = at.f_code.co_filename
        if name.startswith(_IMPORTS):
            return IMPORTS
        if _PACKAGE in name:
            return f"{name.rpartition(_PACKAGE)[2]}:{at.f_code.co_name}"
        if at.f_back is None:
            break
        at = at.f_back
    return f"{OUTSIDE}{Path(outermost.f_code.co_filename).name}:{outermost.f_code.co_name}"
