"""A ledger that is broken, from elsewhere, full or locked: said plainly, nothing lost, never in the way."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.errors import StoreError
from dt6_lsp.index.index import Index
from dt6_lsp.settings import Settings
from tests.index_fixtures import LONG_AGO, FakeEmbedder, function, ledger, opened, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "work", {f"{name}.py": function(name) for name in ("one", "two", "three")})
    return tmp_path / "work"


@pytest.fixture
def store(tmp_path: Path, root: Path) -> Path:
    """A store that holds an index of `root`."""
    with opened(root, tmp_path / "store") as index:
        index.update()
    return tmp_path / "store"


def _garbage(store: Path) -> None:
    (store / "ledger.sqlite3").write_bytes(b"this is no database" * 999)


def _torn(store: Path) -> None:
    data = (store / "ledger.sqlite3").read_bytes()
    (store / "ledger.sqlite3").write_bytes(data[:5000])


def _newer(store: Path) -> None:
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")


def _older(store: Path) -> None:
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")


def _other_words(store: Path) -> None:
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = 'by the moon' WHERE key = 'terms'")


def _foreign(store: Path) -> None:
    (store / "ledger.sqlite3").unlink()
    with ledger(store) as connection:
        connection.execute("CREATE TABLE recipes(name)")


def _elsewhere(store: Path) -> None:
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = '/another/folder' WHERE key = 'root'")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_garbage, "was damaged"),
        (_torn, "was damaged"),
        (_foreign, "not one of DT6"),
        (_elsewhere, "another folder"),
    ],
)
def test_an_unusable_ledger_is_kept_aside_and_built_anew(
    root: Path, store: Path, damage: Callable[[Path], None], words: str
) -> None:
    before = rows(store)
    damage(store)
    with opened(root, store) as index:
        assert words in index.notices[0]
        assert next(store.glob("ledger.broken-*.sqlite3")).name in index.notices[0]
        assert index.search("one") == []
        assert index.update().files == 3
    assert rows(store) == before


@pytest.mark.parametrize(
    ("change", "words"), [(_older, "older DT6"), (_other_words, "splits words as another DT6 does")]
)
def test_a_ledger_of_another_format_is_built_anew_and_takes_no_room(
    root: Path, store: Path, change: Callable[[Path], None], words: str
) -> None:
    before = rows(store)
    change(store)
    with opened(root, store) as index:
        assert words in index.notices[0]
        assert index.update().files == 3
    assert list(store.glob("ledger.broken-*")) == []
    assert rows(store) == before


def test_a_newer_ledger_is_left_alone_until_somebody_wants_to_index(root: Path, store: Path) -> None:
    _newer(store)
    with opened(root, store) as index:
        for question in (index.stats, lambda: index.search("one"), index.state):
            with pytest.raises(StoreError, match="newer DT6") as caught:
                question()
            assert "dt6-lsp index" in caught.value.mend
    assert list(store.glob("ledger.broken-*")) == []
    with opened(root, store) as index:
        assert index.update().files == 3
        assert "newer DT6" in index.notices[0]
        assert next(store.glob("ledger.broken-*.sqlite3")).name in index.notices[0]


def test_one_broken_ledger_is_kept_and_no_more(root: Path, store: Path) -> None:
    for _ in range(3):
        _garbage(store)
        with opened(root, store):
            pass
    assert len(list(store.glob("ledger.broken-*"))) == 1


def test_a_follower_does_not_touch_a_ledger_of_another_format(root: Path, store: Path) -> None:
    with opened(root, store):
        _newer(store)
        with pytest.raises(StoreError, match="newer DT6") as caught:
            Index.open(root, store, FakeEmbedder(), Settings())
        assert caught.value.mend
        assert list(store.glob("ledger.broken-*")) == []


def _overwrite_tables(store: Path) -> None:
    """Breaks the pages of the file, but for the first, so that it opens and fails when it is read."""
    with ledger(store) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = (store / "ledger.sqlite3").stat().st_size
    with (store / "ledger.sqlite3").open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * (size - 4096 * 2))


def test_a_ledger_that_breaks_in_use_is_replaced_while_many_ask(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        _overwrite_tables(store)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(index.search, ["one"] * 16))
        assert answers == [[]] * 16
        assert [notice for notice in index.notices if "was damaged" in notice] == list(index.notices)
        assert len(index.notices) == 1
        assert index.update().files == 3
        assert index.search("one")[0].path == "one.py"


def test_an_update_that_finds_the_ledger_broken_starts_over(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        _overwrite_tables(store)
        assert index.update().files == 3
        assert "was damaged" in index.notices[0]


def test_a_full_disk_is_said_and_loses_nothing(root: Path, store: Path) -> None:
    before = rows(store)
    with opened(root, store) as index:
        with index._store.ledger.write() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
        index._store.ledger._writer.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[union-attr]
        write(root, {f"more/{number}.py": function(f"name_{number}") for number in range(99)})
        with pytest.raises(StoreError, match="full") as caught:
            index.update()
        assert "space" in caught.value.mend
        assert index.search("one")[0].path == "one.py"
    assert all(row in rows(store)["chunks"] for row in before["chunks"])
    with opened(root, store) as index:
        assert index.update().files == 102


def test_a_data_folder_that_is_a_file_is_said(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(StoreError, match="file") as caught:
            Index.open(root, place, FakeEmbedder(), Settings())
        assert "DT6_DATA_DIR" in caught.value.mend


def test_a_ledger_that_can_not_be_written_is_said(root: Path, store: Path) -> None:
    write(root, {"four.py": function("four")}, at=LONG_AGO + 1)
    with opened(root, store) as index:
        index._store.ledger._disconnect()
        index._store.ledger._writer = connection = index._store.ledger._connect()
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="can't be written"):
            index.update()
        assert index.search("one")[0].path == "one.py"


def test_a_locked_ledger_is_waited_for_and_then_said(root: Path, store: Path) -> None:
    with opened(root, store) as index, ledger(store) as other:
        index._store.ledger._writer = connection = index._store.ledger._connect()
        connection.execute("PRAGMA busy_timeout = 50")
        other.execute("BEGIN IMMEDIATE")
        write(root, {"four.py": function("four")}, at=LONG_AGO + 1)
        with pytest.raises(StoreError, match="locked"):
            index.update()
        assert index.search("one")[0].path == "one.py"
        other.execute("ROLLBACK")
        assert index.update().files == 4


def test_a_closed_index_says_so(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        pass
    with pytest.raises(StoreError, match="closed"):
        index.search("one")


def test_the_workspace_folder_may_vanish(root: Path, store: Path) -> None:
    from dt6_lsp.errors import WorkspaceError

    with opened(root, store) as index:
        shutil.rmtree(root)
        with pytest.raises(WorkspaceError, match="does not exist"):
            index.update()
        assert index.search("one")[0].path == "one.py"


def test_the_file_is_a_database_that_others_can_read(store: Path) -> None:
    with ledger(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert isinstance(connection, sqlite3.Connection)


def _flip(file: Path, where: int) -> None:
    data = bytearray(file.read_bytes())
    data[where] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("part", [0.001, 0.2, 0.5, 0.8, 0.999])
def test_a_single_bit_that_flipped_is_noticed_wherever_it_is(root: Path, store: Path, part: float) -> None:
    before = rows(store)
    file = store / "ledger.sqlite3"
    _flip(file, int(part * file.stat().st_size))
    with opened(root, store) as index:
        assert "was damaged" in index.notices[0]
        assert index.update().files == 3
    assert rows(store) == before


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_ledger_is_noticed_wherever_it_ends(root: Path, store: Path, share: float) -> None:
    before = rows(store)
    file = store / "ledger.sqlite3"
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with opened(root, store) as index:
        assert "was damaged" in index.notices[0]
        assert index.update().files == 3
    assert rows(store) == before


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("share", [None, 0, 0.4, 0.9])
def test_what_a_killed_process_left_beside_the_ledger_may_be_lost_or_torn(
    root: Path, store: Path, tmp_path: Path, suffix: str, share: float | None
) -> None:
    """A copy of the files of an open index is what a kill leaves."""
    killed = tmp_path / "killed"
    with opened(root, store) as index:
        write(root, {f"late_{number}.py": function(f"late_{number}") for number in range(5)})
        index.update()
        shutil.copytree(store, killed)
    after = rows(store)
    beside = killed / f"ledger.sqlite3{suffix}"
    data = beside.read_bytes()
    beside.unlink()
    if share is not None:
        beside.write_bytes(data[: int(share * len(data))])
    with opened(root, killed) as index:
        assert index.update().files == 8
        assert index.search("late_3")[0].path == "late_3.py"
    assert rows(killed) == after


@pytest.mark.parametrize("searched", [True, False])
def test_a_store_that_is_removed_while_it_is_used_is_built_anew(root: Path, store: Path, searched: bool) -> None:
    before = rows(store)
    with opened(root, store) as index:
        assert index.search("one")[0].path == "one.py"
        shutil.rmtree(store)
        if searched:
            assert index.search("one") == []
        assert index.update(paths=["one.py"]).files == (1 if searched else 3)  # who watches will say: everything
        assert "was removed while it was in use" in index.notices[0]
        assert index.update().files == 3
        assert index.search("one")[0].path == "one.py"
    assert rows(store) == before


def test_who_follows_sees_the_ledger_that_the_writer_began_anew(root: Path, store: Path) -> None:
    with opened(root, store) as writer, opened(root, store) as follower:
        assert follower.search("one")[0].path == "one.py"
        _overwrite_tables(store)
        assert writer.update().files == 3
        assert follower.search("one")[0].path == "one.py"
        write(root, {"four.py": function("four")})
        writer.update()
        assert follower.search("four")[0].path == "four.py"
        assert (writer.writer, follower.writer) == (True, False)


def test_a_statement_that_fails_over_a_broken_table_begins_anew_and_one_of_ours_does_not(
    root: Path, store: Path
) -> None:
    with ledger(store) as connection:
        connection.execute("DROP TABLE imports")
    with opened(root, store) as index:
        write(root, {"one.py": function("changed")}, at=LONG_AGO + 1)
        assert index.update().files == 3
        assert "was damaged" in index.notices[0]
        with pytest.raises(sqlite3.OperationalError, match="no such table: nonsense"):
            index._store.ask(lambda connection: connection.execute("SELECT * FROM nonsense"))
        assert len(index.notices) == 1


def test_vectors_that_are_missing_are_damage(root: Path, store: Path) -> None:
    with ledger(store) as connection:
        connection.execute("DELETE FROM vectors WHERE text_hash IN (SELECT path_hash FROM files)")
    with opened(root, store) as index:
        assert index.search("one") == []
        assert "was damaged" in index.notices[0]
        assert index.update().files == 3
