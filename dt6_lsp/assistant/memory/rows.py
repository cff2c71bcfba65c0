"""The tables of what was asked and answered, and every statement over them.

They lie in the file of `index.records`, which several processes write. Whatever removes turns gives the file a new
`epoch`: it tells whoever holds vectors in memory that numbers of turns may mean others now, as does a file made anew.
Not here: what is worth keeping (`memory`), and vectors in memory (`vectors`).
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.assistant.memory.model import Cited, Kept, Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.assistant.memory.model import Bound

TABLES = """
CREATE TABLE IF NOT EXISTS turns(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    asked REAL NOT NULL,
    question TEXT NOT NULL,
    meant TEXT NOT NULL,
    answer TEXT NOT NULL,
    intent TEXT NOT NULL,
    model TEXT NOT NULL,
    names TEXT NOT NULL,
    cited TEXT NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_by_conversation ON turns(conversation, id);
CREATE INDEX IF NOT EXISTS turns_by_size ON turns(bytes);
CREATE TABLE IF NOT EXISTS turn_vectors(
    fingerprint TEXT NOT NULL,
    turn INTEGER NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY(turn, fingerprint)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conversation_summaries(
    conversation TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memory_epoch(one INTEGER PRIMARY KEY CHECK(one = 1), epoch BLOB NOT NULL);
INSERT OR IGNORE INTO memory_epoch VALUES(1, randomblob(8));
"""
_COLUMNS = "id, conversation, asked, question, meant, answer, intent, model, names, cited"
_SUMMED_UP = 60  # turns whose citations a summary may repeat
_SLACK = 0.05  # of a bound: removed beyond what must go, so that not every turn that comes removes one


def add(connection: sqlite3.Connection, turn: Remembered, vector: bytes, fingerprint: str, bound: Bound) -> int:
    """The number of the turn. Within the caller's transaction, as everything here that changes something."""
    cited = json.dumps([[each.path, each.start_line, each.end_line, each.mark] for each in turn.cited])
    names = json.dumps(turn.names)
    texts = (turn.conversation, turn.question, turn.meant, turn.answer, names, cited)
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + len(vector)
    done = connection.execute(
        "INSERT INTO turns(conversation, asked, question, meant, answer, intent, model, names, cited, bytes)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (turn.conversation, turn.asked, turn.question, turn.meant, turn.answer, turn.intent, turn.model, names, cited,
         size),
    )  # fmt: skip
    number = done.lastrowid or 0
    if vector:
        connection.execute("INSERT INTO turn_vectors VALUES(?, ?, ?)", (fingerprint, number, vector))
    _keep_within(connection, bound)
    return number


def latest(connection: sqlite3.Connection, conversation: str, most: int, after: int = 0) -> list[Remembered]:
    """The last turns of a conversation (after one), oldest first."""
    statement = f"SELECT {_COLUMNS} FROM turns WHERE conversation = ? AND id > ? ORDER BY id DESC LIMIT ?"
    return [_turn(row) for row in connection.execute(statement, (conversation, after, most))][::-1]


def numbered(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, Remembered]:
    """Those that are still there."""
    marks = ", ".join("?" * len(numbers))
    rows = connection.execute(f"SELECT {_COLUMNS} FROM turns WHERE id IN ({marks})", tuple(numbers))
    return {turn.id: turn for turn in map(_turn, rows)}


def between(connection: sqlite3.Connection, conversation: str, after: int, most: int) -> list[Remembered]:
    """The first turns of a conversation after one, oldest first."""
    statement = f"SELECT {_COLUMNS} FROM turns WHERE conversation = ? AND id > ? ORDER BY id LIMIT ?"
    return [_turn(row) for row in connection.execute(statement, (conversation, after, most))]


def latest_conversation(connection: sqlite3.Connection) -> str:
    """The one that the last question belongs to; "" where there is none."""
    row = connection.execute("SELECT conversation FROM turns ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def epoch(connection: sqlite3.Connection) -> bytes:
    return bytes(connection.execute("SELECT epoch FROM memory_epoch").fetchone()[0])


def vectors(connection: sqlite3.Connection, fingerprint: str, after: int, size: int) -> list[tuple[int, bytes]]:
    """Of the turns after one, by number. Only those of this fingerprint and size: others can't be compared."""
    return connection.execute(
        "SELECT turn, vector FROM turn_vectors WHERE turn > ? AND fingerprint = ? AND length(vector) = ? ORDER BY turn",
        (after, fingerprint, size),
    ).fetchall()


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said in the turns up to number `until`; `cited` are lines that these cite and the text may repeat."""

    text: str = ""
    until: int = 0
    cited: tuple[Cited, ...] = ()


def summary(connection: sqlite3.Connection, conversation: str) -> Summary:
    """An empty one where there is none."""
    found = connection.execute(
        "SELECT text, until FROM conversation_summaries WHERE conversation = ?", (conversation,)
    ).fetchone()
    if found is None:
        return Summary()
    text, until = found
    before = f"SELECT {_COLUMNS} FROM turns WHERE conversation = ? AND id <= ? ORDER BY id DESC LIMIT ?"
    turns = map(_turn, connection.execute(before, (conversation, until, _SUMMED_UP)))
    return Summary(text, until, tuple({each for turn in turns for each in turn.cited if each.path in text}))


def set_summary(connection: sqlite3.Connection, conversation: str, text: str, until: int) -> bool:
    """False where the turns that it sums up have been forgotten meanwhile: they must not come back through it."""
    there = connection.execute(
        "SELECT 1 FROM turns WHERE conversation = ? AND id = ?", (conversation, until)
    ).fetchone()
    if there:
        connection.execute("INSERT OR REPLACE INTO conversation_summaries VALUES(?, ?, ?)", (conversation, until, text))
    return there is not None


def forget(connection: sqlite3.Connection, conversation: str) -> Kept:
    """Remove a conversation, or all of them for ""; what was removed."""
    where, given = ("WHERE conversation = ?", (conversation,)) if conversation else ("", ())
    gone = _kept(connection, where, given)
    numbers = [number for (number,) in connection.execute(f"SELECT id FROM turns {where}", given)]
    _remove(connection, numbers)
    connection.execute(f"DELETE FROM conversation_summaries {where}", given)
    return gone


def questions(connection: sqlite3.Connection, conversation: str) -> list[str]:
    return [meant for (meant,) in connection.execute("SELECT meant FROM turns WHERE conversation = ?", (conversation,))]


def kept(connection: sqlite3.Connection) -> Kept:
    return _kept(connection, "", ())


def _kept(connection: sqlite3.Connection, where: str, given: tuple[str, ...]) -> Kept:
    row = connection.execute(
        f"SELECT count(*), count(DISTINCT conversation), coalesce(sum(bytes), 0) FROM turns {where}", given
    ).fetchone()
    return Kept(*map(int, row))


def _keep_within(connection: sqlite3.Connection, bound: Bound) -> None:
    """The oldest go until what is left is well within the bound; the newest stays, whatever its size."""
    count, size = connection.execute("SELECT count(*), sum(bytes) FROM turns").fetchone()
    size += _summary_bytes(connection)
    if count <= bound.turns and size <= bound.bytes:
        return
    most, room = max(1, int(bound.turns * (1 - _SLACK))), bound.bytes * (1 - _SLACK)
    gone: list[int] = []
    for number, each in connection.execute("SELECT id, bytes FROM turns ORDER BY id"):
        if (count <= most and size <= room) or count == 1:
            break
        gone.append(number)
        count, size = count - 1, size - each
    _remove(connection, gone)
    connection.execute("DELETE FROM conversation_summaries WHERE conversation NOT IN (SELECT conversation FROM turns)")


def _summary_bytes(connection: sqlite3.Connection) -> int:
    (size,) = connection.execute(
        "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM conversation_summaries"
    ).fetchone()
    return int(size)


def _remove(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    given = [(number,) for number in numbers]
    if given:
        connection.executemany("DELETE FROM turns WHERE id = ?", given)
        connection.executemany("DELETE FROM turn_vectors WHERE turn = ?", given)
        connection.execute("UPDATE memory_epoch SET epoch = randomblob(8)")


def _turn(row: tuple[Any, ...]) -> Remembered:
    """A row that makes no sense is damage like any other in this file."""
    number, conversation, asked, question, meant, answer, intent, model, names, cited = row
    try:
        about, places = tuple(map(str, json.loads(names))), tuple(Cited(*each) for each in json.loads(cited))
    except (TypeError, ValueError) as error:
        raise sqlite3.DataError(f"turn {number} can't be read ({error})") from error
    return Remembered(conversation, asked, question, meant, answer, intent, model, about, places, number)
