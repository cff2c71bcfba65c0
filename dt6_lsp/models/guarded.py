"""A chat backend as answers use it: with its breaker, tries before the first word, an end to every answer, and a
closing that waits for the last stream.

Every use of a model passes here, so that each is protected alike. Once a word of an answer has come, nothing is tried
again: the reader would see two beginnings.
Not here: which backend is asked next when this one fails (`orchestrator`).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.errors import BackendUnavailable, ModelError, ModelMissing, RateLimited, StreamCut
from dt6_lsp.models import failures
from dt6_lsp.models.failures import ConnectionLost, Endless, ServerFault, Unreadable
from dt6_lsp.models.transport import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.models.base import About, ChatRequest, Delta, FillRequest, ModelInfo, ModelServer
    from dt6_lsp.models.breaker import Breaker
    from dt6_lsp.models.failures import ModelServerName
    from dt6_lsp.settings import ChatSettings

FIRST_PAUSE = 0.5  # seconds before the second try where the server names none; doubled before each further one
MOST_CHARACTERS = 32  # of a token: an answer of more than these times the tokens asked for has no end


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a server is asked again, how long it may make us wait for that, and how long an answer may take."""

    retries: int
    longest_wait: float
    answer: float

    @classmethod
    def of(cls, chat: ChatSettings) -> Patience:
        return cls(chat.retries, chat.retry_wait_seconds, chat.answer_seconds)

    def pause(self, error: ModelError, tries: int) -> float | None:
        """Seconds until the next try after `tries`; None: there is none."""
        if tries > self.retries or not isinstance(error, (ConnectionLost, RateLimited, ServerFault)):
            return None
        wanted = error.retry_after if isinstance(error, RateLimited) else None
        if wanted is None:
            return min(FIRST_PAUSE * 2.0 ** (tries - 1), self.longest_wait)
        return wanted if wanted <= self.longest_wait else None


class GuardedChat:
    """A `ModelServer` around another. `meant` says which backend a name that is no model's may have meant. Belongs to
    one event loop."""

    def __init__(
        self,
        server: ModelServer,
        speak_of: ModelServerName,
        breaker: Breaker,
        patience: Patience,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        meant: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.name, self.url = server.name, server.url
        self._server, self._speak_of, self._breaker, self._patience = server, speak_of, breaker, patience
        self._pause, self._meant = pause, meant
        self._streams = 0
        self._retired = False

    async def models(self) -> list[ModelInfo]:
        return await self._server.models()

    async def about(self, model: str) -> About:
        try:
            return await self._server.about(model)
        except ModelMissing as error:
            raise self._explained(error, model) from error

    async def context_length(self, model: str) -> int | None:
        return await self._server.context_length(model)

    async def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """As `ChatBackend.stream`; BackendUnavailable at once while the breaker is open."""
        async with aclosing(self._admitted(self._tried(request, cancel), request.model)) as deltas:
            async for delta in deltas:
                yield delta

    async def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """As `ChatBackend.fill`, behind the same breaker. Nothing is tried again: whoever types has gone on by then."""
        filling = self._bounded(self._server.fill(request, cancel), request.max_tokens)
        async with aclosing(self._admitted(filling, request.model)) as deltas:
            async for delta in deltas:
                yield delta

    async def _admitted(self, source: AsyncGenerator[Delta, None], model: str) -> AsyncGenerator[Delta, None]:
        admission = self._breaker.enter()
        if admission is None:
            raise self.left_alone()
        self._streams += 1
        try:
            async with aclosing(source) as deltas:
                async for delta in deltas:
                    yield delta
            admission.succeeded()
        except ModelMissing as error:
            raise self._explained(error, model) from error
        except ModelError as error:
            if is_fault(error):
                admission.failed(str(error))
            raise
        finally:
            admission.leave()
            self._streams -= 1
            await self._close_if_done()

    def left_alone(self) -> BackendUnavailable:
        health = self._breaker.health()
        return failures.left_alone(self._speak_of, health.retry_in, health.failure)

    async def retire(self) -> None:
        """Close as soon as the last stream has ended; nobody chooses this any more."""
        self._retired = True
        await self._close_if_done()

    async def close(self) -> None:
        await self._server.close()

    def _explained(self, error: ModelMissing, model: str) -> ModelMissing:
        backend = self._meant(model)
        return failures.no_backend(self._speak_of, model, backend) if backend else error

    async def _close_if_done(self) -> None:
        if self._retired and not self._streams:
            await self._server.close()

    async def _tried(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        tries, begun = 1, False
        while True:
            try:
                answer = self._bounded(self._server.stream(request, cancel), request.max_tokens)
                async with aclosing(answer) as deltas:
                    async for delta in deltas:
                        begun = begun or bool(delta.text)
                        yield delta
            except ModelError as error:
                pause = None if begun else self._patience.pause(error, tries)
                if pause is None:
                    raise
            else:
                return
            await self._wait(pause, cancel)
            tries += 1

    async def _wait(self, seconds: float, cancel: CancelToken) -> None:
        with Watch(cancel) as watch:
            await watch.step(lambda: self._pause(seconds), None)

    async def _bounded(self, source: AsyncGenerator[Delta, None], most: int) -> AsyncGenerator[Delta, None]:
        """Servers differ in what they make of `max_tokens`, and a model may think for ever without a word."""
        left, end = most * MOST_CHARACTERS, time.monotonic() + self._patience.answer
        async with aclosing(source) as deltas:
            while True:
                try:
                    async with asyncio.timeout(end - time.monotonic()):
                        delta = await anext(deltas, None)
                except TimeoutError:
                    raise failures.too_long(self._speak_of, self._patience.answer) from None
                if delta is None:
                    return
                yield delta
                left -= len(delta.text)
                if left < 0:
                    raise failures.too_much(self._speak_of, most)


def is_fault(error: ModelError) -> bool:
    """The server's own: not a wrong key, a missing model or a text that is too long, which the next try meets again."""
    faults = (BackendUnavailable, RateLimited, ServerFault, StreamCut, Unreadable)
    return isinstance(error, faults) and not isinstance(error, Endless)
