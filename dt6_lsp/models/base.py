"""The two small interfaces that every model backend implements, and what crosses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken


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
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


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
    name: str
    size_bytes: int | None = None


class ChatBackend(Protocol):
    """Streams an answer. Errors are the subclasses of `ModelError`; a cancelled token closes the stream and raises
    `Cancelled`."""

    name: str
    url: str

    async def models(self) -> list[ModelInfo]: ...

    async def context_length(self, model: str) -> int | None:
        """Tokens that the model can hold, as the server says; None where it does not say."""
        ...

    def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncIterator[Delta]: ...

    async def close(self) -> None: ...
