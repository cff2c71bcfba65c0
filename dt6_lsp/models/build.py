"""Backends by name, in one table each: from settings to an `Embedder` and to chat backends.

A backend's module is imported when it is built: the client libraries are slow to import and mostly not needed. Building
opens no connection.
Not here: which chat backend answers (`orchestrator`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.models.embedder import Embedder
from dt6_lsp.models.transport import RequestLimits, TimeLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dt6_lsp.models.base import ChatBackend, EmbeddingBackend
    from dt6_lsp.models.ollama import OllamaChat
    from dt6_lsp.settings import Settings


def static_embeddings(settings: Settings) -> EmbeddingBackend:
    from dt6_lsp.models.static import StaticEmbeddings

    return StaticEmbeddings()


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


def ollama_chat(settings: Settings) -> OllamaChat:
    from dt6_lsp.models.ollama import OllamaChat

    return OllamaChat(settings.ollama.url, TimeLimits.of(settings.chat), settings.privacy.allowed_hosts)


def openai_chat(settings: Settings) -> ChatBackend:
    from dt6_lsp.models.openai import OpenAIChat

    server, allowed = settings.openai, settings.privacy.allowed_hosts
    return OpenAIChat(server.url, server.api_key, TimeLimits.of(settings.chat), allowed)


EMBEDDING_BACKENDS: Mapping[str, Callable[[Settings], EmbeddingBackend]] = {
    "static": static_embeddings,
    "sentence-transformers": sentence_transformers_embeddings,
    "ollama": ollama_embeddings,
    "openai": openai_embeddings,
}

CHAT_BACKENDS: Mapping[str, Callable[[Settings], ChatBackend]] = {"ollama": ollama_chat, "openai": openai_chat}


def build_embedder(settings: Settings) -> Embedder:
    """EmbeddingError when the built-in model is damaged; a server is asked only for the first vectors."""
    backend = EMBEDDING_BACKENDS[settings.embedding.backend](settings)
    return Embedder(backend, settings.embedding.batch_size, settings.embedding.max_wait_ms)


def build_chat(name: str, settings: Settings) -> ChatBackend:
    return CHAT_BACKENDS[name](settings)
