"""Held answers as rows of the workspace's records. Each function is one step of a transaction.

Not here: when an answer may be served (`answers`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.cache.evidence import Evidence
from dt6_lsp.assistant.events import Citation

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from dt6_lsp.assistant.events import Intent

TABLES = """
CREATE TABLE IF NOT EXISTS answers(
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL,
  made REAL NOT NULL,
  bytes INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_identity ON answers(identity);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers(made);
"""


@dataclass(frozen=True, slots=True)
class Bound:
    """Beyond `entries` or `bytes` the oldest go; none is served or kept when it is `seconds` old."""

    entries: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer. `labels` are of the question's meaning; `indexed` is how many files the index had."""

    question: str
    labels: frozenset[tuple[str, str]]
    made: float
    intent: Intent
    backend: str
    model: str
    answer: str
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    indexed: int


@dataclass(frozen=True, slots=True)
class Held:
    """How many answers are kept, and their size."""

    entries: int
    bytes: int


def find(connection: sqlite3.Connection, identity: str, since: float) -> list[Entry]:
    """Those of this identity that are young enough, the newest first."""
    rows = connection.execute(
        "SELECT body FROM answers WHERE identity = ? AND made >= ? ORDER BY made DESC, id DESC", (identity, since)
    )
    return [_entry(body) for (body,) in rows]


def add(connection: sqlite3.Connection, identity: str, entry: Entry, bound: Bound) -> bool:
    """In place of an older one for the same. False where it is larger than all that may be kept."""
    body = _body(entry)
    size = len(body.encode()) + len(identity)
    connection.execute("DELETE FROM answers WHERE made < ?", (entry.made - bound.seconds,))
    if size > bound.bytes or bound.entries < 1:
        return False
    for number, old in connection.execute("SELECT id, body FROM answers WHERE identity = ?", (identity,)).fetchall():
        if _entry(old).labels == entry.labels:
            connection.execute("DELETE FROM answers WHERE id = ?", (number,))
    connection.execute(
        "INSERT INTO answers(identity, made, bytes, body) VALUES(?, ?, ?, ?)", (identity, entry.made, size, body)
    )
    _shrink(connection, bound)
    return True


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """All, the newest first."""
    return [_entry(body) for (body,) in connection.execute("SELECT body FROM answers ORDER BY made DESC, id DESC")]


def held(connection: sqlite3.Connection) -> Held:
    return Held(*connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM answers").fetchone())


def clear(connection: sqlite3.Connection) -> Held:
    """Forgets all; what that was."""
    before = held(connection)
    connection.execute("DELETE FROM answers")
    return before


def forget(connection: sqlite3.Connection, questions: Collection[str]) -> None:
    """Forgets the answers to these questions."""
    rows = connection.execute("SELECT id, body FROM answers").fetchall()
    gone = [(number,) for number, body in rows if _entry(body).question in questions]
    connection.executemany("DELETE FROM answers WHERE id = ?", gone)


def _shrink(connection: sqlite3.Connection, bound: Bound) -> None:
    now = held(connection)
    oldest = connection.execute("SELECT id, bytes FROM answers ORDER BY made, id")
    gone = []
    count, size = now.entries, now.bytes
    while count > bound.entries or size > bound.bytes:
        number, bytes_ = next(oldest)
        gone.append((number,))
        count, size = count - 1, size - bytes_
    connection.executemany("DELETE FROM answers WHERE id = ?", gone)


def _body(entry: Entry) -> str:
    return json.dumps({**asdict(entry), "labels": sorted(entry.labels)}, ensure_ascii=False)


def _entry(body: str) -> Entry:
    told = json.loads(body)
    return Entry(
        **{
            **told,
            "labels": frozenset((name, label) for name, label in told["labels"]),
            "citations": tuple(Citation(**each) for each in told["citations"]),
            "evidence": tuple(Evidence(**each) for each in told["evidence"]),
        }
    )
