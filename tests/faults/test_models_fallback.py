"""Who answers when a model can't: the same server again, the next in the user's order, or nobody; and what is said."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dt6_lsp.assistant.services import Services
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.engine import Engine, Token
from dt6_lsp.errors import BackendUnavailable, ModelError, ModelMissing, SettingError, StreamCut
from dt6_lsp.models.base import ChatRequest, Delta, Message
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import (
    BackendSettings,
    ChatSettings,
    IntentSettings,
    OllamaSettings,
    OpenAISettings,
    Settings,
)
from tests.servers.model_server import (
    EMPTY,
    GARBAGE,
    Cut,
    Installed,
    ModelServer,
    Raw,
    Refusal,
    Reply,
    Scripted,
    Stall,
)
from tests.unit.assistant_fixtures import FakeReader, done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from dt6_lsp.engine import Done, Event

FILES = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'}
QUESTION = "How does read_all read a file?"

SMALL = Installed("small:latest")
LARGE = Installed("large:latest", context_length=32_768)


class Clock:
    """Time that passes when it is told to, and while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def ollama() -> Iterator[ModelServer]:
    with ModelServer([SMALL, LARGE], answer=lambda _: "Ollama's answer.") as server:
        yield server


@pytest.fixture
def gpu() -> Iterator[ModelServer]:
    with ModelServer(openai_models=[Installed("big")], answer=lambda _: "The GPU's answer.") as server:
        yield server


def settings_for(ollama: ModelServer, gpu: ModelServer, **chat: Any) -> Settings:
    wanted: dict[str, Any] = {
        "backend": "ollama",
        "model": "small",
        "connect_seconds": 2.0,
        "first_token_seconds": 5.0,
    } | chat
    return Settings(
        chat=ChatSettings(**wanted),
        ollama=OllamaSettings(ollama.url),
        openai=OpenAISettings("http://127.0.0.1:1/v1"),
        backends=(BackendSettings("gpu", "openai", gpu.openai_url, "k", "big"),),
    )


@asynccontextmanager
async def asking(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Engine]:
    clock = clock or Clock()
    hub = ModelHub(settings, clock, clock.pause)
    engine = Engine(Services(settings, hub, TokenCounter()), [], FakeReader(dict(FILES)))
    try:
        yield engine
    finally:
        await engine.close()


async def ask(engine: Engine, question: str = QUESTION) -> Done:
    return done([event async for event in engine.ask(question)])


# --- the same server again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "waits"),
    [
        ([Refusal(500)], [0.5]),
        ([Refusal(503), Refusal(503)], [0.5, 1.0]),
        ([Cut(-1)], [0.5]),
        ([Refusal(429, retry_after="7")], [7.0]),
    ],
    ids=repr,
)
async def test_a_faltering_server_is_asked_again_before_the_first_word(
    ollama: ModelServer, gpu: ModelServer, faults: list[Scripted], waits: list[float]
) -> None:
    ollama.enqueue(*faults)
    clock = Clock()
    async with asking(settings_for(ollama, gpu), clock) as engine:
        answer = await ask(engine)
    assert (answer.answer, answer.notice) == ("Ollama's answer.", "")
    assert clock.waits == waits


@pytest.mark.parametrize(
    ("faults", "chats", "said"),
    [
        ([Refusal(500)] * 4, 3, "(500)"),
        ([Refusal(429, retry_after="3600")], 1, "too busy"),
        ([Refusal(401)], 1, "key"),
        ([Refusal(404)], 1, "`ollama pull small`"),
        ([GARBAGE], 1, "not its protocol"),
        ([EMPTY], 1, "empty answer"),
        ([Cut(2)], 1, "broke off"),
    ],
    ids=repr,
)
async def test_asking_again_has_an_end_and_needs_a_reason(
    ollama: ModelServer, gpu: ModelServer, faults: list[Scripted], chats: int, said: str
) -> None:
    ollama.enqueue(*faults)
    async with asking(settings_for(ollama, gpu)) as engine:
        assert said in (await ask(engine)).notice
    assert len(ollama.chats) == chats
    assert gpu.history == [], "nobody stands in whom the user did not name"


