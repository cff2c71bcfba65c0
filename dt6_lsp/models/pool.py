"""The chat backends that are open, and a breaker for each. Built when first needed, replaced when settings change.

A backend that is replaced closes when its last stream has ended. Belongs to one event loop.
Not here: which of them answers (`orchestrator`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.models.breaker import Breaker
from dt6_lsp.models.build import build_chat, chat_backends, server_name
from dt6_lsp.models.guarded import GuardedChat, Patience
from dt6_lsp.models.targets import unknown_backend
from dt6_lsp.models.transport import TimeLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dt6_lsp.models.base import ModelServer
    from dt6_lsp.settings import BackendSettings, Settings

    Basis = tuple[BackendSettings, TimeLimits, Patience, tuple[str, ...]]


class Pool:
    def __init__(
        self, settings: Settings, clock: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._settings, self._pause = settings, pause
        self._open: dict[str, tuple[GuardedChat, Basis]] = {}
        self._breakers: defaultdict[str, Breaker] = defaultdict(partial(Breaker, clock))
        self._opening = asyncio.Lock()

    def breaker(self, name: str) -> Breaker:
        return self._breakers[name]

    def opened(self, name: str) -> GuardedChat | None:
        return self._open[name][0] if name in self._open else None

    async def get(self, backend: BackendSettings) -> GuardedChat:
        async with self._opening:
            if backend.name not in self._open:
                server = await self._built(backend)
                guarded = GuardedChat(
                    server, server_name(backend), self.breaker(backend.name), Patience.of(self._settings.chat),
                    self._pause, self._meant,
                )  # fmt: skip
                self._open[backend.name] = guarded, _basis(backend, self._settings)
            return self._open[backend.name][0]

    async def reconfigure(self, settings: Settings) -> None:
        wanted = chat_backends(settings)
        async with self._opening:
            self._settings = settings
            for name, (guarded, basis) in list(self._open.items()):
                if name not in wanted or _basis(wanted[name], settings) != basis:
                    del self._open[name]
                    self._breakers.pop(name, None)
                    await guarded.retire()

    async def close(self) -> None:
        opened, self._open = self._open, {}
        for guarded, _ in opened.values():
            await guarded.close()

    def _meant(self, model: str) -> str:
        return unknown_backend(model, self._settings)

    async def _built(self, backend: BackendSettings) -> ModelServer:
        """On a thread of its own: the import of a client library must not hold up the event loop."""
        thread = ThreadPoolExecutor(1, "dt6-import")
        try:
            work = partial(build_chat, backend, self._settings)
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        finally:
            thread.shutdown(wait=False)


def _basis(backend: BackendSettings, settings: Settings) -> Basis:
    """All that a backend was built from."""
    limits, patience = TimeLimits.of(settings.chat), Patience.of(settings.chat)
    return backend, limits, patience, settings.privacy.allowed_hosts
