"""The explanations that are kept of a workspace: one of a definition for each model, for as long as its text stays.

A changed text has another key, and its explanation takes the place of the old one. They share the limits of kept
answers, whose settings say whether any is kept on disk; the newest few are in memory anyway.
Not here: writing them (`explaining`).
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.cache.answers import DEFAULT
from dt6_lsp.assistant.cache.rows import Held
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from dt6_lsp.assistant.cache.rows import Bound
    from dt6_lsp.index.records import Records

TABLES = """
CREATE TABLE IF NOT EXISTS explanations(
  place TEXT NOT NULL,
  backend TEXT NOT NULL,
  model TEXT NOT NULL,
  key TEXT NOT NULL,
  made REAL NOT NULL,
  bytes INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY(place, backend, model)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS explanations_by_age ON explanations(made);
"""
_IN_MEMORY = 50
_NOTHING = Held(0, 0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`text` is harmless Markdown; the model `model` at `backend` wrote it."""

    text: str
    backend: str
    model: str


@dataclass(frozen=True, slots=True)
class Key:
    """`place` is a definition, whatever its text; `text` is the same only for the same text and the same prompt."""

    place: str
    text: str


class Explanations:
    """Thread-safe; blocks."""

    def __init__(
        self,
        records: Records | None = None,
        bound: Bound = DEFAULT,
        *,
        keeping: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._records, self._bound, self._keeping, self._clock = records, bound, keeping, clock
        self._lock = threading.Lock()
        self._newest: OrderedDict[Key, dict[tuple[str, str], Explanation]] = OrderedDict()

    def find(self, key: Key) -> tuple[Explanation, ...]:
        """Of this very text, by each model that wrote one."""
        with self._lock:
            if key in self._newest:
                self._newest.move_to_end(key)
                return tuple(self._newest[key].values())
        if self._records is None or not self._keeping:
            return ()
        since = self._clock() - self._bound.seconds
        return tuple(self._records.read(lambda connection: _find(connection, key, since), []))

    def keep(self, key: Key, made: Explanation) -> None:
        """In place of those of an older text. On disk only what holds no secret."""
        known = self.find(key)
        with self._lock:
            for other in [other for other in self._newest if other.place == key.place and other != key]:
                del self._newest[other]
            self._newest[key] = {(each.backend, each.model): each for each in (*known, made)}
            while len(self._newest) > _IN_MEMORY:
                self._newest.popitem(last=False)
        if self._records is not None and self._keeping and redact(made.text) == made.text:
            now = self._clock()
            self._records.write(lambda connection: _keep(connection, key, made, now, self._bound), None)

    def clear(self) -> Held:
        """Forget all; what was on disk."""
        with self._lock:
            self._newest.clear()
        return self._records.write(_clear, _NOTHING) if self._records is not None else _NOTHING


def _find(connection: sqlite3.Connection, key: Key, since: float) -> list[Explanation]:
    select = "SELECT body FROM explanations WHERE place = ? AND key = ? AND made >= ? ORDER BY made DESC"
    return [Explanation(**json.loads(body)) for (body,) in connection.execute(select, (key.place, key.text, since))]


def _keep(connection: sqlite3.Connection, key: Key, made: Explanation, now: float, bound: Bound) -> None:
    body = json.dumps(asdict(made), ensure_ascii=False)
    row = (key.place, made.backend, made.model, key.text, now, len(body.encode()), body)
    connection.execute("DELETE FROM explanations WHERE made < ?", (now - bound.seconds,))
    connection.execute("DELETE FROM explanations WHERE place = ? AND key <> ?", (key.place, key.text))
    connection.execute("INSERT OR REPLACE INTO explanations VALUES(?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute(
        """DELETE FROM explanations WHERE (place, backend, model) IN (
          SELECT place, backend, model FROM (
            SELECT place, backend, model, row_number() OVER newest AS number, sum(bytes) OVER newest AS size
            FROM explanations WINDOW newest AS (ORDER BY made DESC, place, backend, model ROWS UNBOUNDED PRECEDING)
          ) WHERE number > ? OR size > ?
        )""",
        (bound.entries, bound.bytes),
    )


def _clear(connection: sqlite3.Connection) -> Held:
    held = Held(*connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM explanations").fetchone())
    connection.execute("DELETE FROM explanations")
    return held
