"""Measures outlive a process, and those of several processes are added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index import measures
from dt6_lsp.index.records import Records
from dt6_lsp.metrics import Metrics

if TYPE_CHECKING:
    from pathlib import Path


def opened(folder: Path) -> Records:
    return Records(folder, (measures.TABLES,))


def observed(*values: float) -> Metrics:
    metrics = Metrics()
    for value in values:
        metrics.observe("ask.total.seconds", value)
    return metrics


def test_the_next_process_goes_on_from_there(tmp_path: Path) -> None:
    before = opened(tmp_path)
    measures.keep(observed(1.0, 2.0), before)
    before.close()
    records, metrics = opened(tmp_path), observed(3.0)
    together = metrics.snapshot(measures.kept(records))["ask.total.seconds"]
    assert (together.count, together.total, together.largest) == (3, 6.0, 3.0)
    records.close()


def test_processes_add_to_one_account(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    for records in (one, other, one):
        measures.keep(observed(1.0), records)
    assert measures.kept(other)["ask.total.seconds"].count == 3
    one.close()
    other.close()


def test_what_was_kept_is_not_kept_twice(tmp_path: Path) -> None:
    records, metrics = opened(tmp_path), observed(1.0)
    measures.keep(metrics, records)
    measures.keep(metrics, records)
    assert measures.kept(records)["ask.total.seconds"].count == 1
    records.close()


def test_what_cannot_be_kept_is_not_lost_to_this_process(tmp_path: Path) -> None:
    records, metrics = opened(tmp_path / "absent"), observed(1.0)
    measures.keep(metrics, records)
    assert metrics.snapshot(measures.kept(records))["ask.total.seconds"].count == 1
