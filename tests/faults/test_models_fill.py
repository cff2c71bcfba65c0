"""Filling a gap in a text, against a server that speaks the real protocols: what is sent, and every way to fail."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import BackendUnavailable, ConsentRequired, ModelError, ModelMissing, RateLimited, StreamCut
from dt6_lsp.models.base import Delta, FillRequest, Usage
from dt6_lsp.models.breaker import Breaker
from dt6_lsp.models.failures import CantFill, ollama_at
from dt6_lsp.models.guarded import GuardedChat, Patience
from dt6_lsp.models.ollama import OllamaChat
from dt6_lsp.models.openai import OpenAIChat
from dt6_lsp.models.transport import TimeLimits
from tests.servers.model_server import (
    EMPTY,
    GARBAGE,
    LOGIN_PAGE,
    Cut,
    Installed,
    MidStreamError,
    ModelServer,
    Raw,
    Refusal,
    Reply,
    Scripted,
    Stall,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENT = TimeLimits(connect=5.0, first_token=10.0, next_token=10.0)
CODER = Installed("coder:latest", ("completion", "insert"))
TALKER = Installed("talker:latest", ("completion",))
MODELS = (CODER, TALKER)
OPENAI_MODELS = (replace(CODER, name="coder"), replace(TALKER, name="talker"))
GAP = FillRequest("coder", "def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", 2_000, 50, stop=("\n\n\n",))
NO_FIM = Refusal(400, '"talker" does not support insert')

Filler = OllamaChat | OpenAIChat


@dataclass(frozen=True)
class Side:
    protocol: str
    server: ModelServer

    def filler(self, limits: TimeLimits = PATIENT) -> Filler:
        if self.protocol == "ollama":
            return OllamaChat(self.server.url, limits)
        return OpenAIChat(self.server.openai_url, "", limits)


@pytest.fixture(params=["ollama", "openai"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    with ModelServer(MODELS, OPENAI_MODELS) as server:
        yield Side(request.param, server)


async def fill(filler: Filler, request: FillRequest = GAP, cancel: CancelToken | None = None) -> list[Delta]:
    try:
        return [delta async for delta in filler.fill(request, cancel or CancelToken())]
    finally:
        await filler.close()


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_what_fills_the_gap_streams(side: Side) -> None:
    side.server.enqueue(Reply("a + b"))
    deltas = await fill(side.filler())
    assert text_of(deltas) == "a + b"
    assert len([delta for delta in deltas if delta.text]) > 1
    received = side.server.fills[-1]
    assert received.prompt == f"<|fim_prefix|>{GAP.prefix}<|fim_suffix|>{GAP.suffix}<|fim_middle|>"
    options = received.body.get("options", received.body)
    assert options["stop"] == ["\n\n\n"]
    assert options["temperature"] == 0
    assert options.get("num_predict", options.get("max_tokens")) == 50
    assert side.server.chats == []


async def test_no_more_is_written_than_was_asked_for(side: Side) -> None:
    side.server.enqueue(Reply("one two three four"))
    assert text_of(await fill(side.filler(), replace(GAP, max_tokens=2))) == "one two"


async def test_an_empty_filling_is_one(side: Side) -> None:
    side.server.enqueue(EMPTY)
    assert text_of(await fill(side.filler())) == ""


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (NO_FIM, CantFill, "does not fill in the middle"),
        (Refusal(400, "suffix is not currently supported"), CantFill, "does not fill in the middle"),
        (Refusal(500, "Unsupported param: suffix"), CantFill, "does not fill in the middle"),
        (Raw(b"404 page not found", 404, "text/plain"), CantFill, "does not fill in the middle"),
        (Refusal(501, "not implemented"), CantFill, "does not fill in the middle"),
        (Refusal(404), ModelMissing, "has no model"),
        (Refusal(500), ModelError, "500"),
        (Refusal(401), ModelError, "key"),
        (Refusal(503), RateLimited, "busy"),
        (Cut(-1), BackendUnavailable, "closed the connection"),
        (Cut(1), StreamCut, "middle of its answer"),
        (Cut(1, politely=True), StreamCut, "middle of its answer"),
        (MidStreamError(1, "CUDA error"), StreamCut, "CUDA error"),
        (GARBAGE, ModelError, "not its protocol"),
        (Raw(b"[1, 2]\n"), ModelError, "not its protocol"),
        (LOGIN_PAGE, ModelError, "not its protocol"),
        (Raw(b"", 302, location="http://192.0.2.1/api/generate"), ModelError, "redirects"),
    ],
    ids=repr,
)
async def test_each_failure_has_its_error_in_one_plain_line(
    side: Side, fault: Scripted, error: type[ModelError], words: str
) -> None:
    side.server.enqueue(fault)
    with pytest.raises(error) as caught:
        await fill(side.filler())
    assert words in caught.value.cause
    assert side.server.url in caught.value.cause
    assert caught.value.mend.endswith(".")
    assert "\n" not in str(caught.value)


async def test_a_model_that_is_known_not_to_fill_gaps_gets_no_text() -> None:
    with ModelServer(MODELS) as server:
        with pytest.raises(CantFill, match=r"'talker'.*`ollama show`"):
            await fill(OllamaChat(server.url, PATIENT), replace(GAP, model="talker"))
        assert server.fills == []


async def test_a_server_that_does_not_say_what_its_models_can_is_asked() -> None:
    with ModelServer(openai_models=OPENAI_MODELS) as server:
        with pytest.raises(CantFill, match="suffix"):
            await fill(OpenAIChat(server.openai_url, "", PATIENT), replace(GAP, model="talker"))
        assert len(server.fills) == 1


async def test_a_gap_at_the_end_of_a_text_is_one_for_ollama_too() -> None:
    with ModelServer(MODELS) as server:
        await fill(OllamaChat(server.url, PATIENT), replace(GAP, suffix=""))
        assert server.fills[-1].prompt.endswith("<|fim_suffix|>\n<|fim_middle|>")


async def test_ollamas_window_is_asked_for() -> None:
    with ModelServer(MODELS) as server:
        await fill(OllamaChat(server.url, PATIENT))
        assert server.fills[-1].body["options"]["num_ctx"] == 2048


@pytest.mark.parametrize("fault", [Stall(0), Stall(1)], ids=repr)
async def test_cancelling_closes_the_stream_at_once(side: Side, fault: Scripted) -> None:
    side.server.enqueue(fault)
    cancel = CancelToken()
    filling = asyncio.ensure_future(fill(side.filler(), cancel=cancel))
    assert await asyncio.to_thread(side.server.wait_for, "/api/generate", "/v1/completions")
    cancel.cancel()
    with pytest.raises(Cancelled):
        await filling
    assert await asyncio.to_thread(side.server.fills[-1].wait_ended)
    assert side.server.fills[-1].closed_early


async def test_a_first_token_that_does_not_come_ends_the_wait(side: Side) -> None:
    side.server.enqueue(Stall(0))
    with pytest.raises(BackendUnavailable, match=r"did not begin to answer within 0\.2 s\."):
        await fill(side.filler(TimeLimits(connect=1.0, first_token=0.2, next_token=10.0)))
    assert await asyncio.to_thread(side.server.fills[-1].wait_ended)


@pytest.mark.parametrize("url", ["http://gpu.lan:11434", "http://127.0.0.1@gpu.lan", ""])
@pytest.mark.parametrize("make", [lambda url: OllamaChat(url, PATIENT), lambda url: OpenAIChat(url, "", PATIENT)])
async def test_without_consent_no_connection_is_opened(make: Callable[[str], Filler], url: str) -> None:
    with pytest.raises(ConsentRequired):
        await fill(make(url))


async def test_a_model_in_ollamas_cloud_needs_consent_for_the_cloud() -> None:
    cloud = Installed("coder:latest", ("completion", "insert"), remote_host="https://ollama.com:443")
    with ModelServer([cloud]) as server:
        with pytest.raises(ConsentRequired, match=r"ollama\.com"):
            await fill(OllamaChat(server.url, PATIENT))
        assert server.fills == []


# Behind the breaker, as everything that uses a model


async def guarded(server: ModelServer, breaker: Breaker) -> list[Delta]:
    chat = OllamaChat(server.url, PATIENT)
    guard = GuardedChat(chat, ollama_at(server.url), breaker, Patience(retries=2, longest_wait=0.0, answer=10.0))
    try:
        async with aclosing(guard.fill(GAP, CancelToken())) as deltas:
            return [delta async for delta in deltas]
    finally:
        await chat.close()


async def test_nothing_is_tried_again() -> None:
    with ModelServer(MODELS) as server:
        server.enqueue(Refusal(503))
        with pytest.raises(RateLimited):
            await guarded(server, Breaker())
        assert len(server.fills) == 1


async def test_a_server_that_keeps_failing_is_left_alone() -> None:
    breaker = Breaker()
    with ModelServer(MODELS) as server:
        server.enqueue(*[Refusal(500)] * 20)
        while breaker.state != "open":
            with pytest.raises(ModelError):
                await guarded(server, breaker)
        sent = len(server.fills)
        with pytest.raises(BackendUnavailable, match="left alone"):
            await guarded(server, breaker)
        assert len(server.fills) == sent


async def test_a_model_that_can_not_fill_gaps_is_no_fault_of_its_server() -> None:
    breaker = Breaker()
    with ModelServer(MODELS) as server:
        server.enqueue(*[NO_FIM] * 20)
        for _ in range(20):
            with pytest.raises(CantFill):
                await guarded(server, breaker)
    assert breaker.state == "closed"


async def test_what_has_no_end_is_ended() -> None:
    with ModelServer(MODELS) as server:
        server.enqueue(Reply("word " * 2_000, ignores_limit=True))
        with pytest.raises(StreamCut, match="50 tokens at most"):
            await guarded(server, Breaker())


async def test_counts_of_the_server_come_last() -> None:
    with ModelServer(MODELS) as server:
        server.enqueue(Reply("a + b"))
        assert (await fill(OllamaChat(server.url, PATIENT)))[-1] == Delta("", Usage(server.fills[-1].prompt_tokens, 3))
