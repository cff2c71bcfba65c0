"""A store stays about as small as what it holds: by itself while it is used, and entirely by `dt6-lsp gc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.errors import StoreError
from dt6_lsp.index import collecting
from dt6_lsp.index.collecting import collect_when_due, tidy
from dt6_lsp.index.sizes import chroma_is_bloated
from dt6_lsp.settings.folders import size_of
from tests.index_fixtures import LONG_AGO, FakeEmbedder, chroma_ids, chunk_ids, function, ledger, opened, rows, write

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FILES = {f"pkg/file_{number}.py": function(f"name_{number}") for number in range(20)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "work", FILES)
    return tmp_path / "work"


def _vectors(store: Path) -> int:
    with ledger(store) as connection:
        return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])


def test_vectors_of_texts_that_are_gone_are_kept_a_while_and_then_collected(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(root, store, embedder := FakeEmbedder()) as index:
        index.update()
        before = _vectors(store)
        write(root, {"pkg/file_1.py": function("branch")}, at=LONG_AGO + 1)
        index.update(paths=["pkg/file_1.py"])
        assert _vectors(store) == before + 1
        embedder.embedded.clear()
        write(root, FILES, at=LONG_AGO + 2)
        index.update()
        assert embedder.embedded == []
        with index._store.ledger.write() as connection:
            connection.execute("UPDATE meta SET value = '0' WHERE key = 'collect_at'")
        index.update(paths=["pkg/file_1.py"])
        assert _vectors(store) == before
        assert index.stats().vectors == index.stats().chunks


def test_it_is_due_after_as_many_changes_as_there_are_chunks_twice_over(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "store") as index:
        index.update()
        with index._store.ledger.write() as connection:
            connection.execute("DELETE FROM meta WHERE key = 'collect_at'")
            collect_when_due(connection, slack=0)
            first = _due(connection)
            connection.executemany("INSERT INTO vector_log(chunk_id, live) VALUES(?, 0)", [(1,)] * 39)
            collect_when_due(connection, slack=0)
            assert _due(connection) == first
            connection.execute("INSERT INTO vector_log(chunk_id, live) VALUES(1, 0)")
            collect_when_due(connection, slack=0)
            assert _due(connection) == first + 40


def _due(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM meta WHERE key = 'collect_at'").fetchone()[0])


def test_vectors_of_the_model_before_are_kept_and_of_earlier_ones_not(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    counts = []
    for model in ("one", "two", "three", "three"):
        with opened(root, store, FakeEmbedder(model)) as index:
            index.update()
        counts.append(_vectors(store))
    assert counts == [counts[0], 2 * counts[0], 2 * counts[0], 2 * counts[0]]
    with opened(root, store, embedder := FakeEmbedder("two")) as index:
        index.update()
    assert embedder.embedded == []


def test_tidying_leaves_what_is_needed_and_nothing_else(root: Path, tmp_path: Path) -> None:
    store, fresh = tmp_path / "store", tmp_path / "fresh"
    more = {f"more/{number}.py": function(f"more_{number}") for number in range(300)}
    write(root, more)
    for model in ("one", "two"):
        with opened(root, store, FakeEmbedder(model)) as index:
            index.update()
    for path in more:
        (root / path).unlink()
    with opened(root, store, FakeEmbedder("two")) as index:
        index.update(wait_sync=True)
    (store / "ledger.broken-20200101-000000-000000.sqlite3").write_bytes(b"x" * 100_000)
    (store / "chroma-old").mkdir()
    (store / "chroma-old" / "chroma.sqlite3").write_bytes(b"x" * 100_000)
    before = size_of(store)
    would = tidy(store, root.resolve(), dry_run=True)
    assert size_of(store) == before
    freed = tidy(store, root.resolve())
    assert size_of(store) == before - freed
    assert freed >= would > 200_000 + (store / "ledger.sqlite3").stat().st_size
    with opened(root, fresh, FakeEmbedder("two")) as index:
        index.update()
    assert _vectors(store) == _vectors(fresh)
    assert (store / "ledger.sqlite3").stat().st_size <= 1.2 * (fresh / "ledger.sqlite3").stat().st_size
    with opened(root, store, embedder := FakeEmbedder("two")) as index:
        report = index.update(wait_sync=True)
        assert (index.notices, embedder.embedded, report.vectors_synced) == ((), [], report.chunks)
        assert index.search("name_7")[0].path == "pkg/file_7.py"
    assert rows(store) == rows(fresh)
    assert tidy(store, root.resolve()) < 100_000


def test_a_ledger_that_can_not_be_used_is_left_as_it_is(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(root, store) as index:
        index.update()
    (store / "ledger.sqlite3").write_bytes(damaged := b"no database" * 999)
    with pytest.raises(StoreError, match="was damaged"):
        tidy(store, root.resolve())
    assert (store / "ledger.sqlite3").read_bytes() == damaged


def test_a_ledger_that_is_mostly_room_is_made_smaller_after_a_run(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(root, store) as index:
        index.update()
        with index._store.ledger.write() as connection:
            connection.execute("CREATE TABLE bulk AS SELECT zeroblob(20000000) AS bytes")
            connection.execute("DROP TABLE bulk")
        index.update()
        assert index.search("name_7")[0].path == "pkg/file_7.py"
    assert size_of(store) < collecting.WORTH_COMPACTING


def test_a_chroma_folder_is_bloated_when_it_is_twice_what_its_vectors_take(tmp_path: Path) -> None:
    folder = tmp_path / "chroma-1"
    folder.mkdir()
    (folder / "data_level0.bin").write_bytes(b"x" * 40_000_000)
    assert not chroma_is_bloated(folder, 10_000, 256)
    assert chroma_is_bloated(folder, 1_000, 256)


def test_a_bloated_chroma_folder_is_filled_again_while_it_is_used(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(root, store, embedder := FakeEmbedder()) as index:
        index.update(wait_sync=True)
        (old,) = store.glob("chroma-*")
        with (old / "left_behind.bin").open("wb") as file:
            file.truncate(50_000_000)
        embedder.embedded.clear()
        report = index.update(wait_sync=True)
        assert (report.vectors_synced, embedder.embedded, index.notices) == (report.chunks, [], ())
        assert not old.exists()
        assert index.stats().sizes.total < 10_000_000
    assert chroma_ids(store) == set(chunk_ids(store))
