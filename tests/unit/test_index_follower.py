"""Two of us on one store: one writes, the other follows and takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.index_fixtures import LONG_AGO, FakeEmbedder, function, opened, write

if TYPE_CHECKING:
    from pathlib import Path


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
        assert follower._dense.in_memory() == 2
        writer.close()
        write(root, {"b.py": function("gamma")}, at=LONG_AGO + 1)
        report = follower.update(paths=["a.py"], wait_sync=True)  # looks at everything: it may have missed something
        assert report.vectors_synced == 2
        assert follower.writer
        assert follower.search("gamma")[0].path == "b.py"


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
