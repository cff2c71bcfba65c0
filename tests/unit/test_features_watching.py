"""Changes on disk over all roots: one stream, that waits for nobody and ends with its follower."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import CancelToken
from dt6_lsp.features.indexing import IndexRuns, Progress, Wish
from dt6_lsp.features.roots import Roots
from dt6_lsp.features.watching import Watching
from tests.index_fixtures import function, opened, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.index.index import Index

PATIENCE = 20.0
ALL = frozenset(("",))


@pytest.fixture(name="roots")
def _roots(tmp_path: Path) -> Iterator[list[Index]]:
    """Two real indexes."""
    for name in ("one", "two"):
        write(tmp_path / name, {"a.py": function(name)})
    with opened(tmp_path / "one", tmp_path / "s1") as one, opened(tmp_path / "two", tmp_path / "s2") as two:
        yield [one, two]


def _watching(indexes: list[Index]) -> Watching:
    return Watching(indexes, Roots(tuple(index.root for index in indexes)))


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "dt6-watch"]


async def test_the_first_batch_names_every_root_and_later_ones_their_files(roots: list[Index]) -> None:
    watching = _watching(roots)
    async with asyncio.timeout(PATIENCE), aclosing(watching.follow(CancelToken())) as batches:
        assert await anext(batches) == {"one/", "two/"}
        write(roots[1].root, {"b.py": function("new")})
        assert await anext(batches) == {"two/b.py"}
        assert len(_threads()) == 2
    watching.stop()
    assert _threads() == []


async def test_cancelling_ends_it_and_its_threads(roots: list[Index]) -> None:
    watching, cancel = _watching(roots), CancelToken()
    async with asyncio.timeout(PATIENCE), aclosing(watching.follow(cancel)) as batches:
        await anext(batches)
        cancel.cancel()
        assert [batch async for batch in batches] == []
    watching.stop()
    assert _threads() == []


async def test_who_follows_the_writer_watches_from_when_it_takes_over(tmp_path: Path) -> None:
    write(tmp_path / "work", {"a.py": function("a")})
    with opened(tmp_path / "work", tmp_path / "s") as writer, opened(tmp_path / "work", tmp_path / "s") as follower:
        watching = _watching([follower])
        async with asyncio.timeout(PATIENCE), aclosing(watching.follow(CancelToken())) as batches:
            assert await anext(batches) == ALL
            writer.close()
            assert await anext(batches) == ALL
            assert follower.writer
            write(follower.root, {"b.py": function("b")})
            assert await anext(batches) == {"b.py"}
        watching.stop()


async def test_a_burst_of_changes_from_editor_and_disk_is_two_runs(roots: list[Index]) -> None:
    index, wishes = roots[0], queue.SimpleQueue[Wish]()
    begun, go_on = threading.Event(), threading.Event()

    def work(wish: Wish, cancel: CancelToken, progress: Progress) -> None:
        wishes.put(wish)
        begun.set()
        go_on.wait(PATIENCE)
        index.update(paths=wish.paths, cancel=cancel)

    names = [f"burst{number}.py" for number in range(100)]
    with ThreadPoolExecutor(1) as pool:
        runs = IndexRuns(work, pool)
        watching = _watching([index])
        told: set[str] = set()
        async with (
            asyncio.timeout(PATIENCE),
            aclosing(watching.follow(CancelToken())) as batches,
            asyncio.TaskGroup() as all_,
        ):
            await anext(batches)
            for name in names:
                write(index.root, {name: function(name[:-3])})
                all_.create_task(_run(runs, frozenset((name,))))
            while not told.issuperset(names):
                batch = await anext(batches)
                told |= batch
                all_.create_task(_run(runs, batch))
            await asyncio.to_thread(begun.wait, PATIENCE)
            go_on.set()
        watching.stop()
    assert wishes.qsize() == 2
    assert set(names) <= set(index.files())


async def _run(runs: IndexRuns, paths: frozenset[str]) -> None:
    async with aclosing(runs.follow(Wish(paths=paths), CancelToken())) as steps:
        async for _ in steps:
            pass
