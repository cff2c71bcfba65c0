"""Which model answers, if any: chosen by intent, kept for a while, passed over while it fails, switched while DT6 runs.

`auto` takes a reachable Ollama with an installed model that can chat, and whose text stays on hosts that the user has
allowed: the configured model if it is there, else the first such model in the server's own order (most recently changed
first). A backend or a model that the user named is taken as named; others follow in the order of `chat.fallback` only.
Who was passed over, and why, is a sentence of the choice. An absence is remembered for a short while, so that it does
not cost every question the time to find out.
Not here: trying again and breaking the circuit (`guarded`), the prompt, and the answer without a model (`assistant`).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.errors import BackendUnavailable, ConsentRequired, ModelError, SettingError
from dt6_lsp.models import failures
from dt6_lsp.models.build import chat_backends, server_name
from dt6_lsp.models.consent import host_of, require_consent
from dt6_lsp.models.pool import Pool
from dt6_lsp.models.targets import AUTO, NOBODY, Target, parse, targets, unknown_backend

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dt6_lsp.models.base import ChatBackend, ModelInfo, ModelServer
    from dt6_lsp.models.breaker import Health
    from dt6_lsp.settings import BackendSettings, Settings

CHOICE_SECONDS = 60.0
ABSENCE_SECONDS = 10.0
MOST_ASKED = 20  # installed models that are asked what they can do

_NONE_WANTED = "No model was asked, because chat.backend is none."


@dataclass(frozen=True, slots=True)
class Choice:
    """`backend` None: no model, and `why` is a sentence for the user; with a backend, `why` says who was passed over.
    `error` is set when the user named the backend: then it is not as they wanted it, and not only a help that happens
    to be missing. `place` is that in the user's order; `sees` whether the model takes images, where the server says."""

    backend: ChatBackend | None
    model: str
    context_tokens: int
    why: str = ""
    error: ModelError | None = None
    place: int = 0
    sees: bool | None = None


@dataclass(frozen=True, slots=True)
class ServerModels:
    """What one server has, or the problem with it."""

    backend: str
    url: str
    models: tuple[ModelInfo, ...]
    problem: str = ""
    kind: str = ""
    health: Health | None = None


