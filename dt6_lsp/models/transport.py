"""How DT6 opens HTTP connections to model servers, whatever the client library; and the watch over a streamed answer.

Requests to this machine never pass a proxy (it would see private text) and no redirect is followed (it could lead to a
host that the user has not allowed). Every step has a time limit of its own, and cancelling ends the step in progress,
which closes the connection: model servers stop generating when that happens.
Not here: the protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dt6_lsp.models import failures
from dt6_lsp.models.consent import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.models.failures import ModelServerName
    from dt6_lsp.settings import ChatSettings, Settings

T = TypeVar("T")

SEND_SECONDS = 30.0
TELL_SECONDS = 10.0  # for a list of models and the like


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Of a request whose answer comes whole, in seconds; `answer` is the longest silence."""

    connect: float
    answer: float

    @classmethod
    def of(cls, settings: Settings) -> RequestLimits:
        return cls(settings.chat.connect_seconds, settings.embedding.request_seconds)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Of an answer that streams, in seconds."""

    connect: float
    first_token: float
    next_token: float

    @classmethod
    def of(cls, chat: ChatSettings) -> TimeLimits:
        return cls(chat.connect_seconds, chat.first_token_seconds, chat.next_token_seconds)


def client_options(url: str, connect: float, read: float | None) -> dict[str, Any]:
    """Keyword arguments for a client of httpx or httpx2. `read` None: the caller watches the time itself."""
    return {
        "follow_redirects": False,
        "trust_env": not is_loopback(url),
        "timeout": (connect, read, SEND_SECONDS, connect),
        # Without TLS no certificates are needed, and reading them takes longer than a request to this machine.
        "verify": True if url.lower().startswith("https") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    }


class Watch:
    """Runs the steps of one request, one after the other, on one event loop. Use it as a context manager."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._loop = asyncio.get_running_loop()
        self._step: asyncio.Timeout | None = None
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> Watch:
        self._forget = self._cancel.on_cancel(self._cancelled)
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    async def step(self, work: Callable[[], Awaitable[T]], seconds: float | None) -> T:
        """TimeoutError after `seconds`; Cancelled as soon as the token is, without beginning if it is so already."""
        self._cancel.raise_if_cancelled()
        self._task = asyncio.current_task()
        try:
            async with asyncio.timeout(seconds) as self._step:
                return await work()
        except TimeoutError:
            self._cancel.raise_if_cancelled()
            raise
        finally:
            self._step = None

    async def each(
        self, chunks: AsyncGenerator[T, None], limits: TimeLimits, server: ModelServerName
    ) -> AsyncGenerator[T, None]:
        """The chunks of an answer; BackendUnavailable when none comes in time, StreamCut when they cease. The client
        itself holds the limit for connecting, so who comes to the end of the first wait has been connected, and what
        passed is the limit for the first token."""
        patience, said = limits.connect + limits.first_token, limits.first_token
        begun = False
        async with aclosing(chunks):
            while True:
                try:
                    chunk = await self.step(lambda: anext(chunks), patience)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    late = failures.stalled if begun else failures.no_first_token
                    raise late(server, said) from None
                yield chunk
                begun, patience, said = True, limits.next_token, limits.next_token

    def _cancelled(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is left to be ended
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        """Not a task that is being cancelled already: it closes its connection, which a second time would cut short."""
        ending = self._task is not None and self._task.cancelling() > 0
        if self._step is not None and not self._step.expired() and not ending:
            self._step.reschedule(self._loop.time())
