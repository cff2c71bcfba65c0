"""Any server that speaks OpenAI's protocol: answers (`OpenAIChat`) and vectors (`OpenAIVectors`), through its client.

Importing this module imports that client (0.75 CPU s): only `build` does it, when such a server is to be used.
Nothing is taken from `OPENAI_*` variables: a key meant for one server must not be sent to another.
Not here: which model to take (`orchestrator`), and OpenAI's Responses API, which few other servers have.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import openai

from dt6_lsp.errors import BackendUnavailable, ConsentRequired, ModelError, RateLimited
from dt6_lsp.models import failures
from dt6_lsp.models.base import About, Delta, ModelInfo, Usage
from dt6_lsp.models.consent import require_consent
from dt6_lsp.models.failures import seconds_to_wait
from dt6_lsp.models.transport import TELL_SECONDS, RequestLimits, TimeLimits, Watch, client_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from openai.types import Completion
    from openai.types.chat import ChatCompletionChunk

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.errors import EmbeddingError
    from dt6_lsp.models.base import ChatRequest, FillRequest, Message
    from dt6_lsp.models.failures import ModelServerName

T = TypeVar("T")

DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small"
# Where servers tell a model's context length in their lists: vLLM, OpenRouter and others, LM Studio, Groq, llama.cpp.
_LENGTH_KEYS = ("max_model_len", "context_length", "max_context_length", "context_window", "n_ctx", "n_ctx_train")
# What some servers or models refuse, and what then replaces it.
_OPTIONAL = {"max_tokens": "max_completion_tokens", "temperature": None, "stream_options": None}

_HEADERS = {"host", "accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent"}

_NOT_THE_PROTOCOL = (ValueError, TypeError, AttributeError, KeyError)
_FAILURES = (openai.OpenAIError, httpx2.HTTPError, *_NOT_THE_PROTOCOL)


class OpenAIChat:
    """A `ModelServer`. Belongs to one event loop. One that was closed opens again when it is used."""

    def __init__(
        self, url: str, api_key: str, limits: TimeLimits, allowed_hosts: Sequence[str] = (), *, name: str = "openai"
    ) -> None:
        self.name = name
        self.url = url
        self._limits = limits
        self._allowed = tuple(allowed_hosts)
        self._server = failures.openai_at(url, name)
        self._lengths: dict[str, int | None] = {}
        self._refused: dict[str, str | None] = {}
        self._api_key = api_key

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        """Made after consent: an address that is none would raise here."""
        options = client_options(self.url, self._limits.connect, None)
        # A connection that the server has meanwhile closed would cost a question its answer.
        http = httpx2.AsyncClient(
            limits=httpx2.Limits(max_keepalive_connections=0), event_hooks={"request": [self._prune]}, **options
        )
        return openai.AsyncOpenAI(http_client=http, **_account(self.url, self._api_key))

    async def models(self) -> list[ModelInfo]:
        listed = await self._tell(lambda: self._client.models.list())
        self._lengths = {model.id: _context_length(model.model_extra or {}) for model in listed.data}
        return [ModelInfo(model.id) for model in listed.data]

    async def context_length(self, model: str) -> int | None:
        if model not in self._lengths:
            await self.models()
        return self._lengths.get(model)

    async def about(self, model: str) -> About:
        """The list says little, is not always whole, and not every server has one."""
        try:
            length = await self.context_length(model)
        except (BackendUnavailable, ConsentRequired, RateLimited):
            raise
        except ModelError:
            return About()
        return About(length, capabilities=("embedding",) if "embed" in model.lower() else None)

    async def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """Close it (`aclosing`) when leaving early: that stops the model."""
        require_consent(self.url, self._allowed)
        begun = finished = False
        usage: Usage | None = None
        with Watch(cancel) as watch:
            try:
                async with aclosing(watch.each(self._chunks(request), self._limits, self._server)) as chunks:
                    async for chunk in chunks:
                        usage = _usage(chunk) or usage
                        finished = finished or _finishes(chunk)
                        text = _text(chunk)
                        if text:
                            begun = True
                            yield Delta(text)
            except openai.APIStatusError as error:
                raise self._refused_images(error, request) or _as_error(self._server, error, request.model) from error
            except _FAILURES as error:
                raise _as_error(self._server, error, request.model, begun) from error
        if finished:
            yield Delta("", usage)
        elif begun:
            raise failures.cut(self._server)
        else:
            raise failures.unreadable(self._server)

    async def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """As `stream`, by /completions with its `suffix`."""
        require_consent(self.url, self._allowed)
        begun = finished = False
        with Watch(cancel) as watch:
            try:
                async with aclosing(watch.each(self._pieces(request), self._limits, self._server)) as pieces:
                    async for piece in pieces:
                        finished = finished or any(each.finish_reason is not None for each in piece.choices or ())
                        text = "".join(each.text or "" for each in piece.choices or ())
                        if text:
                            begun = True
                            yield Delta(text)
            except openai.APIStatusError as error:
                if failures.says_suffix(error.status_code, _message_of(error)):
                    raise failures.cant_fill(self._server, request.model) from error
                raise _as_error(self._server, error, request.model) from error
            except _FAILURES as error:
                raise _as_error(self._server, error, request.model, begun) from error
        if not finished:
            raise failures.cut(self._server) if begun else failures.unreadable(self._server)

    def _refused_images(self, error: openai.APIStatusError, request: ChatRequest) -> ModelError | None:
        """Nothing tells beforehand which models can see: one that can't refuses the request."""
        said = _message_of(error)
        if any(each.images for each in request.messages) and failures.says_image(error.status_code, said):
            return failures.refused_image(self._server, request.model, said)
        return None

    async def close(self) -> None:
        if (client := self.__dict__.pop("_client", None)) is not None:
            await client.close()

    async def _prune(self, request: httpx2.Request) -> None:
        _prune(request, self._api_key)

    async def _chunks(self, request: ChatRequest) -> AsyncGenerator[ChatCompletionChunk, None]:
        stream = await self._start(request)
        async with stream:
            async for chunk in stream:
                yield chunk

    async def _pieces(self, request: FillRequest) -> AsyncGenerator[Completion, None]:
        options: dict[str, Any] = {"max_tokens": request.max_tokens, "temperature": request.temperature}
        if request.stop:
            options["stop"] = list(request.stop)
        stream: openai.AsyncStream[Completion] = await self._client.completions.create(
            model=request.model, prompt=request.prefix, suffix=request.suffix, stream=True, **options
        )
        async with stream:
            async for piece in stream:
                yield piece

    async def _start(self, request: ChatRequest) -> openai.AsyncStream[ChatCompletionChunk]:
        """Servers differ in what they understand; what one refused is not sent to it again."""
        for _ in _OPTIONAL:
            try:
                return await self._send(request)
            except openai.BadRequestError as error:
                refused = _refused_option(error)
                if refused is None or refused in self._refused:
                    raise
                self._refused[refused] = _OPTIONAL[refused]
        return await self._send(request)

    async def _send(self, request: ChatRequest) -> openai.AsyncStream[ChatCompletionChunk]:
        stream: openai.AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
            **self._body(request)
        )
        return stream

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        options: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream_options": {"include_usage": True},
        }
        for refused, instead in self._refused.items():
            value = options.pop(refused)
            if instead is not None:
                options[instead] = value
        messages = [{"role": message.role, "content": _content(message)} for message in request.messages]
        return {"model": request.model, "messages": messages, "stream": True, **options}

    async def _tell(self, ask: Callable[[], Awaitable[T]]) -> T:
        require_consent(self.url, self._allowed)
        seconds = self._limits.connect + TELL_SECONDS
        try:
            async with asyncio.timeout(seconds):
                return await ask()
        except TimeoutError:
            raise failures.too_slow(self._server, TELL_SECONDS) from None
        except _FAILURES as error:
            raise _as_error(self._server, error, "") from error


