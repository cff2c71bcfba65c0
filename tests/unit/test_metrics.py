"""Counters and timings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dt6_lsp.metrics import Measure, Metrics


def test_values_are_counted_summed_and_ranked() -> None:
    metrics = Metrics()
    for value in range(1, 101):
        metrics.observe("search.seconds", value)
    metrics.count("hits")
    metrics.count("hits", 2)
    assert metrics.snapshot() == {
        "hits": Measure(2, 3, 1, 2, 2),
        "search.seconds": Measure(100, 5050, 50, 95, 100),
    }


def test_quantiles_are_of_recent_values_and_memory_stays_bounded() -> None:
    metrics = Metrics()
    for value in [1000.0] * 1000 + [1.0] * 256:
        metrics.observe("x", value)
    assert metrics.snapshot()["x"] == Measure(1256, 1_000_256, 1, 1, 1)


def test_a_block_that_fails_is_timed_too() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="no"), metrics.time("work"):
        raise ValueError("no")
    assert metrics.snapshot()["work"].count == 1


def test_threads_lose_no_count() -> None:
    metrics = Metrics()

    def count_often(_: int) -> None:
        for _ in range(500):
            metrics.count("n")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_often, range(8)))
    assert metrics.snapshot()["n"].total == 4000


def test_nothing_measured_is_an_empty_snapshot() -> None:
    assert Metrics().snapshot() == {}
