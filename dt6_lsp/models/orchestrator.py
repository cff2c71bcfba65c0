"""Which model answers, if any. A choice is kept for a short while, so that an absent server does not cost every
question the time to find that out.

`auto` takes a reachable Ollama with an installed model that can chat, and whose text stays on hosts that the user has
allowed: the configured model if it is there, else the first such model in the server's own order (most recently changed
first). Everything else is no model, with a sentence that says why. A backend that the user named is taken as named.
Not here: the prompt, and the answer without a model (`assistant`).
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.errors import BackendUnavailable, ConsentRequired, ModelError, RateLimited
from dt6_lsp.models import failures
from dt6_lsp.models.build import CHAT_BACKENDS, build_chat, ollama_chat
from dt6_lsp.models.consent import host_of, require_consent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dt6_lsp.models.base import ChatBackend, ModelInfo
    from dt6_lsp.models.ollama import OllamaChat
    from dt6_lsp.settings import Settings

T = TypeVar("T", bound="ChatBackend")

CHOICE_SECONDS = 60.0
ABSENCE_SECONDS = 10.0
MOST_ASKED = 20  # installed models that are asked whether they can chat


@dataclass(frozen=True, slots=True)
class Choice:
    """`backend` None: no model, and `why` is a sentence for the user. `error` is set when the user named the backend:
    then it is not as they wanted it, and not only a help that happens to be missing."""

    backend: ChatBackend | None
    model: str
    context_tokens: int
    why: str = ""
    error: ModelError | None = None


@dataclass(frozen=True, slots=True)
class ServerModels:
    """What one server has, or the problem with it."""

    backend: str
    url: str
    models: tuple[ModelInfo, ...]
    problem: str = ""


class ModelHub:
    """Holds the chat backends. Belongs to one event loop."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._backends: dict[str, ChatBackend] = {}
        self._choosing = asyncio.Lock()
        self._choice: Choice | None = None
        self._until = 0.0

    async def choose(self) -> Choice:
        """Raises nothing that a server can cause."""
        async with self._choosing:
            if self._choice is None or self._clock() >= self._until:
                self._choice = await self._choose()
                self._until = self._clock() + (CHOICE_SECONDS if self._choice.backend else ABSENCE_SECONDS)
            return self._choice

    def forget(self) -> None:
        """Look anew at the next question: the model that was chosen has failed."""
        self._choice = None

    async def models(self) -> list[ServerModels]:
        """For every backend, used or not; all at the same time, because one that hangs takes all of its time limit."""
        return await asyncio.gather(*map(self._models_of, CHAT_BACKENDS))

    async def close(self) -> None:
        backends, self._backends = self._backends, {}
        for backend in backends.values():
            await backend.close()

    async def _choose(self) -> Choice:
        wanted = self._settings.chat.backend
        if wanted == "none":
            return self._nobody("No model was asked, because chat.backend is none.")
        try:
            if wanted == "openai":
                return await self._openai()
            return await self._ollama()
        except ModelError as error:
            return self._nobody(str(error), None if wanted == "auto" else error)

    async def _ollama(self) -> Choice:
        url = self._settings.ollama.url
        require_consent(url, self._settings.privacy.allowed_hosts)
        await self._raise_if_absent(url)
        backend = await self._backend("ollama", ollama_chat)
        if wanted := self._settings.chat.model:  # never another than the one that the user named
            return await self._choice_of(backend, wanted)
        fitting = await self._first_that_chats(backend, [model.name for model in await backend.models()])
        if fitting is None:
            raise ModelError(
                f"Ollama at {url} has no model that can answer here.",
                "Get one with `ollama pull qwen2.5-coder:7b`, for example.",
            )
        return await self._choice_of(backend, fitting)

    async def _openai(self) -> Choice:
        backend = await self._backend("openai", lambda settings: build_chat("openai", settings))
        wanted = self._settings.chat.model
        try:
            names = [model.name for model in await backend.models()]
        except (BackendUnavailable, ConsentRequired, RateLimited):
            raise
        except ModelError:
            if not wanted:
                raise
            names = []  # not every server has a list of models
        chatting = [name for name in names if "embed" not in name.lower()]
        if not wanted and not chatting:
            raise ModelError(f"The server at {backend.url} lists no chat model.", "Name one by chat.model.")
        return await self._choice_of(backend, wanted or chatting[0], length_known=bool(names))

    async def _choice_of(self, backend: ChatBackend, model: str, *, length_known: bool = True) -> Choice:
        limit = await backend.context_length(model) if length_known else None
        wanted = self._settings.chat.context_tokens
        return Choice(backend, model, min(wanted, limit) if limit else wanted)

    async def _first_that_chats(self, backend: OllamaChat, names: Iterable[str]) -> str | None:
        for name in list(names)[:MOST_ASKED]:
            about = await backend.about(name)
            if about.chat and self._stays_here(about.remote_host):
                return name
        return None

    def _stays_here(self, remote_host: str) -> bool:
        try:
            if remote_host:
                require_consent(remote_host, self._settings.privacy.allowed_hosts)
        except ConsentRequired:
            return False
        return True

    async def _raise_if_absent(self, url: str) -> None:
        """A look at the port is a hundred times cheaper than importing a client to learn that nobody is there."""
        host = host_of(url)
        if host is None or not host.loopback:
            return  # a server elsewhere may be reached through a proxy only
        try:
            async with asyncio.timeout(self._settings.chat.connect_seconds):
                _, writer = await asyncio.open_connection(host.name, host.port)
        except (OSError, TimeoutError) as error:
            raise failures.absent(failures.ollama_at(url)) from error
        writer.close()

    async def _backend(self, name: str, build: Callable[[Settings], T]) -> T:
        """Built on a thread of its own: the import of a client library must not hold up the event loop."""
        if name not in self._backends:
            thread = ThreadPoolExecutor(1, "dt6-import")
            try:
                built = await asyncio.get_running_loop().run_in_executor(thread, build, self._settings)
            finally:
                thread.shutdown(wait=False)
            self._backends[name] = built
        backend: T = self._backends[name]  # type: ignore[assignment]
        return backend

    async def _models_of(self, name: str) -> ServerModels:
        url = self._settings.ollama.url if name == "ollama" else self._settings.openai.url
        try:
            backend = await self._backend(name, lambda settings: build_chat(name, settings))
            return ServerModels(name, url, tuple(await backend.models()))
        except ModelError as error:
            return ServerModels(name, url, (), str(error))

    def _nobody(self, why: str, error: ModelError | None = None) -> Choice:
        return Choice(None, "", self._settings.chat.context_tokens, why, error)