class OpenAIVectors:
    """A `VectorServer`."""

    backend = "openai"
    max_batch = 256

    def __init__(
        self, url: str, api_key: str, model: str, limits: RequestLimits, allowed_hosts: Sequence[str] = ()
    ) -> None:
        self.model = model or DEFAULT_EMBEDDING_MODEL
        self._url = url
        self._allowed = tuple(allowed_hosts)
        self._server = failures.openai_at(url)
        self._limits = limits
        self._api_key = api_key

    @cached_property
    def _client(self) -> openai.OpenAI:
        options = client_options(self._url, self._limits.connect, self._limits.answer)
        prune = partial(_prune, api_key=self._api_key)
        http = httpx2.Client(event_hooks={"request": [prune]}, **options)
        return openai.OpenAI(http_client=http, **_account(self._url, self._api_key))

    def vectors(self, texts: list[str]) -> Sequence[Sequence[float]]:
        require_consent(self._url, self._allowed)
        try:
            # "float", because not every server knows the client's default, "base64".
            answer = self._client.embeddings.create(model=self.model, input=texts, encoding_format="float")
            rows = sorted(answer.data, key=lambda row: row.index)
            return [row.embedding for row in rows]
        except openai.APIStatusError as error:
            raise _as_text_error(self._server, error, self.model) from error
        except _FAILURES as error:
            raise _as_error(self._server, error, self.model) from error

    def revision(self) -> str:
        return ""

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    urls = (f"data:{image.media_type};base64,{image.base64}" for image in message.images)
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"type": "text", "text": message.content}, *pictures]