async def test_the_wait_before_another_try_ends_when_the_user_stops(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Refusal(503))
    cancel, waiting = CancelToken(), asyncio.Event()

    async def forever(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    hub = ModelHub(settings_for(ollama, gpu), Clock(), forever)
    choice = await hub.choose()
    assert choice.backend is not None
    stream = choice.backend.stream(request(choice.model), cancel)
    reading = asyncio.ensure_future(anext(stream))
    await waiting.wait()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await reading
    await hub.close()


# --- the next in the user's order -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Refusal(500), Refusal(404), Refusal(401), GARBAGE, EMPTY, Raw(b"{}\n")], ids=repr)
async def test_the_next_one_answers_and_the_notice_says_who_and_why(
    ollama: ModelServer, gpu: ModelServer, fault: Scripted
) -> None:
    ollama.enqueue(*[fault] * 4)
    async with asking(settings_for(ollama, gpu, fallback=("gpu",))) as engine:
        events = [event async for event in engine.ask(QUESTION)]
    answer = done(events)
    assert (answer.answer, answer.backend, answer.model) == ("The GPU's answer.", "gpu", "big")
    assert answer.notice.endswith("big (gpu) stands in, as chat.fallback says.")
    assert len(answer.notice) > 60
    assert "".join(event.text for event in events if isinstance(event, Token)) == "The GPU's answer."


async def test_a_server_that_is_away_is_passed_over_before_anything_is_sent(
    ollama: ModelServer, gpu: ModelServer
) -> None:
    settings = settings_for(ollama, gpu, fallback=("large", "gpu"))
    ollama.stop()
    async with asking(settings) as engine:
        answer = await ask(engine)
        assert answer.backend == "gpu"
        assert "can't be reached" in answer.notice


async def test_another_model_of_the_same_server_may_stand_in(ollama: ModelServer, gpu: ModelServer) -> None:
    async with asking(settings_for(ollama, gpu, model="absent", fallback=("large", "gpu"))) as engine:
        answer = await ask(engine)
    assert (answer.model, answer.backend) == ("large", "ollama")
    assert "`ollama pull absent`" in answer.notice
    assert gpu.chats == []


async def test_after_the_first_word_nobody_stands_in(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Cut(2))
    async with asking(settings_for(ollama, gpu, fallback=("gpu",))) as engine:
        answer = await ask(engine)
    assert (answer.backend, answer.broken) == ("ollama", True)
    assert gpu.chats == []


async def test_when_nobody_answers_every_reason_is_said_and_the_digest_is_written(
    ollama: ModelServer, gpu: ModelServer
) -> None:
    ollama.enqueue(*[Refusal(500)] * 4)
    gpu.enqueue(Refusal(401))
    async with asking(settings_for(ollama, gpu, fallback=("gpu",))) as engine:
        answer = await ask(engine)
    assert (answer.backend, "Reads a file whole." in answer.answer) == ("none", True)
    assert "(500)" in answer.notice
    assert "backends.gpu.api_key" in answer.notice
    assert "\n" not in answer.notice


async def test_the_key_of_a_backend_goes_to_its_server_only(ollama: ModelServer, gpu: ModelServer) -> None:
    async with asking(settings_for(ollama, gpu, backend="gpu", model="")) as engine:
        assert (await ask(engine)).backend == "gpu"
    assert gpu.chats[-1].headers["authorization"] == "Bearer k"
    async with asking(settings_for(ollama, gpu)) as engine:
        await ask(engine)
    assert "authorization" not in ollama.chats[-1].headers


# --- models by intent -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "answers"),
    [
        ("large", "large (ollama)"),
        ("big@gpu", "big (gpu)"),
        ("@gpu", "big (gpu)"),
        ("gpu", "big (gpu)"),
        ("", "small (ollama)"),
    ],
)
async def test_an_intent_has_its_model(ollama: ModelServer, gpu: ModelServer, wanted: str, answers: str) -> None:
    settings = replace(settings_for(ollama, gpu), intents=IntentSettings(arch=wanted))
    async with asking(settings) as engine:
        asked = await ask(engine, "Describe the architecture: which modules are there, and how do they depend?")
        assert (asked.intent, f"{asked.model} ({asked.backend})") == ("arch", answers)
        assert (await ask(engine)).model == "small"


