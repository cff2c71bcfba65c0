"""Shows how far an index run is: a bar where a terminal is, else a line now and then. Counts are the engine's own.

Not here: the run.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from dt6_lsp.cli.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dt6_lsp.engine import IndexProgress

    Show = Callable[[IndexProgress], None]

_WORDS = {
    "waiting": ("Another process is indexing", "files"),
    "scanning": ("Looking for files", "files"),
    "indexing": ("Reading", "files"),
    "embedding": ("Embedding", "chunks"),
    "syncing": ("Copying to ChromaDB", "chunks"),
}
_SECONDS_BETWEEN_LINES = 2.0


@contextmanager
def progress_on(err: TextIO) -> Iterator[Show]:
    if err.isatty():
        with _bar(err) as show:
            yield show
    else:
        yield _lines(err)


@contextmanager
def _bar(err: TextIO) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<20}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=err), transient=True) as bars:
        tasks = {}

        def show(step: IndexProgress) -> None:
            if step.phase not in _WORDS:
                return
            if step.phase not in tasks:
                tasks[step.phase] = bars.add_task(_WORDS[step.phase][0], total=None, count="")
            bars.update(tasks[step.phase], completed=step.done, total=step.total or None, count=_count(step))

        yield show


def _lines(err: TextIO) -> Show:
    """A line when two seconds have passed, so that a quick run says nothing and a long one is never silent."""
    last = time.monotonic()

    def show(step: IndexProgress) -> None:
        nonlocal last
        if step.phase in _WORDS and time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            err.write(clean(f"{_WORDS[step.phase][0]}: {_count(step)}") + "\n")
            err.flush()

    return show


def _count(step: IndexProgress) -> str:
    unit = _WORDS[step.phase][1]
    return f"{step.done:,} of {step.total:,} {unit}" if step.total else f"{step.done:,} {unit}"
