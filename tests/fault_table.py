"""What model servers do wrong, one row each, and what a person then reads: asked through a real engine over real HTTP.

The tests hold the rows, `tests.benchmarks.faults` prints them, `tests.benchmarks.soak_asks` repeats them.
Not here: cancelling, which is no fault, and servers that make vectors (`faults/test_models_embedding_servers`).
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dt6_lsp.assistant.services import Services
from dt6_lsp.engine import Engine
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import ChatSettings, OllamaSettings, OpenAISettings, PrivacySettings, Settings
from tests.servers.model_server import EMPTY, GARBAGE, Cut, MidStreamError, ModelServer, Refusal, Reply, Scripted, Stall
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Backend = Literal["ollama", "openai"]
Outcome = Literal["answer", "digest", "broken"]

BACKENDS: tuple[Backend, ...] = ("ollama", "openai")
MODELS = {"ollama": "llama3.2", "openai": "gpt-4o-mini"}
FILES = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'}
QUESTION = "How does read_all read a file?"
ANSWER = "It opens the path (app/io.py:1-3) and reads all of it at once, whatever its size."
ABSENT_HOST = "no-such-host.invalid"
_TRIES = 4  # at least as often as a server is asked again
_TOKENS = 64  # the answer's limit; a server that heeds none sends 100 times as many characters


@dataclass(frozen=True)
class Fault:
    """`script` is what chats get, one after another. `says` is in the one line that a person reads ("" for none)."""

    name: str
    outcome: Outcome
    says: str
    script: tuple[Scripted, ...] = ()
    where: Literal["", "nowhere", "absent host"] = ""


FAULTS = (
    Fault("connection refused", "digest", "can't be reached", where="nowhere"),
    Fault("host unknown to DNS", "digest", ABSENT_HOST, where="absent host"),
    Fault("401, wrong key", "digest", "key", (Refusal(401),) * _TRIES),
    Fault("404, model is missing", "digest", "has no model", (Refusal(404),) * _TRIES),
    Fault("429 once, with Retry-After", "answer", "", (Refusal(429, retry_after="1"), Reply(ANSWER))),
    Fault("429 for an hour", "digest", "too busy", (Refusal(429, retry_after="3600"),) * _TRIES),
    Fault("500 once", "answer", "", (Refusal(500), Reply(ANSWER))),
    Fault("500 again and again", "digest", "(500)", (Refusal(500),) * _TRIES),
    Fault("silence before the first word", "digest", "did not begin to answer", (Stall(),) * _TRIES),
    Fault("silence after some words", "broken", "0.3 s", (Stall(6),)),
    Fault("connection cut before the first word, once", "answer", "", (Cut(-1), Reply(ANSWER))),
    Fault("connection cut after some words", "broken", "broke off", (Cut(6),)),
    Fault("stream ends without its last message", "broken", "broke off", (Cut(6, politely=True),)),
    Fault("error inside the stream", "broken", "CUDA error", (MidStreamError(6),)),
    Fault("malformed JSON", "digest", "not", (GARBAGE,) * _TRIES),
    Fault("empty answer", "digest", "empty answer", (EMPTY,) * _TRIES),
    Fault("answer without end", "broken", f"{_TOKENS} tokens", (Reply("word " * 2_000, ignores_limit=True),)),
)


def settings_for(server: ModelServer, backend: Backend, fault: Fault | None = None) -> Settings:
    where = fault.where if fault is not None else ""
    silent = fault is not None and any(isinstance(each, Stall) for each in fault.script)
    base = {"": server.url, "nowhere": "http://127.0.0.1:1", "absent host": f"http://{ABSENT_HOST}:11434"}[where]
    return Settings(
        chat=ChatSettings(
            backend=backend,
            model=MODELS[backend],
            max_answer_tokens=_TOKENS,
            connect_seconds=2.0 if silent else 20.0,  # what is left of it counts for the first token
            first_token_seconds=0.3 if silent else 20.0,
            next_token_seconds=0.3 if silent else 20.0,
        ),
        ollama=OllamaSettings(url=base),
        openai=OpenAISettings(url=f"{base}/v1"),
        privacy=PrivacySettings(allowed_hosts=(ABSENT_HOST,)),
    )


def line_of(notice: str) -> str:
    """A notice without the port, which is another each time."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", notice)


@asynccontextmanager
async def engine_of(settings: Settings) -> AsyncIterator[Engine]:
    """With the real hub, but that nobody waits between two tries."""

    async def no_pause(_seconds: float) -> None:
        return

    engine = Engine(Services(settings, ModelHub(settings, pause=no_pause), TokenCounter()), [], FakeReader(dict(FILES)))
    try:
        yield engine
    finally:
        await engine.close()