def _account(url: str, api_key: str) -> dict[str, Any]:
    """Everything that the client would else take from the environment. Servers on this machine need no key, but the
    client insists on one."""
    return {
        "base_url": url,
        "api_key": api_key or "none",
        "organization": "",
        "project": "",
        "webhook_secret": "",
        "admin_api_key": "",
        "max_retries": 0,
    }


def _prune(request: httpx2.Request, api_key: str) -> None:
    """Leave out what the client adds of its own: words about this machine, and headers from `OPENAI_CUSTOM_HEADERS`."""
    for name in set(request.headers) - _HEADERS:
        del request.headers[name]
    if api_key:
        request.headers["authorization"] = f"Bearer {api_key}"


def _as_error(server: ModelServerName, error: Exception, model: str, begun: bool = False) -> ModelError:
    if isinstance(error, openai.APIStatusError):
        retry_after = seconds_to_wait(error.response.headers.get("retry-after"))
        return failures.refused(server, model, error.status_code, _message_of(error), retry_after)
    if isinstance(error, openai.APIConnectionError):
        return _connection_error(server, error, begun)
    if isinstance(error, openai.APIError):
        return failures.broke(server, error.message)
    return failures.unreadable(server)


def _connection_error(server: ModelServerName, error: openai.APIConnectionError, begun: bool) -> ModelError:
    reason = error.__cause__
    if begun:
        return failures.cut(server)
    if isinstance(reason, (httpx2.ConnectError, httpx2.ConnectTimeout)):
        return (failures.unknown_host if failures.is_unknown_host(reason) else failures.absent)(server)
    if isinstance(reason, httpx2.ReadTimeout):
        return failures.no_vectors(server, reason.request.extensions["timeout"]["read"])
    return failures.lost(server)


def _as_text_error(server: ModelServerName, error: openai.APIStatusError, model: str) -> ModelError | EmbeddingError:
    if error.status_code in (400, 413, 422, 500):
        return failures.refused_text(server, model, error.status_code, _message_of(error))
    return _as_error(server, error, model)


def _message_of(error: openai.APIStatusError) -> str:
    """The server's words, without the client's "Error code: 400 - " before them."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        words = inner.get("message") if isinstance(inner, dict) else inner
        if isinstance(words, str):
            return words
    return error.response.text


def _refused_option(error: openai.BadRequestError) -> str | None:
    words = f"{error.param} {_message_of(error)}"
    return next((option for option in _OPTIONAL if option in words), None)


def _context_length(told: Mapping[str, Any]) -> int | None:
    meta = told.get("meta")
    places = (told, meta if isinstance(meta, dict) else {})
    lengths = [place.get(key) for place in places for key in _LENGTH_KEYS]
    return next((length for length in lengths if isinstance(length, int) and length > 0), None)


def _text(chunk: ChatCompletionChunk) -> str:
    """Some servers send null for an empty list of choices, or for a delta."""
    return "".join(choice.delta.content or "" for choice in chunk.choices or () if choice.delta)


def _finishes(chunk: ChatCompletionChunk) -> bool:
    return any(choice.finish_reason is not None for choice in chunk.choices or ())


def _usage(chunk: ChatCompletionChunk) -> Usage | None:
    usage = chunk.usage
    return Usage(usage.prompt_tokens, usage.completion_tokens) if usage else None
