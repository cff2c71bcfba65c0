"""One stream of events for all who ask the same at the same time.

Who comes later gets what came before, then what comes. One who leaves does not stop the others; when the last has left,
what makes the events is cancelled, and closed before `follow` ends. What it fails with, all get.
Not here: what is the same (`identity`). Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from dt6_lsp.assistant.events import Event

    Make = Callable[[CancelToken], AsyncGenerator[Event, None]]

_CLOSE_SECONDS = 1.0


@dataclass(eq=False, slots=True)
class _Flight:
    cancel: CancelToken = field(default_factory=CancelToken)
    events: list[Event] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    followers: int = 0
    task: asyncio.Task[None] | None = None

    async def run(self, make: Make) -> None:
        async with aclosing(make(self.cancel)) as events:
            async for event in events:
                self.events.append(event)
                self.tell()

    def tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    async def end(self) -> None:
        """Stop the work, and wait until it has closed what it holds."""
        assert self.task is not None, "it has begun"
        self.cancel.cancel()
        _, running = await asyncio.wait((self.task,), timeout=_CLOSE_SECONDS)
        for task in running:
            task.cancel()


class Flights:
    def __init__(self) -> None:
        self._flying: dict[str, _Flight] = {}

    async def follow(self, key: str, make: Make, cancel: CancelToken) -> AsyncGenerator[Event, None]:
        """All events of the flight of this `key`; `make` begins it where there is none."""
        flight = self._flying.get(key) or self._begin(key, make)
        flight.followers += 1
        loop = asyncio.get_running_loop()
        forget = cancel.on_cancel(lambda: _on(loop, flight.tell))
        try:
            seen = 0
            while True:
                news = flight.news
                while seen < len(flight.events):
                    seen += 1
                    yield flight.events[seen - 1]
                assert flight.task is not None, "it has begun"
                if flight.task.done():
                    flight.task.result()
                    return
                cancel.raise_if_cancelled()
                await news.wait()
        finally:
            forget()
            flight.followers -= 1
            if not flight.followers:
                self._forget(key, flight)
                await flight.end()

    def _begin(self, key: str, make: Make) -> _Flight:
        flight = self._flying[key] = _Flight()
        flight.task = asyncio.ensure_future(flight.run(make))
        flight.task.add_done_callback(lambda task: self._landed(key, flight, task))
        return flight

    def _landed(self, key: str, flight: _Flight, task: asyncio.Task[None]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # looked at, also when nobody follows any more
        flight.tell()

    def _forget(self, key: str, flight: _Flight) -> None:
        """Who comes from now on begins anew."""
        if self._flying.get(key) is flight:
            del self._flying[key]


def _on(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended; nobody waits any more
        loop.call_soon_threadsafe(call)
