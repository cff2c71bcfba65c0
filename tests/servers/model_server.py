"""A model server for tests that really speaks Ollama's and OpenAI's HTTP protocols on a free port of this machine.

    with ModelServer() as server:
        server.enqueue(Reply("An answer."))          # for the next chat, gap or embedding; else a default is given
        ...                                          # talk to server.url (Ollama) or server.openai_url (OpenAI)
        assert server.history[-1].closed_early       # the requests as they came in

It counts tokens itself (`scripted.tokens_of`), tells the count where the protocol does, and cuts a prompt that is
longer than `num_ctx` without a word, as Ollama does. Nothing here is imported from DT6.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from tests.servers.http_server import Exchange, Hangup, HttpServer, Received
from tests.servers.ollama_protocol import OllamaProtocol, OllamaVoice
from tests.servers.openai_protocol import OpenAIProtocol, OpenAIVoice
from tests.servers.scripted import (
    EMPTY,
    GARBAGE,
    LOGIN_PAGE,
    PROXY_PAGE,
    Cut,
    Installed,
    MidStreamError,
    Raw,
    Refusal,
    Reply,
    Scripted,
    Stall,
    Vectors,
    embedding_of,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "EMPTY",
    "GARBAGE",
    "LOGIN_PAGE",
    "PROXY_PAGE",
    "Cut",
    "Installed",
    "MidStreamError",
    "ModelServer",
    "Raw",
    "Received",
    "Refusal",
    "Reply",
    "Scripted",
    "Stall",
    "Vectors",
    "embedding_of",
    "tokens_of",
]

CHATS = ("/api/chat", "/v1/chat/completions")
FILLS = ("/api/generate", "/v1/completions")
EMBEDS = ("/api/embed", "/v1/embeddings")

OLLAMA_MODELS = (
    Installed("llama3.2:latest", ("completion", "tools"), architecture="llama"),
    Installed("nomic-embed-text:latest", ("embedding",), 2048, "nomic-bert"),
)
OPENAI_MODELS = (Installed("gpt-4o-mini"), Installed("text-embedding-3-small", ("embedding",)))

Protocol = OllamaProtocol | OpenAIProtocol
Voice = OllamaVoice | OpenAIVoice


class ModelServer(HttpServer):
    """`models` are what Ollama lists, `openai_models` what the OpenAI side lists. `answer` makes the default answer
    of a prompt (the text of all messages, as the model got to see it)."""

    def __init__(
        self,
        models: Sequence[Installed] = OLLAMA_MODELS,
        openai_models: Sequence[Installed] = OPENAI_MODELS,
        *,
        answer: Callable[[str], str | Reply] = lambda prompt: "This is an answer.",
        api_key: str = "",
        strict_length: bool = False,
    ) -> None:
        super().__init__(self._respond)
        self._ollama = OllamaProtocol(models, strict_length)
        self._openai = OpenAIProtocol(openai_models)
        self._answer_for = answer
        self._api_key = api_key
        self._script: dict[str, deque[Scripted]] = {}
        self._standing: list[Refusal] = []
        self._let_go = asyncio.Event()

    def __enter__(self) -> ModelServer:
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        """What `ollama.url` is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """What `openai.url` is to be."""
        return f"{self.url}/v1"

    def enqueue(self, *items: Scripted, path: str = "") -> None:
        """What the next requests get, in order: chats, gaps and embeddings, or those to exactly `path`."""
        for item in items:
            if isinstance(item, Refusal) and item.only_if:
                self._standing.append(item)
            else:
                self._script.setdefault(path, deque()).append(item)

    def let_go(self) -> None:
        """Replies that are `held` go on, also those to come."""
        self.tell(self._let_go)

    def requests(self, *paths: str) -> list[Received]:
        """The requests to these paths, oldest first."""
        return [received for received in self.history if received.path in paths]

    @property
    def chats(self) -> list[Received]:
        return self.requests(*CHATS)

    @property
    def fills(self) -> list[Received]:
        """Those of gaps that a model was to fill."""
        return self.requests(*FILLS)

    @property
    def embeddings(self) -> list[Received]:
        return self.requests(*EMBEDS)

    async def _respond(self, exchange: Exchange) -> None:
        received = exchange.received
        protocol: Protocol = self._openai if received.path.startswith("/v1/") else self._ollama
        works = received.path in (*CHATS, *FILLS, *EMBEDS)
        script = self._next(received, works)
        if await _misbehave(exchange, script, protocol):
            return
        refusal = self._refused(received, protocol)
        if refusal is not None:
            await exchange.send_json(refusal[1], refusal[0])
        elif works:
            await self._work(exchange, protocol, script)
        else:
            await self._tell(exchange)

    def _next(self, received: Received, works: bool) -> Scripted | None:
        text = str(received.body)
        for standing in self._standing:
            if standing.only_if in text:
                return standing
        for path in (received.path, "") if works else (received.path,):
            if self._script.get(path):
                return self._script[path].popleft()
        return None

    def _refused(self, received: Received, protocol: Protocol) -> tuple[int, Any] | None:
        if self._api_key and received.headers.get("authorization") != f"Bearer {self._api_key}":
            return protocol.error(401, "")
        name = (received.body or {}).get("model")
        if name is not None and protocol.find(name) is None:
            return protocol.missing(name, received.path)
        return None

    async def _tell(self, exchange: Exchange) -> None:
        path, body = exchange.received.path, exchange.received.body or {}
        model = self._ollama.find(body.get("model", ""))
        if path == "/api/show" and model is not None:
            await exchange.send_json(self._ollama.show(model))
            return
        answers: dict[str, Callable[[], Any]] = {
            "/": lambda: "Ollama is running",
            "/api/tags": self._ollama.tags,
            "/api/ps": self._ollama.running,
            "/api/version": lambda: {"version": "0.13.0"},
            "/v1/models": self._openai.list_models,
        }
        if path in answers:
            await exchange.send_json(answers[path]())
        else:
            await exchange.send(b"404 page not found", 404, "text/plain")

    async def _work(self, exchange: Exchange, protocol: Protocol, script: Scripted | None) -> None:
        received = exchange.received
        model = protocol.find(received.body["model"])
        assert model is not None, "_refused answers for models that are missing"
        if received.path in EMBEDS:
            if isinstance(script, Reply) and script.delay:
                await exchange.pause(script.delay)
            status, body = protocol.embed(model, received.body, script if isinstance(script, Vectors) else Vectors())
            await exchange.send_json(body, status)
            return
        filling = received.path in FILLS
        refusal = (protocol.refuses_fill if filling else protocol.refuses_chat)(model, received.body)
        if refusal is not None:
            await exchange.send_json(refusal[1], refusal[0])
            return
        (protocol.read_gap if filling else protocol.read_prompt)(model, received)
        await _speak(exchange, protocol.voice(received), script, self._answer_for(received.prompt), self._let_go)


