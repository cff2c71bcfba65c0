"""What answering leaves behind is kept, by several processes at once, and never costs an answer."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.records import BROKEN, Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = ("CREATE TABLE IF NOT EXISTS notes(word TEXT NOT NULL)",)


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path, TABLES)
    yield records
    records.close()


def note(records: Records, word: str) -> bool:
    def insert(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO notes VALUES(?)", (word,))
        return True

    return records.write(insert, default=False)


def notes(records: Records) -> list[str] | None:
    return records.read(lambda connection: [word for (word,) in connection.execute("SELECT word FROM notes")], None)


def test_what_was_written_is_there_in_the_next_process(records: Records, tmp_path: Path) -> None:
    assert note(records, "one")
    other = Records(tmp_path, TABLES)
    assert note(other, "two")
    assert notes(records) == notes(other) == ["one", "two"]
    other.close()


def test_a_change_that_fails_leaves_nothing_half_done(records: Records) -> None:
    def half(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO notes VALUES('half')")
        connection.execute("INSERT INTO notes VALUES(NULL)")
        return True

    assert records.write(half, default=False) is False
    assert notes(records) == []


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_damaged_file_is_kept_aside_and_begun_anew(records: Records, tmp_path: Path, damage: bytes) -> None:
    records.path.write_bytes(damage)
    assert note(records, "new")
    assert notes(records) == ["new"]
    assert [path.read_bytes() for path in tmp_path.glob(BROKEN)] == [damage]


def test_a_file_of_a_newer_version_is_left_as_it_is(records: Records) -> None:
    with sqlite3.connect(records.path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = records.path.read_bytes()
    assert note(records, "lost") is False
    assert notes(records) is None
    assert records.path.read_bytes() == before


def test_a_file_that_vanished_is_made_anew(records: Records) -> None:
    note(records, "before")
    for path in records.path.parent.glob(f"{records.path.name}*"):
        path.unlink()
    assert note(records, "after")
    assert notes(records) == ["after"]


def test_where_nothing_can_be_kept_the_default_is_the_answer(tmp_path: Path) -> None:
    records = Records(tmp_path / "absent", TABLES)
    assert notes(records) is None
    assert note(records, "lost") is False
    (notice,) = records.notices
    assert str(records.path) in notice


def test_a_closed_one_gives_defaults(records: Records) -> None:
    note(records, "one")
    records.close()
    records.close()
    assert notes(records) is None
