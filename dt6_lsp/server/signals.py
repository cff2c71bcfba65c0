"""What asks a server to end, on every system."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


def on_signals(stop: Callable[[int], object]) -> None:
    """From now on, call `stop` on the event loop with the exit code that says which signal came: 128 + n."""
    loop = asyncio.get_running_loop()
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stop, 128 + number)
        except NotImplementedError:  # the event loops of Windows take none, and its signals come on the main thread
            signal.signal(number, lambda n, _: loop.call_soon_threadsafe(stop, 128 + n))
