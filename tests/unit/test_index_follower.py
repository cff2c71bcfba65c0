"""Two of us on one store: one writes, the other follows and takes over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken
from tests.index_fixtures import LONG_AGO, FakeEmbedder, function, in_memory, opened, write

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.index.model import IndexProgress


def test_a_follower_sees_what_the_writer_writes_and_takes_over(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    with opened(root, store) as writer, opened(root, store) as follower:
        assert (writer.writer, follower.writer) == (True, False)
        writer.update(wait_sync=True)
        assert [hit.path for hit in follower.search("alpha")] == ["a.py"]
        write(root, {"b.py": function("beta")})
        assert follower.update().files == 1
        writer.update()
        assert follower.search("beta")[0].path == "b.py"
        assert in_memory(follower._dense) == 2
        writer.close()
        write(root, {"b.py": function("gamma")}, at=LONG_AGO + 1)
        report = follower.update(paths=["a.py"], wait_sync=True)  # looks at everything: it may have missed something
        assert report.vectors_synced == 2
        assert follower.writer
        assert follower.search("gamma")[0].path == "b.py"


def test_an_index_that_is_closed_takes_over_nothing(tmp_path: Path) -> None:
    """Settings that come while a server starts close the engine that was just built. What then begins to watch must not
    keep the lock from the engine that follows."""
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    over = CancelToken()
    over.cancel()
    with opened(root, store) as first:
        first.close()
        list(first.changes(over))
        with opened(root, store) as second:
            assert (first.writer, second.writer) == (False, True)


def test_a_follower_never_opens_chromadb(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    with opened(root, store) as writer, opened(root, store) as follower:
        writer.update()
        assert follower.update(wait_sync=True).vectors_synced == 0
        assert list(store.glob("chroma-*")) == []


def test_a_follower_with_another_model_goes_by_words(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    with opened(root, store) as writer, opened(root, store, FakeEmbedder("other", 32)) as follower:
        writer.update()
        assert follower.search("alpha")[0].path == "a.py"
        assert writer.stats().model == "bag-of-words"


def test_a_follower_waits_for_the_end_of_the_writers_run(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    busy, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        assert go_on.wait(30)

    phases: list[str] = []

    def watching(step: IndexProgress) -> None:
        phases.append(step.phase)
        go_on.set()

    with (
        opened(root, store, FakeEmbedder(before=hold)) as writer,
        opened(root, store) as follower,
        ThreadPoolExecutor() as pool,
    ):
        running = pool.submit(writer.update)
        assert busy.wait(30)
        report = follower.update(progress=watching)
        assert running.result().files == report.files == 1
        assert not follower.writer
    assert phases == ["waiting"] * (len(phases) - 1) + ["done"]
    assert len(phases) > 1


def test_a_follower_takes_over_from_a_writer_that_ends_before_it_has_indexed(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, {"a.py": function("alpha")})
    with opened(root, store) as writer, opened(root, store) as follower:
        report = follower.update(progress=lambda step: writer.close() if step.phase == "waiting" else None)
        assert (report.files, follower.writer) == (1, True)
