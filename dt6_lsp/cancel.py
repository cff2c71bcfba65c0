"""Cancellation that crosses threads and event loops.

A `CancelToken` is made by a face (an LSP request, Ctrl-C), handed down, and looked at between small pieces of work.
Who holds something that must be closed at once (a stream from a model) registers it with `on_cancel`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancelled(Exception):  # noqa: N818 - it is the outcome that the user asked for, not an error
    """The user stopped this. Never logged as a failure."""


class CancelToken:
    """One per long call. Thread-safe; cancelling twice is harmless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Pause for at most `seconds`; True when the pause was ended by cancelling."""
        return self._event.wait(seconds)

    def cancel(self) -> None:
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when cancelled, at once if it is so already; returns a function that forgets it.

        The callback runs on the thread that cancels: to reach an event loop, use `loop.call_soon_threadsafe`.
        """
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
