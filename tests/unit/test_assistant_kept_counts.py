"""What was learned of a model's token counts is there after a restart, and a row that is none costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.kept_counts import TABLES, KeptCounts
from dt6_lsp.index.records import Records
from dt6_lsp.models.token_fit import Fit, of_messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Iterator[Records]:
    records = Records(tmp_path, (TABLES,))
    yield records
    records.close()


def test_each_models_fit_is_kept_as_it_is(records: Records) -> None:
    learned = Fit().after(of_messages(["def read(path): ...\n" * 50]), 320)
    KeptCounts(records).save("llama", Fit())
    KeptCounts(records).save("llama", learned)
    assert KeptCounts(records).load("llama") == learned
    assert KeptCounts(records).load("another") is None


@pytest.mark.parametrize("row", ["", "no JSON", "[1]", "[[1], [[1]], 3]", '[["x"], [], 0]', "null"])
def test_a_row_that_is_no_fit_is_as_one_that_is_not_there(row: str, records: Records) -> None:
    KeptCounts(records).save("llama", Fit())
    records.write(lambda connection: connection.execute("UPDATE token_fits SET fit = ?", (row,)), None)
    assert KeptCounts(records).load("llama") is None


def test_records_that_can_not_be_written_cost_nothing(tmp_path: Path) -> None:
    closed = Records(tmp_path, (TABLES,))
    closed.close()
    KeptCounts(closed).save("llama", Fit())
    assert KeptCounts(closed).load("llama") is None
