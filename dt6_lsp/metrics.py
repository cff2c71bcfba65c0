"""Counters and timings of DT6, for `stats` and for finding what is slow.

The server and its engines share one `Metrics`, which app.py builds; there are no globals. A series keeps how many
values fell into each of many narrow bands, so that its quantiles are of all values, it can be added to another
(those of an earlier process), and it takes the same memory after a million values.
Not here: keeping them from one process to the next (`index.measures`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GROWTH = 1.04  # of one band to the next: a quantile is at most 2 % off (the bands of DDSketch, Masson et al. 2019)
_LOG = math.log(_GROWTH)
_MOST = 1e30  # no second and no byte is counted beyond
_NOTHING = -100_000  # the band of zero and of what is below


@dataclass(frozen=True, slots=True)
class Measure:
    """`total` is the sum of all values (for a counter, the count itself). Quantiles are within 2 %."""

    count: int
    total: float
    p50: float
    p95: float
    p99: float
    largest: float


NONE = Measure(0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class Series:
    """All values of one name. `bands` has how many values lie in each band, by its number."""

    count: int = 0
    total: float = 0.0
    largest: float = 0.0
    bands: Counter[int] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.largest = max(self.largest, value)
        self.bands[_band(value)] += 1

    def merge(self, other: Series) -> None:
        self.count += other.count
        self.total += other.total
        self.largest = max(self.largest, other.largest)
        self.bands.update(other.bands)

    def measure(self) -> Measure:
        p50, p95, p99 = map(self._quantile, (0.5, 0.95, 0.99))
        return Measure(self.count, self.total, p50, p95, p99, self.largest)

    def _quantile(self, share: float) -> float:
        """The value that at least this share of the values does not exceed (nearest rank); 0 of no values."""
        wanted, seen = math.ceil(share * self.count), 0
        for band in sorted(self.bands):
            seen += self.bands[band]
            if seen >= wanted:
                return min(_middle(band), self.largest)
        return 0.0


class Metrics:
    """Thread-safe. Names are dotted words ("search.seconds"), chosen by code and never by input, so they stay few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[str, Series] = {}

    def count(self, name: str, by: float = 1) -> None:
        self.observe(name, by)

    def observe(self, name: str, value: float) -> None:
        """Adds one value, such as seconds or bytes; one that is no number is no value."""
        if not math.isfinite(value):
            return
        with self._lock:
            self._series.setdefault(name, Series()).add(value)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Measures the seconds of a block, also of one that fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.observe(name, time.perf_counter() - start)

    def snapshot(self, before: Mapping[str, Series] | None = None) -> dict[str, Measure]:
        """All measures by name, sorted, as they are now, with those that were kept `before`."""
        with self._lock:
            together = merged(before or {}, self._series)
        return {name: together[name].measure() for name in sorted(together)}

    def take(self) -> dict[str, Series]:
        """What has come in since the last time, for whoever keeps it; it is no longer here then."""
        with self._lock:
            taken, self._series = self._series, {}
        return taken

    def give_back(self, taken: Mapping[str, Series]) -> None:
        """What was taken and could not be kept."""
        with self._lock:
            self._series = merged(taken, self._series)


def merged(one: Mapping[str, Series], other: Mapping[str, Series]) -> dict[str, Series]:
    """New series with the values of both."""
    together: dict[str, Series] = {}
    for source in (one, other):
        for name, series in source.items():
            together.setdefault(name, Series()).merge(series)
    return together


def _band(value: float) -> int:
    return math.ceil(math.log(min(value, _MOST)) / _LOG) if value > 0 else _NOTHING


def _middle(band: int) -> float:
    """The value that is nearest to all of a band, in proportion."""
    return 0.0 if band == _NOTHING else 2 * math.exp(band * _LOG) / (1 + _GROWTH)