@pytest.mark.parametrize("backend", ["ollama", "gpu"])
async def test_a_backend_that_there_is_not_is_named_where_it_was_taken_for_a_model(
    ollama: ModelServer, gpu: ModelServer, backend: str
) -> None:
    """Ollama says beforehand that it has no such model, other servers only when they are asked."""
    settings = settings_for(ollama, gpu, backend=backend, model="", fallback=("small@ollma",))
    settings = replace(settings, intents=IntentSettings(code="x@gqu"))
    async with asking(settings) as engine:
        answer = await ask(engine)
        assert answer.backend == "none"
        for model, name in (("x@gqu", "gqu"), ("small@ollma", "ollma")):
            assert f"has no model '{model}', and the settings have no backend '{name}'." in answer.notice
            assert f"Add the backend as a table [backends.{name}]" in answer.notice


async def test_a_backend_that_there_is_not_is_named_also_where_nobody_is_reached(
    ollama: ModelServer, gpu: ModelServer
) -> None:
    ollama.stop()
    settings = replace(settings_for(ollama, gpu), intents=IntentSettings(code="x@gqu"))
    async with asking(settings) as engine:
        answer = await ask(engine)
        assert "The settings have no backend 'gqu', so 'x@gqu' is taken for a model of Ollama" in answer.notice
        assert "can't be reached" in answer.notice


async def test_a_model_may_have_an_at_in_its_name(gpu: ModelServer) -> None:
    with ModelServer([SMALL, Installed("qwen@q4:latest")], answer=lambda _: "Here.") as ollama:
        settings = replace(settings_for(ollama, gpu), intents=IntentSettings(code="qwen@q4"))
        async with asking(settings) as engine:
            answer = await ask(engine)
    assert (answer.answer, answer.model, answer.notice) == ("Here.", "qwen@q4", "")


async def test_a_model_for_an_intent_is_no_order_of_fallback(ollama: ModelServer, gpu: ModelServer) -> None:
    settings = replace(settings_for(ollama, gpu), intents=IntentSettings(code="absent"))
    hub = ModelHub(settings)
    choice = await hub.choose("code")
    assert isinstance(choice.error, ModelMissing)
    assert choice.backend is None
    assert (await hub.choose("docs")).model == "small"
    await hub.close()


# --- the breaker ----------------------------------------------------------------------------------------------------


async def collect(deltas: AsyncIterator[Delta], came: list[Delta]) -> None:
    async for delta in deltas:
        came.append(delta)


def request(model: str, tokens: int = 100) -> ChatRequest:
    return ChatRequest(model, (Message("user", "Hello?"),), 2000, tokens)


async def test_a_server_that_keeps_failing_is_left_alone_then_tried_once(ollama: ModelServer, gpu: ModelServer) -> None:
    clock = Clock()
    async with asking(settings_for(ollama, gpu, retries=0), clock) as engine:
        ollama.enqueue(*[Refusal(500)] * 3)
        for _ in range(3):
            assert "(500)" in (await ask(engine)).notice
        for _ in range(20):
            assert "left alone for 10 s" in (await ask(engine)).notice
        assert len(ollama.chats) == 3
        clock.now += 10.1
        ollama.enqueue(Refusal(500))
        assert "(500)" in (await ask(engine)).notice
        assert "left alone" in (await ask(engine)).notice
        assert len(ollama.chats) == 4
        clock.now += 10.1
        assert (await ask(engine)).answer == "Ollama's answer."
        assert (await ask(engine)).notice == ""


async def test_half_open_lets_one_question_through(ollama: ModelServer, gpu: ModelServer) -> None:
    clock = Clock()
    hub = ModelHub(settings_for(ollama, gpu, retries=0), clock)
    choice = await hub.choose()
    backend = choice.backend
    assert backend is not None
    ollama.enqueue(*[Refusal(500)] * 3, Stall(1))
    for _ in range(3):
        with pytest.raises(ModelError, match="500"):
            await anext(backend.stream(request("small"), CancelToken()))
    clock.now += 11
    probe = backend.stream(request("small"), CancelToken())
    await anext(probe)
    with pytest.raises(BackendUnavailable, match="left alone"):
        await anext(backend.stream(request("small"), CancelToken()))
    await probe.aclose()  # the user stopped it: nothing is known, so another may try
    assert (await anext(backend.stream(request("small"), CancelToken()))).text
    await hub.close()


@pytest.mark.parametrize("fault", [Refusal(401), Refusal(404), Refusal(400, "maximum context length is 8")], ids=repr)
async def test_what_is_not_the_servers_fault_breaks_nothing(
    ollama: ModelServer, gpu: ModelServer, fault: Scripted
) -> None:
    ollama.enqueue(*[fault] * 5)
    async with asking(settings_for(ollama, gpu)) as engine:
        for _ in range(5):
            await ask(engine)
        assert (await ask(engine)).answer == "Ollama's answer."


