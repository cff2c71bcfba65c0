"""Backends by name, in one table each: from settings to an `Embedder` and to chat backends.

A backend's module is imported when it is built: the client libraries are slow to import and mostly not needed. Building
opens no connection.
Not here: which chat backend answers (`orchestrator`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.models import failures
from dt6_lsp.models.embedder import Embedder
from dt6_lsp.models.transport import RequestLimits, TimeLimits
from dt6_lsp.settings import BackendSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dt6_lsp.models.base import EmbeddingBackend, ModelServer
    from dt6_lsp.models.failures import ModelServerName
    from dt6_lsp.settings import Settings


@dataclass(frozen=True, slots=True)
class ChatKind:
    """A protocol that chat backends may speak: how one is built, and how it is spoken of."""

    build: Callable[[BackendSettings, Settings], ModelServer]
    speak_of: Callable[[str, str], ModelServerName]


def static_embeddings(settings: Settings) -> EmbeddingBackend:
    from dt6_lsp.models.static import packaged

    return packaged()


def sentence_transformers_embeddings(settings: Settings) -> EmbeddingBackend:
    from dt6_lsp.models.sentence_transformers import SentenceTransformerEmbeddings

    return SentenceTransformerEmbeddings(settings.embedding.model)


def ollama_embeddings(settings: Settings) -> EmbeddingBackend:
    from dt6_lsp.models.ollama import OllamaVectors
    from dt6_lsp.models.remote_embedding import RemoteEmbeddings

    limits, allowed = RequestLimits.of(settings), settings.privacy.allowed_hosts
    return RemoteEmbeddings(OllamaVectors(settings.ollama.url, settings.embedding.model, limits, allowed))


def openai_embeddings(settings: Settings) -> EmbeddingBackend:
    from dt6_lsp.models.openai import OpenAIVectors
    from dt6_lsp.models.remote_embedding import RemoteEmbeddings

    server, limits = settings.openai, RequestLimits.of(settings)
    allowed = settings.privacy.allowed_hosts
    return RemoteEmbeddings(OpenAIVectors(server.url, server.api_key, settings.embedding.model, limits, allowed))


def ollama_chat(backend: BackendSettings, settings: Settings) -> ModelServer:
    from dt6_lsp.models.ollama import OllamaChat

    limits, allowed = TimeLimits.of(settings.chat), settings.privacy.allowed_hosts
    return OllamaChat(backend.url, limits, allowed, name=backend.name)


def openai_chat(backend: BackendSettings, settings: Settings) -> ModelServer:
    from dt6_lsp.models.openai import OpenAIChat

    limits, allowed = TimeLimits.of(settings.chat), settings.privacy.allowed_hosts
    return OpenAIChat(backend.url, backend.api_key, limits, allowed, name=backend.name)


EMBEDDING_BACKENDS: Mapping[str, Callable[[Settings], EmbeddingBackend]] = {
    "static": static_embeddings,
    "sentence-transformers": sentence_transformers_embeddings,
    "ollama": ollama_embeddings,
    "openai": openai_embeddings,
}

CHAT_KINDS: Mapping[str, ChatKind] = {
    "ollama": ChatKind(ollama_chat, failures.ollama_at),
    "openai": ChatKind(openai_chat, failures.openai_at),
}


def build_embedder(settings: Settings) -> Embedder:
    """EmbeddingError when the built-in model is damaged; a server is asked only for the first vectors."""
    backend = EMBEDDING_BACKENDS[settings.embedding.backend](settings)
    return Embedder(backend, settings.embedding.batch_size, settings.embedding.max_wait_ms)


def chat_backends(settings: Settings) -> dict[str, BackendSettings]:
    """All that may write answers, by name: the two that are built in, then the user's own. None for a workspace that is
    not trusted."""
    if not settings.workspace.trusted:
        return {}
    built_in = (
        BackendSettings("ollama", "ollama", settings.ollama.url),
        BackendSettings("openai", "openai", settings.openai.url, settings.openai.api_key),
    )
    return {backend.name: backend for backend in (*built_in, *settings.backends)}


def build_chat(backend: BackendSettings, settings: Settings) -> ModelServer:
    return CHAT_KINDS[backend.kind].build(backend, settings)


def server_name(backend: BackendSettings) -> ModelServerName:
    return CHAT_KINDS[backend.kind].speak_of(backend.url, backend.name)
