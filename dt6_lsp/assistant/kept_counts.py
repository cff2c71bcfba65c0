"""What was learned of each model's token counts, kept in the workspace's records: a restart begins where it ended.

Not here: how it is learned (`dt6_lsp.models.token_fit`). A row that can't be read is as one that is not there.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING

from dt6_lsp.models.token_fit import PRIOR, Fit

if TYPE_CHECKING:
    import sqlite3

    from dt6_lsp.index.records import Records

TABLES = "CREATE TABLE IF NOT EXISTS token_fits (model TEXT PRIMARY KEY, kinds TEXT NOT NULL, fit TEXT NOT NULL);"
_KINDS = ", ".join(weight.kind for weight in PRIOR)  # a fit over other kinds of characters says nothing


class KeptCounts:
    """`dt6_lsp.models.tokens.Kept` over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def load(self, model: str) -> Fit | None:
        def ask(connection: sqlite3.Connection) -> str:
            select = "SELECT fit FROM token_fits WHERE model = ? AND kinds = ?"
            found = connection.execute(select, (model, _KINDS)).fetchone()
            return found[0] if found else ""

        return _read(self._records.read(ask, ""))

    def save(self, model: str, fit: Fit) -> None:
        row = (model, _KINDS, json.dumps(astuple(fit)))
        self._records.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO token_fits VALUES (?, ?, ?)", row), None
        )


def _read(row: str) -> Fit | None:
    try:
        weights, covariance, counted = json.loads(row)
        fit = Fit(tuple(map(float, weights)), tuple(tuple(map(float, line)) for line in covariance), int(counted))
    except (ValueError, TypeError):
        return None
    whole = [len(fit.weights), len(fit.covariance), *map(len, fit.covariance)]
    return fit if set(whole) == {len(PRIOR)} else None