async def _misbehave(exchange: Exchange, script: Scripted | None, protocol: Protocol) -> bool:
    """What does not depend on the request; True when that was all."""
    if isinstance(script, Raw):
        more = {"location": script.location} if script.location else {}
        await exchange.send(script.body, script.status, script.content_type, **more)
    elif isinstance(script, Refusal):
        status, body = protocol.error(script.status, script.message)
        more = {"retry_after": script.retry_after} if script.retry_after else {}
        await exchange.send_json(body, status, **more)
    elif isinstance(script, Stall) and script.tokens == 0:
        await exchange.pause(None)
    elif isinstance(script, Cut) and script.tokens < 0:
        raise Hangup
    else:
        return False
    return True


async def _speak(
    exchange: Exchange, voice: Voice, script: Scripted | None, default: str | Reply, let_go: asyncio.Event
) -> None:
    usual = default if isinstance(default, Reply) else Reply(default)
    reply = script if isinstance(script, Reply) else usual
    stop = script.tokens if isinstance(script, Stall | Cut | MidStreamError) else voice.max_tokens
    stop = None if reply.ignores_limit else stop
    tokens = tokens_of(reply.text)
    if reply.delay:
        await exchange.pause(reply.delay)
    await exchange.start_stream(voice.content_type)
    if reply.thinking:
        await exchange.send_chunk(voice.thought(reply.thinking))
    for index, token in enumerate(tokens[:stop]):
        if index and reply.gap:
            await exchange.pause(reply.gap)
        await exchange.send_chunk(voice.token(token))
        if reply.held and not index:
            await exchange.wait(let_go)
    if isinstance(script, Stall):
        await exchange.pause(None)
    if isinstance(script, Cut) and not script.politely:
        raise Hangup
    if isinstance(script, MidStreamError):
        await exchange.send_chunk(voice.error(script.message))
    elif not isinstance(script, Cut):
        shown = len(tokens[:stop])
        await exchange.send_chunk(voice.last(shown, "length" if shown < len(tokens) else "stop", reply.usage))
    await exchange.end_stream()
