"""What model servers do wrong, in words for people: one function for each thing that happens, each returns the error.

Not here: recognising what happened, which differs between client libraries (`ollama`, `openai`).
"""

from __future__ import annotations

import math
import socket
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from dt6_lsp.errors import BackendUnavailable, EmbeddingError, ModelError, ModelMissing, RateLimited, StreamCut

_LONGEST_QUOTE = 200
_OF_FILLING = ("suffix", "insert", "infill", "fill-in", "fill in", "completions endpoint")
_OF_IMAGES = ("image", "vision", "multimodal", "mmproj", "content type")
_TOO_LONG = ("context length", "context_length", "context size", "too long", "too large", "maximum input length")


class ConnectionLost(BackendUnavailable):
    """The connection broke before an answer began; worth one more try."""


class ServerFault(ModelError):  # noqa: N818 - as its siblings in `errors`
    """The server failed at a request that another time it may serve (status 500 and the like)."""


class Unreadable(ModelError):  # noqa: N818
    """What answers there does not speak the protocol."""


class CantFill(ModelError):  # noqa: N818
    """The server, or its model, does not know how to fill a gap in a text; nor will it the next time."""


class Endless(StreamCut):
    """The answer was ended by DT6, because it did not end by itself."""


class TextTooLong(EmbeddingError):  # noqa: N818
    """The text has more tokens than the embedding model takes."""


@dataclass(frozen=True, slots=True)
class ModelServerName:
    """How to speak of a server. `settings` is the section of its settings; `mend_*` are sentences, and the one for a
    missing model may contain `{model}`."""

    name: str
    url: str
    settings: str
    mend_absent: str
    mend_missing: str
    mend_empty: str
    mend_key: str
    mend_fill: str

    def __str__(self) -> str:
        return f"{self.name} at {self.url}"


def ollama_at(url: str, name: str = "ollama") -> ModelServerName:
    """`name` is what the user calls this backend."""
    section = _section(name)
    return ModelServerName(
        "Ollama" if section == name else f"Ollama ({name})",
        url,
        section,
        f"Start it with `ollama serve`, or set {section}.url to where it runs.",
        "Get it with `ollama pull {model}`, or name an installed model.",
        "Get one with `ollama pull qwen2.5-coder:7b`, for example.",
        "Ollama itself asks for none: see what stands before it.",
        "Take one for which `ollama show` lists insert, such as qwen2.5-coder:1.5b-base.",
    )


def openai_at(url: str, name: str = "openai") -> ModelServerName:
    section = _section(name)
    return ModelServerName(
        "The OpenAI-compatible server" if section == name else f"The server {name}",
        url,
        section,
        f"Start it, or set {section}.url to where it runs.",
        "Name a model that the server has; `dt6-lsp models` lists them.",
        "Name one by chat.model.",
        f"Set {section}.api_key to a valid one.",
        "Take a server whose /completions has a suffix, such as Ollama, with a model that was trained for it.",
    )


def _section(name: str) -> str:
    return name if name in ("ollama", "openai") else f"backends.{name}"


def absent_and_no_backend(server: ModelServerName, model: str, backend: str) -> BackendUnavailable:
    """As `no_backend`, where the server that was asked instead can't be reached."""
    return BackendUnavailable(
        f"The settings have no backend {backend!r}, so {model!r} is taken for a model of {server}, "
        "which can't be reached.",
        f"Add the backend as a table [backends.{backend}], or name one that `dt6-lsp models` lists.",
    )


def absent(server: ModelServerName) -> BackendUnavailable:
    return BackendUnavailable(f"{server} can't be reached.", server.mend_absent)


def unknown_host(server: ModelServerName) -> BackendUnavailable:
    return BackendUnavailable(
        f"{server} can't be found: nothing knows a host of that name.",
        f"Check {server.settings}.url, and whether this machine is online.",
    )


def lost(server: ModelServerName) -> ConnectionLost:
    return ConnectionLost(f"{server} closed the connection without an answer.", "Look into its log, and try again.")


def no_first_token(server: ModelServerName, seconds: float) -> BackendUnavailable:
    return BackendUnavailable(
        f"{server} did not begin to answer within {seconds:g} s.",
        "It may be loading the model: try again, take a smaller model, or raise chat.first_token_seconds.",
    )


def too_slow(server: ModelServerName, seconds: float) -> BackendUnavailable:
    return BackendUnavailable(f"{server} did not answer within {seconds:g} s.", "See whether it is busy or hangs.")


def no_vectors(server: ModelServerName, seconds: float) -> BackendUnavailable:
    return BackendUnavailable(
        f"{server} did not answer within {seconds:g} s.",
        "It may be loading the model: index again, or raise embedding.request_seconds.",
    )


def stalled(server: ModelServerName, seconds: float) -> StreamCut:
    return StreamCut(
        f"{server} stopped in the middle of its answer: nothing came for {seconds:g} s.",
        "Try again, or raise chat.next_token_seconds.",
    )


def cut(server: ModelServerName) -> StreamCut:
    return StreamCut(f"{server} closed the connection in the middle of its answer.", "Try again.")


def broke(server: ModelServerName, message: str) -> StreamCut:
    return StreamCut(f"{server} gave up in the middle of its answer: {_quoted(message)}.", "Look into its log.")


