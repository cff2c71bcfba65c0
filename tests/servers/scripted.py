"""What a test can make the model server say next, and what the server knows of the models it pretends to have.

Not here: HTTP (`http_server.py`) and the two protocols (`ollama_protocol.py`, `openai_protocol.py`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

TOKEN = re.compile(r"\s*(?:\w{1,4}|[^\w\s])|\s+")


@dataclass(frozen=True)
class Installed:
    """A model on the server. `remote_host` marks one of Ollama's cloud models: the local server passes text on."""

    name: str
    capabilities: tuple[str, ...] = ("completion",)
    context_length: int = 8192
    architecture: str = "llama"
    dimension: int = 64
    size: int = 2_000_000_000
    remote_host: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.name}/{self.dimension}".encode()).hexdigest()


@dataclass(frozen=True)
class Reply:
    """An answer, token by token. Seconds before the first token and between two; `usage=False`: counts are not told;
    `ignores_limit`: however many tokens were asked for; `held`: after the first token nothing more comes until the test
    calls `let_go()`."""

    text: str
    delay: float = 0.0
    gap: float = 0.0
    usage: bool = True
    thinking: str = ""
    ignores_limit: bool = False
    held: bool = False


@dataclass(frozen=True)
class Refusal:
    """An error in the protocol's own words (`message=""` takes the usual ones), e.g. 429, 500, 503, 404."""

    status: int
    message: str = ""
    retry_after: str = ""
    only_if: str = ""  # refuses only a request that contains this text, and stays in force: one bad input


@dataclass(frozen=True)
class Raw:
    """Bytes that are not of the protocol."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    location: str = ""


@dataclass(frozen=True)
class Stall:
    """Nothing more comes after `tokens` tokens, until the server stops; with 0, not even the status line."""

    tokens: int = 0


@dataclass(frozen=True)
class Cut:
    """The connection closes after `tokens` tokens (before the status line when negative). `politely`: the body is
    ended as HTTP wants it, and only the protocol's own last message is missing."""

    tokens: int = 1
    politely: bool = False


@dataclass(frozen=True)
class Vectors:
    """Embeddings that are wrong: of another dimension, too few of them, or with a value that is no number."""

    dimension: int = 0
    missing: int = 0
    not_a_number: bool = False


@dataclass(frozen=True)
class MidStreamError:
    """The answer breaks off with the protocol's error object inside a stream that began with status 200."""

    tokens: int = 1
    message: str = "an error was encountered while running the model: CUDA error"


Scripted = Reply | Refusal | Raw | Stall | Cut | Vectors | MidStreamError

EMPTY = Reply("")
GARBAGE = Raw(b'{"model": "llama3.2", "messa\xff\x00\n')
PROXY_PAGE = Raw(
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>", 502, "text/html"
)
LOGIN_PAGE = Raw(b"<html><body>Sign in to the guest network</body></html>", 200, "text/html")


IMAGE_TOKENS = 256  # what a model of this server makes of one image


def tokens_of(text: str) -> list[str]:
    """Words in pieces of four characters and single marks, with the space before them; joined they are `text` again.
    On source code that is about 3.5 characters a token, as for real vocabularies."""
    return TOKEN.findall(text)


def embedding_of(text: str, dimension: int) -> list[float]:
    """A hashed bag of words, of length 1: texts that share words are close. The empty text gives zeros."""
    vector = [0.0] * dimension
    for word in re.findall(r"[a-z]+|\d+", text.lower()):
        code = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
        vector[code % dimension] += 1.0 if code >> 63 else -1.0
    length = sum(value * value for value in vector) ** 0.5
    return [value / length for value in vector] if length else vector
