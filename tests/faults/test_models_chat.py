"""Chat backends against a server that speaks the real protocols: answers, limits, cancelling, and every way to fail."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import (
    BackendUnavailable,
    ConsentRequired,
    ModelError,
    ModelMissing,
    RateLimited,
    StreamCut,
)
from dt6_lsp.models.base import ChatRequest, Delta, Message, Usage
from dt6_lsp.models.ollama import OllamaChat
from dt6_lsp.models.openai import OpenAIChat
from dt6_lsp.models.transport import TimeLimits
from tests.servers.model_server import (
    EMPTY,
    GARBAGE,
    LOGIN_PAGE,
    PROXY_PAGE,
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

Chat = OllamaChat | OpenAIChat


@dataclass(frozen=True)
class Side:
    """One of the two protocols of a running server."""

    protocol: str
    server: ModelServer

    @property
    def model(self) -> str:
        return {"ollama": "llama3.2", "openai": "gpt-4o-mini"}[self.protocol]

    def chat(self, limits: TimeLimits = PATIENT) -> Chat:
        if self.protocol == "ollama":
            return OllamaChat(self.server.url, limits)
        return OpenAIChat(self.server.openai_url, "", limits)


@pytest.fixture(params=["ollama", "openai"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    with ModelServer() as server:
        yield Side(request.param, server)


def question(model: str, text: str = "What is it?", *, context: int = 4000, answer: int = 500) -> ChatRequest:
    return ChatRequest(model, (Message("system", "Be brief."), Message("user", text)), context, answer)


async def ask(
    chat: Chat, request: ChatRequest, cancel: CancelToken | None = None, came: list[Delta] | None = None
) -> list[Delta]:
    """All pieces of the answer; they are put into `came` one by one."""
    pieces = [] if came is None else came
    try:
        async for delta in chat.stream(request, cancel or CancelToken()):
            pieces.append(delta)
    finally:
        await chat.close()
    return pieces


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_an_answer_comes_token_by_token_and_the_last_piece_has_the_servers_counts(side: Side) -> None:
    side.server.enqueue(Reply("It is a test server."))
    deltas = await ask(side.chat(), question(side.model))
    assert text_of(deltas) == "It is a test server."
    assert len(deltas) > 4
    received = side.server.chats[-1]
    assert deltas[-1] == Delta("", Usage(received.prompt_tokens, 7))
    assert [delta.usage for delta in deltas[:-1]] == [None] * (len(deltas) - 1)
    assert received.body["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_an_answer_without_counts_has_no_usage(side: Side) -> None:
    side.server.enqueue(Reply("Yes.", usage=False))
    assert (await ask(side.chat(), question(side.model)))[-1] == Delta("", None)


async def test_an_answer_is_no_longer_than_asked_for(side: Side) -> None:
    side.server.enqueue(Reply("one two three four five six"))
    assert text_of(await ask(side.chat(), question(side.model, answer=3))) == "one two thre"


async def test_thoughts_are_no_part_of_the_answer(side: Side) -> None:
    side.server.enqueue(Reply("Yes.", thinking="Let me see."))
    assert text_of(await ask(side.chat(), question(side.model))) == "Yes."


async def test_an_empty_answer_is_an_answer(side: Side) -> None:
    side.server.enqueue(EMPTY)
    assert text_of(await ask(side.chat(), question(side.model))) == ""


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Refusal(404), ModelMissing, "has no model"),
        (Refusal(500), ModelError, "500"),
        (Refusal(401), ModelError, "key"),
        (Refusal(503), RateLimited, "busy"),
        (Cut(-1), BackendUnavailable, "closed the connection"),
        (Cut(2), StreamCut, "middle of its answer"),
        (Cut(2, politely=True), StreamCut, "middle of its answer"),
        (MidStreamError(2, "CUDA error"), StreamCut, "CUDA error"),
        (MidStreamError(0, "out of memory"), ModelError, "out of memory"),
        (GARBAGE, ModelError, "not its protocol"),
        (Raw(b"[1, 2]\n"), ModelError, "not its protocol"),
        (Raw(b'"text"\n'), ModelError, "not its protocol"),
        (Raw(b"{}\n"), ModelError, "not its protocol"),
        (LOGIN_PAGE, ModelError, "not its protocol"),
        (PROXY_PAGE, ModelError, "502"),
        (Raw(b"", 302, location="http://192.0.2.1/api/chat"), ModelError, "redirects"),
        (Raw(b"404 page not found", 404, "text/plain"), ModelError, "not its protocol"),
    ],
    ids=repr,
)
async def test_each_failure_has_its_error_in_one_plain_line(
    side: Side, fault: Scripted, error: type[ModelError], words: str
) -> None:
    side.server.enqueue(fault)
    with pytest.raises(ModelError) as caught:
        await ask(side.chat(), question(side.model))
    assert type(caught.value) is error or isinstance(caught.value, error)
    assert words in caught.value.cause
    assert side.server.url in caught.value.cause
    assert caught.value.mend.endswith(".")
    assert "\n" not in str(caught.value)
    assert "<" not in str(caught.value)


async def test_a_busy_server_says_when_to_come_back(side: Side) -> None:
    side.server.enqueue(Refusal(429, retry_after="7"))
    with pytest.raises(RateLimited) as caught:
        await ask(side.chat(), question(side.model))
    assert caught.value.retry_after == 7.0
    assert len(side.server.chats) == 1, "the client libraries would try again on their own"


async def test_a_missing_model_is_named_with_its_mend() -> None:
    with ModelServer() as server, pytest.raises(ModelMissing, match="`ollama pull qwen3`"):
        await ask(OllamaChat(server.url, PATIENT), question("qwen3"))


async def test_nobody_at_the_address_is_said_at_once(side: Side) -> None:
    chat, request = side.chat(), question(side.model)
    side.server.stop()
    with pytest.raises(BackendUnavailable, match="can't be reached"):
        await ask(chat, request)


@pytest.mark.parametrize("fault", [Stall(0), Reply("late", delay=3600)], ids=repr)
async def test_a_first_token_that_does_not_come_ends_the_wait(side: Side, fault: Scripted) -> None:
    side.server.enqueue(fault)
    hasty = TimeLimits(connect=0.1, first_token=0.2, next_token=10.0)
    with pytest.raises(BackendUnavailable, match=r"did not begin to answer within 0\.2 s\."):
        await ask(side.chat(hasty), question(side.model))
    assert side.server.chats[-1].wait_ended()
    assert side.server.chats[-1].closed_early


@pytest.mark.parametrize("fault", [Stall(3), Reply("one two", gap=3600)], ids=repr)
async def test_a_gap_between_tokens_ends_the_answer_but_not_what_came(side: Side, fault: Scripted) -> None:
    side.server.enqueue(fault)
    patient_at_first = TimeLimits(connect=5.0, first_token=10.0, next_token=0.2)
    came: list[Delta] = []
    with pytest.raises(StreamCut, match=r"stopped in the middle .* nothing came for 0\.2 s\."):
        await ask(side.chat(patient_at_first), question(side.model), came=came)
    assert text_of(came)
    assert side.server.chats[-1].wait_ended()
    assert side.server.chats[-1].closed_early


async def test_a_slow_but_steady_answer_is_waited_for(side: Side) -> None:
    side.server.enqueue(Reply("one two three", delay=0.05, gap=0.02))
    assert text_of(await ask(side.chat(), question(side.model))) == "one two three"


@pytest.mark.parametrize("fault", [Stall(0), Stall(1)], ids=repr)
async def test_cancelling_from_another_thread_closes_the_stream_at_once(side: Side, fault: Scripted) -> None:
    side.server.enqueue(fault)
    cancel, chat = CancelToken(), side.chat()
    asked = asyncio.ensure_future(ask(chat, question(side.model), cancel))
    assert await asyncio.to_thread(side.server.wait_for, "/api/chat", "/v1/chat/completions")
    await asyncio.to_thread(cancel.cancel)
    with pytest.raises(Cancelled):
        await asked
    assert await asyncio.to_thread(side.server.chats[-1].wait_ended)
    assert side.server.chats[-1].closed_early


async def test_a_task_that_is_cancelled_together_with_its_token_still_closes_the_stream(side: Side) -> None:
    side.server.enqueue(Stall(1))
    cancel, chat, begun = CancelToken(), side.chat(), asyncio.Event()

    async def read() -> None:
        async with aclosing(chat.stream(question(side.model), cancel)) as stream:
            async for _ in stream:
                begun.set()

    reading = asyncio.ensure_future(read())
    await begun.wait()
    cancel.cancel()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await asyncio.to_thread(side.server.chats[-1].wait_ended)
    assert side.server.chats[-1].closed_early
    await chat.close()


async def test_a_reader_that_leaves_early_closes_the_stream(side: Side) -> None:
    side.server.enqueue(Stall(2))
    chat = side.chat()
    async with aclosing(chat.stream(question(side.model), CancelToken())) as stream:
        async for _ in stream:
            break
    assert await asyncio.to_thread(side.server.chats[-1].wait_ended)
    assert side.server.chats[-1].closed_early
    await chat.close()


async def test_a_token_that_was_cancelled_before_sends_nothing(side: Side) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await ask(side.chat(), question(side.model), cancel)
    assert side.server.chats == []


async def test_requests_to_this_machine_pass_no_proxy(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert text_of(await ask(side.chat(), question(side.model))) == "This is an answer."


async def test_no_key_of_another_server_is_sent(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "CUSTOM_HEADERS"):
        monkeypatch.setenv(f"OPENAI_{name}", "authorization: secret-of-another")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1:9")
    monkeypatch.setenv("OLLAMA_HOST", "http://192.0.2.1:9")
    monkeypatch.setenv("OLLAMA_API_KEY", "secret-of-another")
    await ask(side.chat(), question(side.model))
    assert "secret-of-another" not in str(side.server.chats[-1].headers)


@pytest.mark.parametrize("url", ["http://gpu.lan:11434", "http://127.0.0.1@gpu.lan", "", "http://a:99999"])
@pytest.mark.parametrize("make", [lambda url: OllamaChat(url, PATIENT), lambda url: OpenAIChat(url, "", PATIENT)])
async def test_without_consent_no_connection_is_opened(make: Callable[[str], Chat], url: str) -> None:
    chat = make(url)
    with pytest.raises(ConsentRequired):
        await chat.models()
    with pytest.raises(ConsentRequired):
        await ask(chat, question("m"))


async def test_models_and_their_context_lengths_are_listed(side: Side) -> None:
    chat = side.chat()
    assert side.model in [model.name.removesuffix(":latest") for model in await chat.models()]
    assert await chat.context_length(side.model) == (8192 if side.protocol == "ollama" else None)
    await chat.close()


# Ollama's own traps


@pytest.mark.parametrize(("wanted", "window"), [(100, 1024), (5000, 5120), (5120, 5120), (50_000, 8192)])
async def test_ollamas_window_is_rounded_up_and_kept_within_the_model(wanted: int, window: int) -> None:
    with ModelServer() as server:
        await ask(OllamaChat(server.url, PATIENT), question("llama3.2", context=wanted))
        assert server.chats[-1].body["options"]["num_ctx"] == window


async def test_ollama_does_not_cut_a_prompt_that_fits_the_model() -> None:
    with ModelServer() as server:
        long = question("llama3.2", "word " * 6000, context=7000)
        await ask(OllamaChat(server.url, PATIENT), long)
        assert server.chats[-1].prompt_tokens > 4096
        assert not server.chats[-1].truncated


async def test_ollamas_window_does_not_shrink_for_a_short_question() -> None:
    with ModelServer() as server:
        chat = OllamaChat(server.url, PATIENT)
        for wanted in (6000, 200):
            async for _ in chat.stream(question("llama3.2", context=wanted), CancelToken()):
                pass
        await chat.close()
        assert [chat.body["options"]["num_ctx"] for chat in server.chats] == [6144, 6144]
        assert len(server.requests("/api/show")) == 1


async def test_a_model_in_ollamas_cloud_needs_consent_for_the_cloud() -> None:
    cloud = Installed("big:latest", remote_host="https://ollama.com:443")
    with ModelServer([cloud, Installed("gpt-oss:120b-cloud")]) as server:
        for model in ("big", "gpt-oss:120b-cloud"):
            with pytest.raises(ConsentRequired, match=r"ollama\.com"):
                await ask(OllamaChat(server.url, PATIENT), question(model))
        assert server.chats == []
        allowed = OllamaChat(server.url, PATIENT, ["ollama.com"])
        assert text_of(await ask(allowed, question("big"))) == "This is an answer."


# What differs between servers that speak OpenAI's protocol


async def test_an_option_that_the_server_refuses_is_replaced_once_and_for_all() -> None:
    with ModelServer() as server:
        words = "Unsupported parameter: '{}' is not supported with this model."
        server.enqueue(Refusal(400, words.format("max_tokens")), Refusal(400, words.format("temperature")))
        chat = OpenAIChat(server.openai_url, "", PATIENT)
        for _ in range(2):
            async for _delta in chat.stream(question("gpt-4o-mini"), CancelToken()):
                pass
        await chat.close()
        assert len(server.chats) == 4
        assert server.chats[-1].body["max_completion_tokens"] == 500
        assert not {"max_tokens", "temperature"} & set(server.chats[-1].body)


async def test_the_key_from_the_settings_is_sent() -> None:
    with ModelServer(api_key="secret") as server:
        assert await ask(OpenAIChat(server.openai_url, "secret", PATIENT), question("gpt-4o-mini"))
        with pytest.raises(ModelError, match="refused the key"):
            await ask(OpenAIChat(server.openai_url, "wrong", PATIENT), question("gpt-4o-mini"))


async def test_a_usage_chunk_without_a_list_of_choices_is_understood() -> None:
    events = [
        b'{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}',
        b'{"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":null,'
        b'"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}',
        b"[DONE]",
    ]
    body = b"".join(b"data: " + event + b"\n\n" for event in events)
    with ModelServer() as server:
        server.enqueue(Raw(body, content_type="text/event-stream"))
        deltas = await ask(OpenAIChat(server.openai_url, "", PATIENT), question("gpt-4o-mini"))
    assert deltas == [Delta("Hi"), Delta("", Usage(3, 1))]
