"""Preparing many files at once: on the caller's thread when they are few, in worker processes when they are many.

Workers are spawned (never forked: the server has threads), end with their parent even if that is killed, and a file
that takes a worker down with it costs only itself. Not here: what preparing is (`prepare`), and writing the results
(`pipeline`).
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.index.prepare import Prepared, Unchanged, Unreadable, prepare
from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

MANY = 300
_FILES_PER_TASK = 16
_MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """`known_hash` as in `prepare`."""

    path: str
    known_hash: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """The file could not be prepared for a reason that no reader foresaw."""

    path: str
    error: str


Outcome = Prepared | Unchanged | Unreadable | Crashed


def prepare_all(root: Path, jobs: Sequence[Job], cancel: CancelToken, many: int = MANY) -> Iterator[Outcome]:
    """One outcome for each job, in no particular order. Raises Cancelled between files."""
    if len(jobs) < many:
        terms = Terms()
        for job in jobs:
            cancel.raise_if_cancelled()
            yield _attempt(root, job, terms)
        return
    tasks = [tuple(jobs[start : start + _FILES_PER_TASK]) for start in range(0, len(jobs), _FILES_PER_TASK)]
    lost: list[Job] = []
    yield from _in_pool(root, tasks, cancel, max(1, min(_MOST_WORKERS, (os.cpu_count() or 2) - 1)), lost)
    for job in lost:
        crashed: list[Job] = []
        yield from _in_pool(root, [(job,)], cancel, 1, crashed)
        if crashed:
            yield Crashed(job.path, "reading it ended the worker process")


def _in_pool(
    root: Path, tasks: Sequence[tuple[Job, ...]], cancel: CancelToken, workers: int, lost: list[Job]
) -> Iterator[Outcome]:
    """Jobs that were under way or waiting when a worker died are appended to `lost`."""
    waiting = list(reversed(tasks))
    running: dict[Future[list[Outcome]], tuple[Job, ...]] = {}
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _die_with_parent)
    try:
        while waiting or running:
            cancel.raise_if_cancelled()
            while waiting and len(running) < 2 * workers + 1:
                task = waiting.pop()
                running[pool.submit(_run_task, root, task)] = task
            finished, _ = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                yield from future.result()
    except BrokenProcessPool:
        for rest in (task, *running.values(), *reversed(waiting)):
            lost.extend(rest)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_task(root: Path, jobs: Sequence[Job]) -> list[Outcome]:
    terms = Terms()
    return [_attempt(root, job, terms) for job in jobs]


def _attempt(root: Path, job: Job, terms: Terms) -> Outcome:
    try:
        return prepare(root, job.path, job.known_hash, terms)
    except Exception as error:  # noqa: BLE001 - whatever one file provokes must not stop the others
        return Crashed(job.path, f"{type(error).__name__}: {error}")


def _die_with_parent() -> None:
    """A worker waits for work on a pipe that it holds both ends of: without this it would outlive a killed parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
