"""Counters and timings of one running DT6, for `stats` and for finding what is slow.

The server and its engines share one `Metrics`, which app.py builds; there are no globals. Memory is bounded: a name
keeps its totals and its latest values. Not here: writing them anywhere.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECENT = 256


@dataclass(frozen=True, slots=True)
class Measure:
    """`total` is the sum of all values (for a counter, the count itself); the quantiles are of the latest 256."""

    count: int
    total: float
    p50: float
    p95: float
    largest: float


@dataclass(slots=True)
class _Series:
    count: int = 0
    total: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))


class Metrics:
    """Thread-safe. Names are dotted words ("search.seconds"), chosen by code and never by input, so they stay few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[str, _Series] = {}

    def count(self, name: str, by: float = 1) -> None:
        self.observe(name, by)

    def observe(self, name: str, value: float) -> None:
        """Adds one value, such as seconds or bytes."""
        with self._lock:
            series = self._series.setdefault(name, _Series())
            series.count += 1
            series.total += value
            series.recent.append(value)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Measures the seconds of a block, also of one that fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.observe(name, time.perf_counter() - start)

    def snapshot(self) -> dict[str, Measure]:
        """All measures by name, sorted, as they are now."""
        with self._lock:
            return {name: _measure(self._series[name]) for name in sorted(self._series)}


def _measure(series: _Series) -> Measure:
    ordered = sorted(series.recent)
    return Measure(series.count, series.total, _quantile(ordered, 0.5), _quantile(ordered, 0.95), ordered[-1])


def _quantile(ordered: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