def left_alone(server: ModelServerName, seconds: float, reason: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"{server} failed several times in a row, so it is left alone for {max(1, math.ceil(seconds))} s: {reason}",
        "Then it is tried again.",
    )


def too_much(server: ModelServerName, tokens: int) -> Endless:
    return Endless(
        f"{server} was asked for {tokens} tokens at most and did not stop, so DT6 ended its answer.",
        "Try again, or take another model.",
    )


def too_long(server: ModelServerName, seconds: float) -> Endless:
    return Endless(
        f"{server} was not done after {seconds:g} s, so DT6 ended its answer.",
        "Take a faster model, or raise chat.answer_seconds.",
    )


def blind(server: str, model: str) -> ModelError:
    return ModelError(
        f"The model {model} ({server}) can't see images.",
        "Name one that can (`dt6-lsp models` says which), or ask without the image.",
    )


def refused_image(server: ModelServerName, model: str, message: str) -> ModelError:
    return ModelError(
        f"{server} does not take images with the model {model!r}: {_quoted(message)}.",
        "Name a model that can see, or ask without the image.",
    )


def says_image(status: int, message: str) -> bool:
    """Whether a refusal speaks of the images that the request had. A server that knows only text complains (422) of
    content that is a list."""
    return status == 422 or any(word in message.lower() for word in _OF_IMAGES)


def cant_fill(server: ModelServerName, model: str) -> CantFill:
    return CantFill(
        f"{server} can't complete code with the model {model!r}, which does not fill in the middle of a text.",
        f"{server.mend_fill} Set it as completion.model.",
    )


def says_suffix(status: int, message: str) -> bool:
    """Whether a refusal of a text with a gap speaks of the gap: most servers know nothing of it. One that lacks the
    whole method says so with a bare 404."""
    said = message.lower()
    if status in (405, 501) or (status == 404 and "model" not in said):
        return True
    return 400 <= status < 600 and any(word in said for word in _OF_FILLING)


def none_chats(server: ModelServerName) -> ModelError:
    return ModelError(f"{server} has no model that can answer here.", server.mend_empty)


def unreadable(server: ModelServerName) -> ModelError:
    return Unreadable(
        f"{server} answered with something that is not its protocol.",
        "See that the address is that of a model server and that no proxy or login page stands before it.",
    )


def missing(server: ModelServerName, model: str) -> ModelMissing:
    return ModelMissing(f"{server} has no model {model!r}.", server.mend_missing.format(model=model))


def no_backend(server: ModelServerName, model: str, backend: str) -> ModelMissing:
    """Of MODEL@BACKEND with a backend that the settings don't have: it was taken for the name of a model."""
    return ModelMissing(
        f"{server} has no model {model!r}, and the settings have no backend {backend!r}.",
        f"Add the backend as a table [backends.{backend}], or name a model and a backend that `dt6-lsp models` lists.",
    )


def refused(
    server: ModelServerName, model: str, status: int, message: str, retry_after: float | None = None
) -> ModelError:
    """The error for an HTTP status that is no success."""
    if status in (429, 503):
        return RateLimited(f"{server} is too busy: {_quoted(message)}.", "Try again in a moment.", retry_after)
    if status in (401, 403):
        return ModelError(f"{server} refused the key: {_quoted(message)}.", server.mend_key)
    if 300 <= status < 400:
        return ModelError(
            f"{server} redirects to another address, which DT6 does not follow.",
            "Set the address that it redirects to.",
        )
    if status == 404 and model and ("model" in message.lower() or not message):
        return missing(server, model)
    if status == 404:
        return unreadable(server)
    if _says_too_long(message):
        return ModelError(
            f"{server} holds less than the question needs: {_quoted(message)}.",
            "Set chat.context_tokens to what the model can hold.",
        )
    kind = ServerFault if status >= 500 else ModelError
    return kind(f"{server} answered with an error ({status}): {_quoted(message)}.", "Look into its log.")


def refused_text(server: ModelServerName, model: str, status: int, message: str) -> ModelError | EmbeddingError:
    """As `refused`, for embeddings: there a 400 or 500 mostly comes from one text, and the others can be saved."""
    if status in (400, 413, 422, 500) and _says_too_long(message):
        return TextTooLong(f"{server} does not take a text of this length with the model {model!r}.")
    if status in (400, 413, 422, 500):
        return EmbeddingError(
            f"{server} could not embed a text with the model {model!r}: {_quoted(message)}.",
            "Check that it is an embedding model, or choose another by `embedding.model`.",
        )
    return refused(server, model, status, message)


def is_unknown_host(error: BaseException) -> bool:
    """Whether the name of a host was the trouble, under whatever a client made of it."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, socket.gaierror):
        inner = inner.__cause__ or inner.__context__
    return inner is not None


def _says_too_long(message: str) -> bool:
    return any(words in message.lower() for words in _TOO_LONG)


def seconds_to_wait(header: str | None) -> float | None:
    """The `Retry-After` header: seconds, or a date. None when it is absent or unreadable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _quoted(message: str) -> str:
    """One line of what a server said, without the markup of a proxy's error page."""
    words = " ".join(message.split()).rstrip(".")
    if not words or words.startswith("<"):
        return "it gave no reason"
    return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}..."
