"""Preparing many files at once: on the caller's thread when they are few, in worker processes when they are many.

Workers are spawned (never forked: the server has threads), end with their parent even if that is killed, and a file
that takes a worker down with it costs only itself. Not here: what preparing is (`prepare`), and writing the results
(`pipeline`).
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dt6_lsp.index.prepare import Prepared, Unchanged, Unreadable, prepare
from dt6_lsp.index.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

logger = logging.getLogger(__name__)

MANY = 2_000_000  # bytes: half a second of work; a worker needs 0.2 s to start
_BYTES_PER_TASK = 200_000
_FILES_PER_TASK = 32
_MOST_WORKERS = 4
_OBJECTS_BETWEEN_COLLECTIONS = 200_000  # in a worker, which makes many at once and has few cycles


@dataclass(frozen=True, slots=True)
class Job:
    """`known_hash` and `wanted` as in `prepare`."""

    path: str
    known_hash: str
    wanted: bool = False
    size: int = 0


Task = tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Crashed:
    """The file could not be prepared for a reason that no reader foresaw."""

    path: str
    error: str


Outcome = Prepared | Unchanged | Unreadable | Crashed


def prepare_all(root: Path, jobs: Sequence[Job], cancel: CancelToken, many: int = MANY) -> Iterator[Outcome]:
    """One outcome for each job, in no particular order. Raises Cancelled between files."""
    if sum(job.size for job in jobs) < many:
        yield from _here(root, jobs, cancel)
        return
    waiting = _tasks(jobs)[::-1]
    workers = max(1, min(_MOST_WORKERS, os.cpu_count() or 2, len(waiting)))
    while waiting:
        lost: list[Task] = []
        yield from _in_pool(root, waiting, cancel, workers, lost)
        if lost and not _can_work():
            logger.warning("Worker processes end as soon as they start here, so files are read in this process.")
            yield from _here(root, [job for task in (*lost, *reversed(waiting)) for job in task], cancel)
            return
        for task in lost:
            yield from _narrow(root, task, cancel)


def _tasks(jobs: Iterable[Job]) -> list[Task]:
    """Of about as many bytes each, so that workers end together."""
    tasks: list[list[Job]] = [[]]
    size = 0
    for job in jobs:
        if tasks[-1] and (size + job.size > _BYTES_PER_TASK or len(tasks[-1]) == _FILES_PER_TASK):
            tasks.append([])
            size = 0
        tasks[-1].append(job)
        size += job.size
    return [tuple(task) for task in tasks]


def _here(root: Path, jobs: Iterable[Job], cancel: CancelToken) -> Iterator[Outcome]:
    terms = Terms()
    for job in jobs:
        cancel.raise_if_cancelled()
        yield _attempt(root, job, terms)


def _narrow(root: Path, task: Task, cancel: CancelToken) -> Iterator[Outcome]:
    """A task that may have ended its worker, by itself; by halves, until only the file that does it is left."""
    lost: list[Task] = []
    yield from _in_pool(root, [task], cancel, 1, lost)
    if lost and len(task) == 1:
        yield Crashed(task[0].path, "reading it ended the worker process")
    elif lost:
        middle = len(task) // 2
        yield from _narrow(root, task[:middle], cancel)
        yield from _narrow(root, task[middle:], cancel)


def _can_work() -> bool:
    """Whether a worker lives long enough to do anything at all."""
    pool = _pool(1)
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool:
        return False
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return True


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin_worker)


def _in_pool(root: Path, waiting: list[Task], cancel: CancelToken, workers: int, lost: list[Task]) -> Iterator[Outcome]:
    """Takes tasks from the end of `waiting` until there are none, or a worker has died: what was under way then is
    `lost`."""
    running: dict[Future[list[Outcome]], Task] = {}
    pool = _pool(workers)
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
        lost.extend((task, *running.values()))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_task(root: Path, jobs: Sequence[Job]) -> list[Outcome]:
    return [_attempt(root, job, _terms_of_worker()) for job in jobs]


@cache
def _terms_of_worker() -> Terms:
    """It remembers words, and a task is too short for that."""
    return Terms()


def _attempt(root: Path, job: Job, terms: Terms) -> Outcome:
    try:
        return prepare(root, job.path, job.known_hash, terms, wanted=job.wanted)
    except Exception as error:  # noqa: BLE001 - whatever one file provokes must not stop the others
        return Crashed(job.path, f"{type(error).__name__}: {error}")


def _begin_worker() -> None:
    """A worker waits for work on a pipe that it holds both ends of: without a thread that watches its parent, it would
    outlive one that is killed."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
