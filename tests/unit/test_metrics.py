"""Counters and timings."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.metrics import NONE, Metrics


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.02)


def test_values_are_counted_summed_and_ranked() -> None:
    metrics = Metrics()
    for value in range(1, 101):
        metrics.observe("search.seconds", value)
    metrics.count("hits")
    metrics.count("hits", 2)
    measures = metrics.snapshot()
    assert (measures["hits"].count, measures["hits"].total, measures["hits"].largest) == (2, 3, 2)
    search = measures["search.seconds"]
    assert (search.count, search.total, search.largest) == (100, 5050, 100)
    assert (search.p50, search.p95, search.p99) == (near(50), near(95), near(99))


@given(st.lists(st.floats(1e-6, 1e6), min_size=1))
def test_a_quantile_is_within_two_percent_of_the_nearest_rank(values: list[float]) -> None:
    metrics = Metrics()
    for value in values:
        metrics.observe("x", value)
    measure, ordered = metrics.snapshot()["x"], sorted(values)
    for share, quantile in ((0.5, measure.p50), (0.95, measure.p95), (0.99, measure.p99)):
        assert quantile == near(ordered[math.ceil(share * len(values)) - 1])


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True)))
def test_whatever_is_observed_the_quantiles_are_in_order(values: list[float]) -> None:
    metrics = Metrics()
    for value in values:
        metrics.observe("x", value)
    measure = metrics.snapshot().get("x", NONE)
    assert 0 <= measure.p50 <= measure.p95 <= measure.p99 <= max(measure.largest, 0)


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    metrics = Metrics()
    for number in range(20_000):
        metrics.observe("x", 0.001 + number % 1000 / 1000)
    (series,) = metrics.take().values()
    assert len(series.bands) < 200


def test_what_is_taken_is_no_longer_there_and_can_be_given_back() -> None:
    metrics = Metrics()
    metrics.count("n")
    taken = metrics.take()
    assert metrics.snapshot() == {}
    metrics.count("n", 2)
    metrics.give_back(taken)
    assert metrics.snapshot()["n"].total == 3


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
