"""Ollama's HTTP API, as its server answers: bodies, error texts, and the silent cutting of prompts to `num_ctx`.

Written after Ollama's API documentation and `server/routes.go`, `server/prompt.go` and the runner's truncation.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.servers.scripted import IMAGE_TOKENS, Installed, Vectors, embedding_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers.http_server import Received

DEFAULT_NUM_CTX = 4096
KEEP = 4  # tokens at the start that the runner keeps when it cuts
CREATED = "2025-11-20T10:00:00.000000Z"


def tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"


@dataclass(frozen=True)
class OllamaProtocol:
    models: Sequence[Installed]
    strict_length: bool = False  # as Ollama 0.13.5 and later: too long an input is an error, whatever `truncate` says
    default_num_ctx: int = DEFAULT_NUM_CTX

    def find(self, name: str) -> Installed | None:
        return next((model for model in self.models if model.name == tagged(name)), None)

    @staticmethod
    def error(status: int, message: str) -> tuple[int, Any]:
        usual = {
            404: "model not found",
            429: "too many requests",
            500: "llama runner process has terminated: exit status 2",
            503: "server busy, please try again.  maximum pending requests exceeded",
        }
        return status, {"error": message or usual.get(status, "something went wrong")}

    def missing(self, name: str, path: str) -> tuple[int, Any]:
        words = (
            f'model "{name}" not found, try pulling it first' if path == "/api/embed" else f"model '{name}' not found"
        )
        return self.error(404, words)

    def tags(self) -> dict[str, Any]:
        return {"models": [self._tag(model) for model in self.models]}

    def _tag(self, model: Installed) -> dict[str, Any]:
        tag = {"name": model.name, "model": model.name, "modified_at": CREATED, "size": model.size}
        tag |= {"digest": model.digest, "details": _details(model)}
        return tag | _remote(model)

    def show(self, model: Installed) -> dict[str, Any]:
        info = {
            "general.architecture": model.architecture,
            f"{model.architecture}.context_length": model.context_length,
            f"{model.architecture}.embedding_length": model.dimension,
        }
        shown = {"modelfile": "", "template": "{{ .Prompt }}", "details": _details(model), "model_info": info}
        return shown | {"capabilities": list(model.capabilities), "modified_at": CREATED} | _remote(model)

    def running(self) -> dict[str, Any]:
        return {"models": [self._tag(model) | {"size_vram": 0, "expires_at": CREATED} for model in self.models[:1]]}

    def embed(self, model: Installed, body: Mapping[str, Any], script: Vectors) -> tuple[int, Any]:
        texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
        counts = [len(tokens_of(text)) for text in texts]
        if max(counts, default=0) > model.context_length and (self.strict_length or body.get("truncate") is False):
            return self.error(400, "the input length exceeds the context length")
        if script.not_a_number:
            return self.error(500, "failed to encode response: json: unsupported value: NaN")
        kept = ["".join(tokens_of(text)[: model.context_length]) for text in texts]
        vectors = [embedding_of(text, script.dimension or model.dimension) for text in kept]
        vectors = vectors[: len(vectors) - script.missing]
        return 200, {
            "model": body["model"],
            "embeddings": vectors,
            "total_duration": 14143917,
            "load_duration": 1019500,
            "prompt_eval_count": sum(counts),
        }

    def refuses_chat(self, model: Installed, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        if "completion" not in model.capabilities:
            return self.error(400, f'"{body["model"]}" does not support chat')
        if _images(body["messages"]) and "vision" not in model.capabilities:
            return self.error(500, "this model is missing data required for image input")
        if body.get("think") and "thinking" not in model.capabilities:
            return self.error(400, f'"{body["model"]}" does not support thinking')
        return None

    def refuses_fill(self, model: Installed, body: Mapping[str, Any]) -> tuple[int, Any] | None:
        if body.get("suffix") and "insert" not in model.capabilities:
            return self.error(400, f"registry.ollama.ai/library/{model.name} does not support insert")
        return None

    def read_gap(self, model: Installed, received: Received) -> None:
        """The template of a model that fills gaps; without a suffix Ollama takes the prompt for a question."""
        prompt, suffix = received.body["prompt"], received.body.get("suffix")
        options = received.body.get("options") or {}
        received.num_ctx = min(options.get("num_ctx") or self.default_num_ctx, model.context_length)
        whole = f"<|fim_prefix|>{prompt}<|fim_suffix|>{suffix}<|fim_middle|>" if suffix else f"user: {prompt}\n"
        tokens = tokens_of(whole)
        received.prompt_tokens = len(tokens)
        if len(tokens) > received.num_ctx:
            tokens = tokens[:KEEP] + tokens[KEEP - received.num_ctx :]
        received.prompt = "".join(tokens)
        received.truncated = len(tokens) < received.prompt_tokens

    def read_prompt(self, model: Installed, received: Received) -> None:
        """What the model gets to see: whole messages are dropped first, then tokens from the middle."""
        options = received.body.get("options") or {}
        received.num_ctx = min(options.get("num_ctx") or self.default_num_ctx, model.context_length)
        messages = received.body["messages"]
        received.images = _images(messages)
        received.prompt_tokens = len(tokens_of(_render(messages))) + IMAGE_TOKENS * len(received.images)
        tokens = tokens_of(_render(_fitting(messages, received.num_ctx)))
        if len(tokens) > received.num_ctx:
            tokens = tokens[:KEEP] + tokens[KEEP - received.num_ctx :]
        received.prompt = "".join(tokens)
        received.truncated = len(tokens) + IMAGE_TOKENS * len(received.images) < received.prompt_tokens

    def voice(self, received: Received) -> OllamaVoice:
        return OllamaGapVoice(received) if received.path == "/api/generate" else OllamaVoice(received)


@dataclass(frozen=True)
class OllamaVoice:
    """The pieces of a streamed chat answer: lines of JSON."""

    received: Received
    content_type = "application/x-ndjson"

    @property
    def max_tokens(self) -> int | None:
        limit = (self.received.body.get("options") or {}).get("num_predict")
        return limit if limit and limit > 0 else None

    def thought(self, text: str) -> bytes:
        return self._line({"role": "assistant", "content": "", "thinking": text}, done=False)

    def token(self, text: str) -> bytes:
        return self._line({"role": "assistant", "content": text}, done=False)

    def error(self, message: str) -> bytes:
        return _json_line({"error": message})

    def last(self, count: int, reason: str, usage: bool) -> bytes:
        ending: dict[str, Any] = {"done_reason": reason, "total_duration": 4883583458, "load_duration": 1334875}
        if usage:
            seen = len(tokens_of(self.received.prompt)) + IMAGE_TOKENS * len(self.received.images)
            ending |= {"prompt_eval_count": seen, "prompt_eval_duration": 342546000, "eval_count": count}
        return self._line({"role": "assistant", "content": ""}, done=True, **ending)

    def _line(self, message: dict[str, str], *, done: bool, **rest: Any) -> bytes:
        model = self.received.body["model"]
        return _json_line({"model": model, "created_at": CREATED, "message": message, "done": done} | rest)


class OllamaGapVoice(OllamaVoice):
    """Of a gap that is filled: the same lines, with the text at the top."""

    def _line(self, message: dict[str, str], *, done: bool, **rest: Any) -> bytes:
        model = self.received.body["model"]
        head = {"model": model, "created_at": CREATED, "response": message["content"], "done": done}
        return _json_line(head | ({"thinking": message["thinking"]} if "thinking" in message else {}) | rest)


def _json_line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _details(model: Installed) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.architecture,
        "families": [model.architecture],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    }


def _remote(model: Installed) -> dict[str, str]:
    return {"remote_model": model.name, "remote_host": model.remote_host} if model.remote_host else {}


def _images(messages: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [base64.b64decode(image, validate=True) for message in messages for image in message.get("images") or ()]


def _render(messages: Sequence[Mapping[str, str]]) -> str:
    return "".join(f"{message['role']}: {message['content']}\n" for message in messages)


def _fitting(messages: Sequence[Mapping[str, str]], num_ctx: int) -> Sequence[Mapping[str, str]]:
    """Drop messages from the front until the rest fits; system messages and the last message stay."""
    for start in range(len(messages)):
        kept = [message for message in messages[:start] if message["role"] == "system"] + list(messages[start:])
        if len(tokens_of(_render(kept))) <= num_ctx or start == len(messages) - 1:
            return kept
    return messages
