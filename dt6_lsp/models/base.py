"""The two small interfaces that every model backend implements, and what crosses them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken


COMPLETION = "completion"
"""What gaps in a text are filled for, in the place of an intent: few models can, so none but the one that the settings
name for it is asked, whatever the user switched to."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What makes two vectors comparable. `revision` changes when the same name gives other vectors."""

    backend: str
    model: str
    dimension: int
    revision: str = ""

    @property
    def key(self) -> str:
        return "/".join((self.backend, self.model, str(self.dimension), self.revision))


class EmbeddingBackend(Protocol):
    """Turns texts into unit vectors. Called from worker threads, several at once, never from an event loop.

    A backend that computes in this process says so by `local = True`: then nothing waits for a fuller batch.
    """

    max_batch: int

    def fingerprint(self) -> Fingerprint:
        """Discovers the dimension by asking the model; EmbeddingError or ModelError when it can't."""
        ...

    def embed_documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        """(len(texts), dimension), rows of length 1 (a text without a known token gives zeros), in the order given."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """(dimension,), length 1. Differs from a document where the model wants a query prefix."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as its file has it. `media_type` is one that models take: png, jpeg, gif or webp."""

    media_type: str
    data: bytes = field(repr=False)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.data).decode()


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`context_tokens` is how much prompt and answer need together; a backend that sizes its window clamps it to what
    the model allows."""

    model: str
    messages: tuple[Message, ...]
    context_tokens: int
    max_tokens: int
    temperature: float = 0.2


@dataclass(frozen=True, slots=True)
class FillRequest:
    """A text with a gap, which the model fills. `stop` are texts that end what it writes; `context_tokens` is as in
    `ChatRequest`."""

    model: str
    prefix: str
    suffix: str
    context_tokens: int
    max_tokens: int
    temperature: float = 0.0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer. The last one carries the usage that the server counted, where it counts."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """`capabilities` are Ollama's words ("completion", "vision", "tools"); empty where the server tells none."""

    name: str
    size_bytes: int | None = None
    context_length: int | None = None
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What a server says of one model; None where it does not say. `remote_host` is where it passes text on to."""

    context_length: int | None = None
    capabilities: tuple[str, ...] | None = None
    remote_host: str = ""

    @property
    def chats(self) -> bool:
        return self.capabilities is None or "completion" in self.capabilities

    @property
    def fills(self) -> bool:
        """Does it fill gaps, as far as the server says?"""
        return self.capabilities is None or "insert" in self.capabilities

    @property
    def sees(self) -> bool | None:
        """Does it take images?"""
        return None if self.capabilities is None else "vision" in self.capabilities


class ChatBackend(Protocol):
    """Streams an answer, or what fills a gap. Errors are the subclasses of `ModelError`; a cancelled token closes the
    stream and raises `Cancelled`, and so does closing the generator, without an error."""

    name: str
    url: str

    async def models(self) -> list[ModelInfo]: ...

    async def context_length(self, model: str) -> int | None:
        """Tokens that the model can hold, as the server says; None where it does not say."""
        ...

    def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]: ...

    def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        """What belongs into the gap, streamed as an answer is; `failures.CantFill` where that is not to be had."""
        ...

    async def close(self) -> None: ...


class ModelServer(ChatBackend, Protocol):
    """What a kind of backend implements, and all that `orchestrator` needs to choose a model on it."""

    async def about(self, model: str) -> About:
        """ModelMissing where the server says that it has no such model."""
        ...