class ModelHub:
    """Holds the chat backends. Belongs to one event loop."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._pool = Pool(settings, clock, pause)
        self._switched: Target | None = None
        self._choosing: defaultdict[Target, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._choices: dict[Target, tuple[Choice, float]] = {}

    async def choose(self, intent: str = "", after: Choice | None = None, because: str = "") -> Choice:
        """Who answers questions of this intent. `after` a choice that failed before its first word (`because` says
        how): the next in the user's order. Raises nothing that a server can cause."""
        wanted = targets(self._settings, intent, self._switched)
        if not wanted:
            return self._nobody(_NONE_WANTED if self._settings.workspace.trusted else str(_untrusted()))
        first = 0 if after is None else after.place + 1
        passed = [because] if because else []
        error: ModelError | None = None
        for place, target in enumerate(wanted[first:], start=first):
            choice = await self._chosen(target)
            if choice.backend is not None:
                return replace(choice, why=_stands_in(choice, passed), place=place) if place else choice
            passed.append(choice.why)
            error = error or choice.error
        return self._nobody(" ".join(dict.fromkeys(passed)), error)

    def absence(self) -> str:
        """Why nobody would write now, as far as that is known without asking any server; "" where somebody may."""
        wanted = targets(self._settings, "", self._switched)
        if not wanted:
            return _NONE_WANTED if self._settings.workspace.trusted else str(_untrusted())
        known = [self._choices.get(target) for target in wanted]
        choices = [choice for choice, _ in filter(None, known)]  # also one that is old by now: nothing newer is known
        if len(choices) < len(wanted) or any(choice.backend is not None for choice in choices):
            return ""
        return " ".join(dict.fromkeys(choice.why for choice in choices))

    def forget(self) -> None:
        """Look anew at the next question: the model that was chosen has failed."""
        self._choices.clear()

    async def switch(self, backend: str = "", model: str = "") -> Choice:
        """From now on this model answers, whatever the settings say; without a name, whom the settings name. Answers
        that are being written are not touched. What can't answer is not switched to: ModelError, SettingError."""
        wanted = self._target(backend, model)
        if wanted is not None and wanted.backend != NOBODY:
            self._pool.breaker(wanted.backend).reset()
            choice = await self._found(wanted)
            if choice.backend is None:
                raise choice.error or ModelError(choice.why)
        self.forget()
        self._switched = wanted
        return await self.choose()

    async def reconfigure(self, settings: Settings) -> None:
        """Other settings. Backends that they change close when their last stream has ended. A switch outlasts settings
        that speak of something else."""
        before, self._settings = self._settings, settings
        chosen = (settings.chat.backend, settings.chat.model)
        if chosen != (before.chat.backend, before.chat.model):
            self._switched = None
        self.forget()
        await self._pool.reconfigure(settings)

    async def models(self) -> list[ServerModels]:
        """For every backend, used or not; all at the same time, because one that hangs takes all of its time limit."""
        return await asyncio.gather(*map(self._models_of, chat_backends(self._settings).values()))

    async def close(self) -> None:
        await self._pool.close()

    def _target(self, backend: str, model: str) -> Target | None:
        known = chat_backends(self._settings)
        if not known and (backend or model):
            raise _untrusted()
        if backend and backend not in (*known, AUTO, NOBODY):
            raise SettingError(
                f"There is no backend {backend!r}.", f"Name one of {', '.join(known)}, or add it as a [backends] table."
            )
        if backend:
            return (
                Target(backend, model)
                if backend in (AUTO, NOBODY)
                else parse(f"{model}@{backend}", backend, self._settings)
            )
        usual = self._switched.backend if self._switched else self._settings.chat.backend
        return parse(model, usual, self._settings) if model else None

    async def _chosen(self, target: Target) -> Choice:
        """As `_found`, remembered; while the backend is left alone, that."""
        async with self._choosing[target]:
            guarded = self._pool.opened(target.backend)
            if guarded is not None and self._pool.breaker(target.backend).state == "open":
                return self._failed(guarded.left_alone())
            choice, until = self._choices.get(target, (None, 0.0))
            if choice is None or self._clock() >= until:
                choice = await self._found(target)
                until = self._clock() + (CHOICE_SECONDS if choice.backend else ABSENCE_SECONDS)
                self._choices[target] = choice, until
            return choice

    async def _found(self, target: Target) -> Choice:
        backend = chat_backends(self._settings).get(target.backend)
        if backend is None:  # switched to, and gone from the settings since
            return self._failed(ModelError(f"There is no backend {target.backend} any more.", "Switch to another."))
        try:
            return await self._on(backend, target.model)
        except BackendUnavailable as error:
            meant = unknown_backend(target.model, self._settings)
            told = failures.absent_and_no_backend(server_name(backend), target.model, meant) if meant else error
            return self._failed(told)
        except ModelError as error:
            return self._failed(error)

    async def _on(self, backend: BackendSettings, model: str) -> Choice:
        require_consent(backend.url, self._settings.privacy.allowed_hosts)
        await self._raise_if_absent(backend)
        server = await self._pool.get(backend)
        model = model or await self._first_that_chats(server, backend)
        about = await server.about(model)
        wanted = self._settings.chat.context_tokens
        room = min(wanted, about.context_length) if about.context_length else wanted
        return Choice(server, model, room, sees=about.sees)

    async def _first_that_chats(self, server: ModelServer, backend: BackendSettings) -> str:
        for model in (await server.models())[:MOST_ASKED]:
            about = await server.about(model.name)
            if about.chats and self._stays_here(about.remote_host):
                return model.name
        raise failures.none_chats(server_name(backend))

    def _stays_here(self, remote_host: str) -> bool:
        try:
            if remote_host:
                require_consent(remote_host, self._settings.privacy.allowed_hosts)
        except ConsentRequired:
            return False
        return True

    async def _raise_if_absent(self, backend: BackendSettings) -> None:
        """A look at the port is a hundred times cheaper than importing a client to learn that nobody is there."""
        host = host_of(backend.url)
        if host is None or not host.loopback:
            return  # a server elsewhere may be reached through a proxy only
        try:
            async with asyncio.timeout(self._settings.chat.connect_seconds):
                _, writer = await asyncio.open_connection(host.name, host.port)
        except (OSError, TimeoutError) as error:
            raise failures.absent(server_name(backend)) from error
        writer.close()

    async def _models_of(self, backend: BackendSettings) -> ServerModels:
        found: tuple[ModelInfo, ...] = ()
        problem = ""
        try:
            server = await self._pool.get(backend)
            found = tuple([await _described(server, model, n) for n, model in enumerate(await server.models())])
        except ModelError as error:
            problem = str(error)
        health = self._pool.breaker(backend.name).health()
        return ServerModels(backend.name, backend.url, found, problem, backend.kind, health)

    def _failed(self, error: ModelError) -> Choice:
        named = self._switched is not None or self._settings.chat.backend != AUTO
        return self._nobody(str(error), error if named else None)

    def _nobody(self, why: str, error: ModelError | None = None) -> Choice:
        return Choice(None, "", self._settings.chat.context_tokens, why, error)


async def _described(server: ModelServer, model: ModelInfo, number: int) -> ModelInfo:
    """With what the server says of this model alone; a server with very many is not asked for all."""
    if number >= MOST_ASKED:
        return model
    about = await server.about(model.name)
    return replace(model, context_length=about.context_length, capabilities=about.capabilities or ())


def _untrusted() -> SettingError:
    mend = "Trust it in your editor, or set workspace.trusted."
    return SettingError("No model is asked, because this workspace is not trusted.", mend)


def _stands_in(choice: Choice, passed: list[str]) -> str:
    """Nothing where the chosen one was first: that is what the user expects."""
    if not passed or choice.backend is None:
        return ""
    return f"{' '.join(dict.fromkeys(passed))} {choice.model} ({choice.backend.name}) stands in, as chat.fallback says."
