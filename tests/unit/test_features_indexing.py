"""Index runs as streams: one at a time, shared, cancelled when nobody follows, told truthfully over several roots."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import StoreError, WorkspaceError
from dt6_lsp.features.indexing import IndexRuns, Progress, Wish
from dt6_lsp.features.roots import Roots
from dt6_lsp.features.runs import merged
from dt6_lsp.index.model import IndexProgress, IndexReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 10.0


class Worker:
    """Runs that go on when the test says so. `wishes` are the runs that began."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.cancelled = 0
        self.error: Exception | None = None
        self.started = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, wish: Wish, cancel: CancelToken, progress: Progress) -> None:
        self.wishes.append(wish)
        progress(IndexProgress("scanning", 0, 0))
        self.started.release()
        forget = cancel.on_cancel(self.go_on.release)
        self.go_on.acquire(timeout=PATIENCE)
        forget()
        if cancel.cancelled:
            self.cancelled += 1
            raise Cancelled
        if self.error is not None:
            raise self.error
        progress(IndexProgress("done", 1, 1))


@pytest.fixture(name="worker")
def _worker() -> Worker:
    return Worker()


@pytest.fixture(name="runs")
def _runs(worker: Worker) -> Iterator[IndexRuns]:
    pool = ThreadPoolExecutor(1)
    yield IndexRuns(worker, pool)
    pool.shutdown()


async def follow(runs: IndexRuns, wish: Wish | None = None, cancel: CancelToken | None = None) -> list[str]:
    async with aclosing(runs.follow(wish or Wish(), cancel or CancelToken())) as steps:
        return [step.phase async for step in steps]


async def running(worker: Worker) -> None:
    await asyncio.to_thread(worker.started.acquire, timeout=PATIENCE)


async def test_a_run_is_followed_to_its_end(runs: IndexRuns, worker: Worker) -> None:
    task = asyncio.create_task(follow(runs))
    await running(worker)
    worker.go_on.release()
    assert (await task)[-1] == "done"


async def test_who_asks_for_the_same_follows_the_same_run(runs: IndexRuns, worker: Worker) -> None:
    first = asyncio.create_task(follow(runs))
    await running(worker)
    second = asyncio.create_task(follow(runs))
    await asyncio.wait([second], timeout=0)
    worker.go_on.release()
    assert (await first)[-1] == (await second)[-1] == "done"
    assert len(worker.wishes) == 1


async def test_a_burst_of_changes_starts_two_runs_at_most(runs: IndexRuns, worker: Worker) -> None:
    tasks = [asyncio.create_task(follow(runs, Wish(paths=frozenset({"0.py"}))))]
    await running(worker)
    tasks += [asyncio.create_task(follow(runs, Wish(paths=frozenset({f"{number}.py"})))) for number in range(1, 100)]
    await asyncio.wait(tasks, timeout=0)
    worker.go_on.release(2)
    await asyncio.gather(*tasks)
    assert worker.wishes[0] == Wish(paths=frozenset({"0.py"}))
    assert worker.wishes[1:] == [Wish(paths=frozenset(f"{number}.py" for number in range(1, 100)))]


async def test_a_rebuild_is_not_taken_for_done_by_a_lesser_run(runs: IndexRuns, worker: Worker) -> None:
    tasks = [asyncio.create_task(follow(runs))]
    await running(worker)
    tasks.append(asyncio.create_task(follow(runs, Wish(rebuild=True))))
    tasks.append(asyncio.create_task(follow(runs, Wish(wait_sync=True))))
    await asyncio.wait(tasks, timeout=0)
    worker.go_on.release(2)
    await asyncio.gather(*tasks)
    assert worker.wishes == [Wish(), Wish(rebuild=True, wait_sync=True)]


async def test_one_who_stops_leaves_the_others_their_run(runs: IndexRuns, worker: Worker) -> None:
    cancel = CancelToken()
    stopping = asyncio.create_task(follow(runs, cancel=cancel))
    staying = asyncio.create_task(follow(runs))
    await running(worker)
    cancel.cancel()
    with pytest.raises(Cancelled):
        await stopping
    worker.go_on.release()
    assert (await staying)[-1] == "done"
    assert worker.cancelled == 0


async def test_the_last_who_leaves_ends_the_run(runs: IndexRuns, worker: Worker) -> None:
    cancel = CancelToken()
    task = asyncio.create_task(follow(runs, cancel=cancel))
    await running(worker)
    cancel.cancel()
    with pytest.raises(Cancelled):
        await task
    assert (await follow_again(runs, worker))[-1] == "done"
    assert worker.cancelled == 1


async def follow_again(runs: IndexRuns, worker: Worker) -> list[str]:
    """A run that was cancelled is no run to join."""
    task = asyncio.create_task(follow(runs))
    await running(worker)
    worker.go_on.release()
    return await task


async def test_what_a_run_raises_reaches_all_who_follow(runs: IndexRuns, worker: Worker) -> None:
    worker.error = StoreError("The disk is full.", "Make room.")
    tasks = [asyncio.create_task(follow(runs)) for _ in range(3)]
    await running(worker)
    worker.go_on.release()
    for task in tasks:
        with pytest.raises(StoreError, match="disk is full"):
            await task


async def test_a_token_that_is_cancelled_already_starts_nothing(runs: IndexRuns, worker: Worker) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await follow(runs, cancel=cancel)
    assert worker.wishes == []


def report(files: int, model: str = "", **counts: int) -> IndexReport:
    dimension = 8 if model else 0
    return IndexReport(files, 10 * files, {"binary": files}, counts, model, dimension, 2.0, 5.0 * files, files, 1)


def test_reports_of_several_roots_are_added_up() -> None:
    whole = merged([report(0), report(2, "m", python=2), report(1, "m", python=1, go=1)])
    assert (whole.files, whole.chunks, whole.changed, whole.vectors_synced) == (3, 30, 3, 3)
    assert (whole.skipped, whole.languages) == ({"binary": 3}, {"python": 3, "go": 1})
    assert (whole.model, whole.dimension, whole.seconds, whole.chunks_per_second) == ("m", 8, 6.0, 5.0)


def test_one_root_names_its_files_plainly_and_several_by_folder(tmp_path: Path) -> None:
    api, other = tmp_path / "a" / "api", tmp_path / "b" / "api"
    one = Roots((api,))
    assert one.relative(api / "x" / "y.py") == "x/y.py"
    assert one.locate("x/y.py") == api / "x" / "y.py"
    several = Roots((api, other))
    assert several.relative(other / "y.py") == "api-2/y.py"
    assert several.locate("api-2/y.py") == other / "y.py"
    assert several.relative(tmp_path / "c.py") is None


@pytest.mark.parametrize("path", ["../x.py", "a/../../x.py", "/etc/passwd"])
def test_no_path_leads_out_of_the_roots(path: str, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="not in this workspace"):
        Roots((tmp_path,)).locate(path)
    with pytest.raises(WorkspaceError):
        Roots((tmp_path / "a", tmp_path / "b")).locate(path)