async def test_the_breaker_of_one_backend_is_not_that_of_another(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(*[Refusal(500)] * 3)
    async with asking(settings_for(ollama, gpu, retries=0, fallback=("gpu",))) as engine:
        answers = [await ask(engine) for _ in range(6)]
    assert {answer.backend for answer in answers} == {"gpu"}
    assert "left alone" in answers[-1].notice
    assert len(ollama.chats) == 3


# --- an answer without end ------------------------------------------------------------------------------------------


async def test_an_answer_that_does_not_end_is_ended(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Reply("word " * 5_000, ignores_limit=True))
    hub = ModelHub(settings_for(ollama, gpu))
    choice = await hub.choose()
    assert choice.backend is not None
    came: list[Delta] = []
    with pytest.raises(StreamCut, match="did not stop"):
        await collect(choice.backend.stream(request("small", 10), CancelToken()), came)
    assert 320 < len("".join(delta.text for delta in came)) < 340
    assert await asyncio.to_thread(ollama.chats[-1].wait_ended)
    assert ollama.chats[-1].closed_early
    await hub.close()


async def test_an_answer_that_takes_too_long_is_ended(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Stall(2))
    async with asking(settings_for(ollama, gpu, answer_seconds=0.2)) as engine:
        answer = await ask(engine)
    assert answer.broken
    assert "raise chat.answer_seconds" not in answer.notice, "what broke off says its cause"
    assert "not done after 0.2 s" in answer.notice


# --- switching ------------------------------------------------------------------------------------------------------


async def test_a_switch_holds_for_every_intent_until_it_is_taken_back(ollama: ModelServer, gpu: ModelServer) -> None:
    hub = ModelHub(replace(settings_for(ollama, gpu), intents=IntentSettings(arch="large")))
    assert (await hub.switch("gpu")).model == "big"
    assert (await hub.choose("arch")).model == "big"
    assert (await hub.switch(model="large@ollama")).model == "large"
    assert (await hub.switch(model="small")).model == "small"
    await hub.switch()
    assert (await hub.choose("arch")).model == "large"
    assert (await hub.switch("none")).backend is None
    await hub.close()


@pytest.mark.parametrize(
    ("backend", "model", "error", "said"),
    [
        ("ollama", "absent", ModelMissing, "`ollama pull absent`"),
        ("openai", "", BackendUnavailable, "can't be reached"),
        ("azure", "", SettingError, "no backend 'azure'"),
    ],
)
async def test_what_can_not_answer_is_not_switched_to(
    ollama: ModelServer, gpu: ModelServer, backend: str, model: str, error: type[Exception], said: str
) -> None:
    hub = ModelHub(settings_for(ollama, gpu))
    with pytest.raises(error, match=said):
        await hub.switch(backend, model)
    assert (await hub.choose()).model == "small"
    await hub.close()


async def test_other_settings_break_no_answer_in_flight(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Reply("one two three four", gap=0.05))
    settings = settings_for(ollama, gpu)
    others = replace(
        settings, ollama=OllamaSettings("http://127.0.0.1:1"), chat=replace(settings.chat, backend="gpu", model="")
    )
    hub = ModelHub(settings)
    choice = await hub.choose()
    assert choice.backend is not None
    came = []
    async for delta in choice.backend.stream(request("small"), CancelToken()):
        came.append(delta.text)
        if len(came) == 1:
            await hub.reconfigure(others)
            assert (await hub.choose()).model == "big"
    assert "".join(came) == "one two three four"
    assert "_client" not in choice.backend._server.__dict__, "closed with its last stream"  # type: ignore[attr-defined]
    await hub.close()


async def test_a_switch_breaks_no_answer_in_flight(ollama: ModelServer, gpu: ModelServer) -> None:
    ollama.enqueue(Reply("one two three four", gap=0.05))
    async with asking(settings_for(ollama, gpu)) as engine:
        events: list[Event] = []
        async for event in engine.ask(QUESTION):
            if isinstance(event, Token) and not any(isinstance(each, Token) for each in events):
                assert (await engine.switch_model("gpu")).model == "big"
            events.append(event)
        answer = done(events)
        assert (answer.answer, answer.backend, answer.broken) == ("one two three four", "ollama", False)
        assert (await ask(engine, "Where is read_all?")).backend == "gpu"
