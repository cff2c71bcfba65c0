"""Ollama: answers (`OllamaChat`) and vectors (`OllamaVectors`), through its own Python client.

Importing this module imports that client (0.3 CPU s): only `build` does it, when Ollama is to be used.
The context window is always asked for (`num_ctx`), because without it Ollama cuts long prompts and says nothing. Models
that Ollama runs in its cloud pass text on from this machine to another: they need consent for that host.
Not here: which model to take (`orchestrator`).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import httpx
import ollama

from dt6_lsp.models import failures
from dt6_lsp.models.base import About, Delta, ModelInfo, Usage
from dt6_lsp.models.consent import require_consent
from dt6_lsp.models.failures import seconds_to_wait
from dt6_lsp.models.transport import TELL_SECONDS, RequestLimits, TimeLimits, Watch, client_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from typing import Any

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.errors import ModelError
    from dt6_lsp.models.base import ChatRequest, FillRequest, Message
    from dt6_lsp.models.failures import ModelServerName

T = TypeVar("T")

DEFAULT_EMBEDDING_MODEL = "nomic-embed-text"
WINDOW_STEP = 1024  # another num_ctx makes Ollama load the model anew, so windows come in few sizes
CLOUD = "https://ollama.com"

_NOT_THE_PROTOCOL = (ValueError, TypeError, AttributeError, KeyError)  # from its client's reading of JSON
_FAILURES = (ollama.ResponseError, ConnectionError, httpx.HTTPError, httpx.InvalidURL, *_NOT_THE_PROTOCOL)


class OllamaChat:
    """A `ModelServer`. Belongs to one event loop. One that was closed opens again when it is used."""

    def __init__(
        self, url: str, limits: TimeLimits, allowed_hosts: Sequence[str] = (), *, name: str = "ollama"
    ) -> None:
        self.name = name
        self.url = url
        self._limits = limits
        self._allowed = tuple(allowed_hosts)
        self._server = failures.ollama_at(url, name)
        self._remote: dict[str, str] = {}
        self._about: dict[str, About] = {}
        self._windows: dict[str, int] = {}

    @cached_property
    def _client(self) -> ollama.AsyncClient:
        """Made after consent: an address that is none would raise here."""
        return ollama.AsyncClient(
            self.url,
            event_hooks={"request": [self._prune], "response": [self._look]},
            # A connection that the server has meanwhile closed would cost a question its answer.
            limits=httpx.Limits(max_keepalive_connections=0),
            **client_options(self.url, self._limits.connect, None),
        )

    async def models(self) -> list[ModelInfo]:
        self._about.clear()
        listed = await self._tell(lambda: self._client.list(), "")
        names = [(model.model or "", model.size) for model in listed.models]
        return [ModelInfo(name, int(size) if size else None) for name, size in names if name]

    async def about(self, model: str) -> About:
        """ModelMissing when it is not installed."""
        if model not in self._about:
            shown = await self._tell(lambda: self._client.show(model), model)
            skills = None if shown.capabilities is None else tuple(shown.capabilities)  # old servers list none
            remote = self._remote.get(model, "") or _cloud_by_name(model)
            self._about[model] = About(_context_length(shown.modelinfo or {}), skills, remote)
        return self._about[model]

    async def context_length(self, model: str) -> int | None:
        return (await self.about(model)).context_length

    async def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """Close it (`aclosing`) when leaving early: that stops the model."""
        begun = False
        with Watch(cancel) as watch:
            about = await watch.step(lambda: self.about(request.model), None)
            self._require_consent(about)
            try:
                async with aclosing(watch.each(self._chunks(request, about), self._limits, self._server)) as parts:
                    async for part in parts:
                        if part.message.content:
                            begun = True
                            yield Delta(part.message.content)
                        if part.done:
                            yield Delta("", _usage(part))
                            return
            except _FAILURES as error:
                raise self._refused_images(error, request) or _as_error(
                    self._server, error, request.model, begun
                ) from error
        raise failures.cut(self._server)

    async def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """As `stream`. A model that is known not to fill gaps gets no text."""
        begun = False
        with Watch(cancel) as watch:
            about = await watch.step(lambda: self.about(request.model), None)
            self._require_consent(about)
            if not about.fills:
                raise failures.cant_fill(self._server, request.model)
            try:
                async with aclosing(watch.each(self._pieces(request, about), self._limits, self._server)) as parts:
                    async for part in parts:
                        if part.response:
                            begun = True
                            yield Delta(part.response)
                        if part.done:
                            yield Delta("", _usage(part))
                            return
            except _FAILURES as error:
                raise self._refused_gap(error, request) or _as_error(
                    self._server, error, request.model, begun
                ) from error
        raise failures.cut(self._server)

    def _refused_gap(self, error: Exception, request: FillRequest) -> ModelError | None:
        """Of servers too old to say beforehand which models can."""
        if isinstance(error, ollama.ResponseError) and failures.says_suffix(error.status_code, error.error):
            return failures.cant_fill(self._server, request.model)
        return None

    def _refused_images(self, error: Exception, request: ChatRequest) -> ModelError | None:
        """Of servers too old to say beforehand which models can see."""
        sent = any(message.images for message in request.messages)
        if sent and isinstance(error, ollama.ResponseError) and failures.says_image(error.status_code, error.error):
            return failures.refused_image(self._server, request.model, error.error)
        return None

    async def close(self) -> None:
        if (client := self.__dict__.pop("_client", None)) is not None:
            await client.close()

    async def _chunks(self, request: ChatRequest, about: About) -> AsyncGenerator[ollama.ChatResponse, None]:
        window = self._window(request.model, request.context_tokens, about.context_length)
        options = {"num_ctx": window, "num_predict": request.max_tokens, "temperature": request.temperature}
        messages = [_message(message) for message in request.messages]
        # Without `think=False` a thinking model may spend the whole answer on its thoughts.
        stream = await self._client.chat(request.model, messages, stream=True, options=options, think=False)
        # What the client calls an iterator is a generator that holds the connection: left to the garbage collector, it
        # would go on after the answer was no longer wanted.
        async with aclosing(cast("AsyncGenerator[ollama.ChatResponse, None]", stream)) as parts:
            async for part in parts:
                yield part

    async def _pieces(self, request: FillRequest, about: About) -> AsyncGenerator[ollama.GenerateResponse, None]:
        window = self._window(request.model, request.context_tokens, about.context_length)
        options: dict[str, Any] = {"num_ctx": window, "num_predict": request.max_tokens}
        options |= {"temperature": request.temperature, "stop": list(request.stop)}
        # Of an empty suffix Ollama makes no gap but a question.
        suffix = request.suffix or "\n"
        stream = await self._client.generate(request.model, request.prefix, suffix, stream=True, options=options)
        async with aclosing(cast("AsyncGenerator[ollama.GenerateResponse, None]", stream)) as parts:
            async for part in parts:
                yield part

    def _window(self, model: str, wanted: int, limit: int | None) -> int:
        """Never smaller than before: shrinking it would load the model anew, too."""
        window = max(-(-wanted // WINDOW_STEP) * WINDOW_STEP, self._windows.get(model, 0))
        self._windows[model] = window
        return min(window, limit) if limit else window

    def _require_consent(self, about: About) -> None:
        require_consent(self.url, self._allowed)
        if about.remote_host:
            require_consent(about.remote_host, self._allowed)

    async def _tell(self, ask: Callable[[], Awaitable[T]], model: str) -> T:
        """A short question about the server itself; no text of the workspace goes with it."""
        require_consent(self.url, self._allowed)
        seconds = self._limits.connect + TELL_SECONDS
        try:
            async with asyncio.timeout(seconds):
                return await ask()
        except TimeoutError:
            raise failures.too_slow(self._server, TELL_SECONDS) from None
        except _FAILURES as error:
            raise _as_error(self._server, error, model) from error

    async def _prune(self, request: httpx.Request) -> None:
        _prune(request)

    async def _look(self, response: httpx.Response) -> None:
        if _worth_reading(response):
            await response.aread()
            _learn(self._server, response, self._remote)


class OllamaVectors:
    """A `VectorServer`. Before the first text it makes sure that the model is there, and on this machine."""

    backend = "ollama"
    max_batch = 256

    def __init__(self, url: str, model: str, limits: RequestLimits, allowed_hosts: Sequence[str] = ()) -> None:
        self.model = model or DEFAULT_EMBEDDING_MODEL
        self._url = url
        self._allowed = tuple(allowed_hosts)
        self._server = failures.ollama_at(url)
        self._remote: dict[str, str] = {}
        self._digest = ""
        self._limits = limits

    @cached_property
    def _client(self) -> ollama.Client:
        options = client_options(self._url, self._limits.connect, self._limits.answer)
        return ollama.Client(self._url, event_hooks={"request": [_prune], "response": [self._look]}, **options)

    def vectors(self, texts: list[str]) -> Sequence[Sequence[float]]:
        self.revision()
        require_consent(self._url, self._allowed)
        embedded = self._ask(lambda: self._client.embed(self.model, texts, truncate=True))
        return embedded.embeddings

    def revision(self) -> str:
        """The digest of the model's files."""
        if not self._digest:
            require_consent(self._url, self._allowed)
            listed = self._ask(lambda: self._client.list())
            digests = {model.model: model.digest or "unknown" for model in listed.models}
            name = self.model if self.model in digests else f"{self.model}:latest"
            if name not in digests:
                raise failures.missing(self._server, self.model)
            remote = self._remote.get(name, "") or _cloud_by_name(name)
            if remote:
                require_consent(remote, self._allowed)
            self._digest = digests[name][:12]
        return self._digest

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()  # type: ignore[no-untyped-call]

    def _ask(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except ollama.ResponseError as error:
            raise failures.refused_text(self._server, self.model, error.status_code, error.error) from error
        except _FAILURES as error:
            raise _as_error(self._server, error, self.model) from error

    def _look(self, response: httpx.Response) -> None:
        if _worth_reading(response):
            response.read()
            _learn(self._server, response, self._remote)


def _message(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    return plain | {"images": [image.base64 for image in message.images]} if message.images else plain


def _as_error(server: ModelServerName, error: Exception, model: str, begun: bool = False) -> ModelError:
    if isinstance(error, ollama.ResponseError):
        if begun:
            return failures.broke(server, error.error)
        return failures.refused(server, model, error.status_code if error.status_code > 0 else 500, error.error)
    if isinstance(error, (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout)):
        return (failures.unknown_host if failures.is_unknown_host(error) else failures.absent)(server)
    if isinstance(error, httpx.ReadTimeout):
        return failures.no_vectors(server, error.request.extensions["timeout"]["read"])
    if isinstance(error, httpx.HTTPError):
        return failures.cut(server) if begun else failures.lost(server)
    return failures.unreadable(server)


def _prune(request: httpx.Request) -> None:
    """The client sends `OLLAMA_API_KEY`, which is for Ollama's cloud, to whatever server it talks to."""
    if request.url.host != httpx.URL(CLOUD).host:
        request.headers.pop("authorization", None)


def _worth_reading(response: httpx.Response) -> bool:
    return response.status_code in (429, 503) or response.request.url.path.endswith(("/api/show", "/api/tags"))


def _learn(server: ModelServerName, response: httpx.Response, remote: dict[str, str]) -> None:
    """What the client throws away: how long to wait when the server is busy, and which models are run elsewhere."""
    try:
        body = response.json()
        if response.status_code in (429, 503):
            raise failures.refused(
                server, "", response.status_code, body["error"], seconds_to_wait(response.headers.get("retry-after"))
            )
        if response.request.url.path.endswith("/api/show"):
            remote[json.loads(response.request.content)["model"]] = body.get("remote_host") or ""
        else:
            remote.update({model["model"]: model.get("remote_host") or "" for model in body["models"]})
    except _NOT_THE_PROTOCOL:
        return  # the client will stumble over it, too, and that is reported


def _cloud_by_name(model: str) -> str:
    """Ollama sends models with these names to its cloud even when they are not installed."""
    return CLOUD if model.endswith(("-cloud", ":cloud")) else ""


def _context_length(info: Mapping[str, Any]) -> int | None:
    length = info.get(f"{info.get('general.architecture')}.context_length")
    if length is None:
        length = next((value for key, value in info.items() if key.endswith(".context_length")), None)
    return length if isinstance(length, int) and length > 0 else None


def _usage(last: ollama.ChatResponse | ollama.GenerateResponse) -> Usage | None:
    """Some versions leave the prompt's count out when they found the prompt in their cache."""
    if last.prompt_eval_count is None or last.eval_count is None:
        return None
    return Usage(last.prompt_eval_count, last.eval_count)
