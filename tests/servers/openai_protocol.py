"""OpenAI's HTTP API for models, chat completions (server-sent events) and embeddings, with its error objects.

Written after OpenAI's API reference and what its Python client sends. Not here: the Responses API.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.servers.scripted import IMAGE_TOKENS, Installed, Vectors, embedding_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers.http_server import Received

CREATED = 1_763_632_800


@dataclass(frozen=True)
class OpenAIProtocol:
    models: Sequence[Installed]

    def find(self, name: str) -> Installed | None:
        return next((model for model in self.models if model.name == name), None)

    @staticmethod
    def error(status: int, message: str, code: str | None = None) -> tuple[int, Any]:
        usual = {
            401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
            404: (
                "The model does not exist or you do not have access to it.",
                "invalid_request_error",
                "model_not_found",
            ),
            429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
            500: ("The server had an error while processing your request.", "server_error", None),
            503: ("The server is overloaded.", "server_error", None),
        }
        words, kind, usual_code = usual.get(status, ("Something is wrong.", "invalid_request_error", None))
        return status, {"error": {"message": message or words, "type": kind, "param": None, "code": code or usual_code}}

    def missing(self, name: str, _path: str) -> tuple[int, Any]:
        return self.error(404, f"The model `{name}` does not exist or you do not have access to it.")

    def list_models(self) -> dict[str, Any]:
        rows = [{"id": model.name, "object": "model", "created": CREATED, "owned_by": "test"} for model in self.models]
        return {"object": "list", "data": rows}

    def embed(self, model: Installed, body: Mapping[str, Any], script: Vectors) -> tuple[int, Any]:
        texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
        counts = [len(tokens_of(text)) for text in texts]
        if not texts or not all(texts):
            return self.error(400, "'$.input' is invalid. Please check the API reference.")
        if max(counts) > model.context_length:
            words = f"This model's maximum context length is {model.context_length} tokens, however you requested "
            return self.error(400, f"{words}{max(counts)} tokens.", "context_length_exceeded")
        vectors = [embedding_of(text, script.dimension or model.dimension) for text in texts]
        if script.not_a_number:
            vectors[0][0] = float("nan")
        vectors = vectors[: len(vectors) - script.missing]
        as_text = body.get("encoding_format") == "base64"
        rows = [
            {"object": "embedding", "index": index, "embedding": _base64(vector) if as_text else vector}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        return 200, {"object": "list", "data": rows, "model": model.name, "usage": usage}

    def refuses_chat(self, model: Installed, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        if "completion" not in model.capabilities:
            return self.error(
                404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
            )
        if _images(body["messages"]) and "vision" not in model.capabilities:
            return self.error(400, "Invalid content type. image_url is only supported by certain models.")
        wanted = len(tokens_of(_render(body["messages"]))) + (body.get("max_tokens") or 0)
        if wanted > model.context_length:
            words = (
                f"This model's maximum context length is {model.context_length} tokens. However, you requested {wanted}"
            )
            return self.error(400, f"{words} tokens in the messages and the completion.", "context_length_exceeded")
        return None

    def refuses_fill(self, model: Installed, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        if body.get("suffix") and "insert" not in model.capabilities:
            return self.error(400, "suffix is not currently supported")  # vLLM's words
        return None

    def read_gap(self, model: Installed, received: Received) -> None:
        body = received.body
        received.prompt = f"<|fim_prefix|>{body['prompt']}<|fim_suffix|>{body.get('suffix') or ''}<|fim_middle|>"
        received.prompt_tokens = len(tokens_of(received.prompt))
        received.num_ctx = model.context_length

    def read_prompt(self, model: Installed, received: Received) -> None:
        received.prompt = _render(received.body["messages"])
        received.images = _images(received.body["messages"])
        received.prompt_tokens = len(tokens_of(received.prompt)) + IMAGE_TOKENS * len(received.images)
        received.num_ctx = model.context_length

    def voice(self, received: Received) -> OpenAIVoice:
        return OpenAIGapVoice(received) if received.path == "/v1/completions" else OpenAIVoice(received)


@dataclass(frozen=True)
class OpenAIVoice:
    """The pieces of a streamed chat answer: server-sent events."""

    received: Received
    content_type = "text/event-stream; charset=utf-8"

    @property
    def max_tokens(self) -> int | None:
        body = self.received.body
        limit: int | None = body.get("max_completion_tokens") or body.get("max_tokens")
        return limit

    def thought(self, text: str) -> bytes:
        return self._chunk([_choice({"reasoning_content": text})])

    def token(self, text: str) -> bytes:
        return self._chunk([_choice({"content": text})])

    def error(self, message: str) -> bytes:
        return _event({"error": {"message": message, "type": "server_error", "param": None, "code": None}})

    def last(self, count: int, reason: str, usage: bool) -> bytes:
        closing = self._chunk([_choice({}, reason)])
        if usage and (self.received.body.get("stream_options") or {}).get("include_usage"):
            prompt = self.received.prompt_tokens
            closing += self._chunk(
                [], {"prompt_tokens": prompt, "completion_tokens": count, "total_tokens": prompt + count}
            )
        return closing + b"data: [DONE]\n\n"

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": CREATED}
        return _event(head | {"model": self.received.body["model"], "choices": choices, "usage": usage})


class OpenAIGapVoice(OpenAIVoice):
    """Of a gap that is filled: events of /completions."""

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
        head = {"id": "cmpl-1", "object": "text_completion", "created": CREATED, "model": self.received.body["model"]}
        texts = [
            {
                "index": 0,
                "text": choice["delta"].get("content", ""),
                "logprobs": None,
                "finish_reason": choice["finish_reason"],
            }
            for choice in choices
        ]
        return _event(head | {"choices": texts, "usage": usage})


def _choice(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _parts(message: Mapping[str, Any], kind: str) -> list[Any]:
    """Content is a text, or a list of parts of several kinds."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [part[kind] for part in parts if part["type"] == kind]


def _images(messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    urls = [part["url"] for message in messages for part in _parts(message, "image_url")]
    return [base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True) for url in urls]


def _render(messages: Sequence[Mapping[str, Any]]) -> str:
    return "".join(f"{message['role']}: {''.join(_parts(message, 'text'))}\n" for message in messages)
