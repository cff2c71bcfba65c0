"""Measures that outlive a process: added up in the workspace's records, by every process that has it open.

Not here: measuring, and what is measured (`metrics`).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from dt6_lsp.metrics import Series, merged

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from dt6_lsp.index.records import Records
    from dt6_lsp.metrics import Metrics

TABLES = """
CREATE TABLE IF NOT EXISTS measures(
  name TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  total REAL NOT NULL,
  largest REAL NOT NULL,
  bands TEXT NOT NULL
) WITHOUT ROWID;
"""


def keep(metrics: Metrics, records: Records) -> None:
    """Adds what came in since the last time. What can't be written now is tried again with the next."""
    taken = metrics.take()
    if taken and not records.write(lambda connection: _add(connection, taken), default=False):
        metrics.give_back(taken)


def kept(records: Records) -> dict[str, Series]:
    """What all processes have kept so far, by name."""
    return records.read(_read, {})


def _add(connection: sqlite3.Connection, taken: Mapping[str, Series]) -> bool:
    together = merged(_read(connection), taken)
    rows = [(name, each.count, each.total, each.largest, json.dumps(each.bands)) for name, each in together.items()]
    connection.executemany("INSERT OR REPLACE INTO measures VALUES(?, ?, ?, ?, ?)", rows)
    return True


def _read(connection: sqlite3.Connection) -> dict[str, Series]:
    rows = connection.execute("SELECT name, count, total, largest, bands FROM measures")
    return {name: Series(count, total, largest, _bands(bands)) for name, count, total, largest, bands in rows}


def _bands(text: str) -> Counter[int]:
    """JSON knows no numbers as keys."""
    return Counter({int(band): number for band, number in json.loads(text).items()})
