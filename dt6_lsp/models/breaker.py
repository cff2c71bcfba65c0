"""What is known of a backend's health, and the circuit breaker that leaves a failing one alone for a while.

    closed ── failures in a row ──> open ── pause ──> half-open ── one try goes well ──> closed
                                     ^                    └────── it fails ──────┐
                                     └────────────────────────────────────────────┘

Belongs to one event loop. Not here: which errors are failures of the server (`guarded`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES = 3
PAUSE_SECONDS = 10.0

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Health:
    """Seconds are ago, None for never; `retry_in` is 0 unless the breaker is open. `failure` says what the last was."""

    state: State
    failures_in_a_row: int
    last_success: float | None
    last_failure: float | None
    failure: str
    retry_in: float


class Breaker:
    def __init__(
        self, clock: Callable[[], float] = time.monotonic, failures: int = FAILURES, pause: float = PAUSE_SECONDS
    ) -> None:
        self._clock, self._most, self._pause = clock, failures, pause
        self._failures = 0
        self._opened = 0.0
        self._probing: Admission | None = None
        self._last_success: float | None = None
        self._last_failure: float | None = None
        self._failure = ""

    @property
    def state(self) -> State:
        if self._failures < self._most:
            return "closed"
        return "open" if self._probing is not None or self.retry_in > 0 else "half-open"

    @property
    def retry_in(self) -> float:
        opened = self._failures >= self._most
        return max(0.0, self._opened + self._pause - self._clock()) if opened else 0.0

    def enter(self) -> Admission | None:
        """Leave to ask the backend, to be ended in one of three ways; None while the breaker is open. Half-open, one
        gets it, and its outcome counts for all."""
        if self.state == "open":
            return None
        admission = Admission(self)
        if self.state == "half-open":
            self._probing = admission
        return admission

    def reset(self) -> None:
        """The user asks for this backend anew: what was is no reason to leave it alone."""
        self._failures, self._probing = 0, None

    def succeeded(self) -> None:
        self.reset()
        self._last_success = self._clock()

    def failed(self, said: str) -> None:
        self._failures += 1
        self._last_failure = self._opened = self._clock()
        self._failure = said

    def left(self, admission: Admission) -> None:
        if self._probing is admission:
            self._probing = None

    def health(self) -> Health:
        now = self._clock()
        success, failure = (None if at is None else now - at for at in (self._last_success, self._last_failure))
        return Health(self.state, self._failures, success, failure, self._failure, self.retry_in)


class Admission:
    """One try. Leaving without a word about its outcome (the user stopped it) says nothing about the backend."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def succeeded(self) -> None:
        self._breaker.succeeded()

    def failed(self, said: str) -> None:
        self._breaker.failed(said)

    def leave(self) -> None:
        self._breaker.left(self)
