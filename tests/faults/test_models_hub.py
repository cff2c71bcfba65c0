"""Which model answers: found when it is there, explained when it is not, and asked for only now and then."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import BackendUnavailable, ConsentRequired, ModelMissing, SettingError
from dt6_lsp.models.base import ChatRequest, Message, ModelInfo
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.settings import ChatSettings, OllamaSettings, OpenAISettings, PrivacySettings, Settings, WorkspaceSettings
from tests.servers.model_server import GARBAGE, LOGIN_PAGE, Installed, ModelServer, Refusal, Stall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

EMBEDDING = Installed("nomic-embed-text:latest", ("embedding",))
SMALL = Installed("qwen2.5-coder:1.5b", context_length=4096)
LARGE = Installed("llama3.1:latest", context_length=131_072)
CLOUD = Installed("gpt-oss:120b-cloud", remote_host="https://ollama.com:443")

Wanted = Literal["auto", "ollama", "openai", "none"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer([EMBEDDING, SMALL, LARGE]) as running:
        yield running


def settings_for(
    server: ModelServer, backend: Wanted = "auto", model: str = "", allowed: tuple[str, ...] = ()
) -> Settings:
    return Settings(
        chat=ChatSettings(backend=backend, model=model, connect_seconds=2.0),
        ollama=OllamaSettings(server.url),
        openai=OpenAISettings(server.openai_url),
        privacy=PrivacySettings(allowed),
    )


@asynccontextmanager
async def hub_for(settings: Settings, clock: Clock | None = None) -> AsyncIterator[ModelHub]:
    hub = ModelHub(settings, clock or Clock())
    try:
        yield hub
    finally:
        await hub.close()


async def test_auto_takes_the_first_model_that_can_chat_with_the_window_that_it_has(server: ModelServer) -> None:
    async with hub_for(settings_for(server)) as hub:
        choice = await hub.choose()
        assert (choice.model, choice.context_tokens, choice.why) == ("qwen2.5-coder:1.5b", 4096, "")
        assert choice.backend is not None
        assert choice.backend.name == "ollama"
        request = ChatRequest(choice.model, (Message("user", "Hello?"),), choice.context_tokens, 100)
        assert "".join([delta.text async for delta in choice.backend.stream(request, CancelToken())])


@pytest.mark.parametrize("wanted", ["llama3.1", "llama3.1:latest"])
@pytest.mark.parametrize("backend", ["auto", "ollama"])
async def test_the_configured_model_is_preferred(server: ModelServer, backend: Wanted, wanted: str) -> None:
    async with hub_for(settings_for(server, backend, wanted)) as hub:
        choice = await hub.choose()
        assert choice.model.removesuffix(":latest") == "llama3.1"
        assert choice.context_tokens == 16_384


@pytest.mark.parametrize("backend", ["auto", "ollama"])
async def test_no_other_model_stands_in_for_the_one_that_was_named(server: ModelServer, backend: Wanted) -> None:
    async with hub_for(settings_for(server, backend, "mistral")) as hub:
        choice = await hub.choose()
        assert choice.backend is None
        assert isinstance(choice.error, ModelMissing) == (backend == "ollama")
        assert "`ollama pull mistral`" in choice.why


@pytest.mark.parametrize("models", [[], [EMBEDDING], [EMBEDDING, CLOUD]])
async def test_without_a_model_that_may_answer_the_choice_says_so(models: Sequence[Installed]) -> None:
    with ModelServer(models) as server:
        async with hub_for(settings_for(server)) as hub:
            choice = await hub.choose()
            assert choice.backend is None
            assert choice.error is None
            assert "no model that can answer" in choice.why
            assert "`ollama pull" in choice.why
        assert server.chats == []


async def test_auto_uses_ollamas_cloud_once_the_user_has_allowed_it() -> None:
    with ModelServer([CLOUD]) as server:
        async with hub_for(settings_for(server, allowed=("ollama.com",))) as hub:
            assert (await hub.choose()).model == CLOUD.name


@pytest.mark.parametrize(("backend", "is_error"), [("auto", False), ("ollama", True), ("openai", True)])
async def test_a_server_that_is_not_there(server: ModelServer, backend: Wanted, is_error: bool) -> None:
    settings = settings_for(server, backend)
    server.stop()
    async with hub_for(settings) as hub:
        choice = await hub.choose()
        assert choice.backend is None
        assert "can't be reached" in choice.why
        assert isinstance(choice.error, BackendUnavailable) == is_error


@pytest.mark.parametrize("fault", [GARBAGE, LOGIN_PAGE, Refusal(500), Refusal(503)], ids=repr)
@pytest.mark.parametrize("path", ["/api/tags", "/api/show"])
async def test_a_server_that_talks_nonsense_is_no_model_and_no_crash(
    server: ModelServer, path: str, fault: Refusal
) -> None:
    server.enqueue(fault, path=path)
    async with hub_for(settings_for(server)) as hub:
        choice = await hub.choose()
        assert choice.backend is None
        assert server.url in choice.why


async def test_a_server_that_hangs_does_not_hang_the_choice_when_it_is_given_up(server: ModelServer) -> None:
    server.enqueue(Stall(), path="/api/tags")
    async with hub_for(settings_for(server)) as hub:
        choosing = asyncio.ensure_future(hub.choose())
        assert await asyncio.to_thread(server.wait_for, "/api/tags")
        choosing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await choosing
        assert (await hub.choose()).backend is not None


async def test_none_asks_nobody(server: ModelServer) -> None:
    async with hub_for(settings_for(server, "none")) as hub:
        assert (await hub.choose()).backend is None
        assert server.history == []


@pytest.mark.parametrize("backend", ["auto", "ollama", "openai"])
async def test_a_host_that_is_not_allowed_is_not_contacted(server: ModelServer, backend: Wanted) -> None:
    away = replace(
        settings_for(server, backend, "m"),
        ollama=OllamaSettings("http://gpu.lan:11434"),
        openai=OpenAISettings("https://api.openai.com/v1"),
    )
    async with hub_for(away) as hub:
        choice = await hub.choose()
        assert choice.backend is None
        assert "privacy.allowed_hosts" in choice.why
        assert isinstance(choice.error, ConsentRequired) == (backend != "auto")
        assert all("privacy.allowed_hosts" in listed.problem for listed in await hub.models())


async def test_openai_takes_the_first_chat_model_of_the_list_or_the_named_one(server: ModelServer) -> None:
    async with hub_for(settings_for(server, "openai")) as hub:
        choice = await hub.choose()
        assert choice.model == "gpt-4o-mini"
        assert choice.context_tokens == 16_384
    server.enqueue(Refusal(404), path="/v1/models")
    async with hub_for(settings_for(server, "openai", "a-model")) as hub:
        assert (await hub.choose()).model == "a-model"


async def test_a_choice_is_remembered_for_a_while_an_absence_for_a_shorter_one(server: ModelServer) -> None:
    clock = Clock()
    async with hub_for(settings_for(server), clock) as hub:
        server.enqueue(Refusal(500), path="/api/tags")
        assert (await hub.choose()).backend is None
        clock.now += 9
        assert (await hub.choose()).backend is None
        assert len(server.requests("/api/tags")) == 1
        clock.now += 2
        first = await hub.choose()
        clock.now += 59
        assert await hub.choose() is first
        assert len(server.requests("/api/tags")) == 2
        hub.forget()
        assert await hub.choose() is not first


async def test_questions_at_the_same_time_ask_once(server: ModelServer) -> None:
    async with hub_for(settings_for(server)) as hub:
        choices = await asyncio.gather(*(hub.choose() for _ in range(5)))
        assert len(set(map(id, choices))) == 1
        assert len(server.requests("/api/tags")) == 1


async def test_the_models_of_every_server_are_listed_with_what_is_wrong(server: ModelServer) -> None:
    settings = replace(settings_for(server), openai=OpenAISettings("http://127.0.0.1:1/v1"))
    async with hub_for(settings) as hub:
        ollama, openai = await hub.models()
        assert ModelInfo("llama3.1:latest", 2_000_000_000, 131_072, ("completion",)) in ollama.models
        assert (ollama.backend, ollama.problem) == ("ollama", "")
        assert openai.models == ()
        assert "can't be reached" in openai.problem


async def test_about_a_workspace_that_is_not_trusted_nobody_is_asked(server: ModelServer) -> None:
    """Whatever the settings say, and whoever is switched to before or after."""
    settings = settings_for(server, "ollama")
    untrusted = replace(settings, workspace=WorkspaceSettings(trusted=False))
    async with hub_for(untrusted) as hub:
        assert (await hub.choose()).backend is None
        assert "not trusted" in (await hub.choose("arch")).why
        assert await hub.models() == []
        with pytest.raises(SettingError, match="not trusted"):
            await hub.switch("ollama")
        with pytest.raises(SettingError, match="not trusted"):
            await hub.switch("", "llama3.1")
    assert server.history == []
    async with hub_for(settings) as hub:
        await hub.switch("ollama", "llama3.1")
        assert (await hub.choose()).model.startswith("llama3.1")
        asked = len(server.history)
        await hub.reconfigure(untrusted)
        assert "not trusted" in (await hub.choose()).why
        assert len(server.history) == asked


async def test_why_nobody_would_write_is_known_without_asking_anybody(server: ModelServer) -> None:
    """For what is shown at once, such as an action that is disabled."""
    clock = Clock()
    async with hub_for(settings_for(server), clock) as hub:
        assert hub.absence() == "", "nothing is known yet, so somebody may"
        server.stop()
        assert server.history == []
        chosen = await hub.choose()
        assert hub.absence() == chosen.why
        assert "can't be reached" in chosen.why
        clock.now = 1_000.0
        assert hub.absence() == chosen.why, "the last that is known, until somebody looks again"
    async with hub_for(settings_for(server, "none")) as hub:
        assert hub.absence() == "No model was asked, because chat.backend is none."
