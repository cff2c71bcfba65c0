"""From question to answer: with a model, without one, and with one that fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.events import Failed, Retrieved, Routed, Token
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import BackendUnavailable, ModelMissing, RateLimited, SettingError, StoreError, StreamCut
from dt6_lsp.index.model import IndexState
from dt6_lsp.models import failures
from dt6_lsp.models.base import Usage
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import ChatSettings, Settings
from tests.unit.assistant_fixtures import (
    WHY,
    FakeChat,
    FakeHub,
    FakeReader,
    Script,
    ask,
    at_once,
    done,
    nobody,
    services,
    somebody,
)

if TYPE_CHECKING:
    from dt6_lsp.errors import ModelError

FILES = {
    "app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n',
    "app/net.py": 'def fetch(url):\n    """Gets a page."""\n    return url\n',
}
SERVER = failures.ollama_at("http://x")
QUESTION = "How does read_all read a file?"


@pytest.fixture(name="reader")
def _reader() -> FakeReader:
    return FakeReader(dict(FILES))


@pytest.fixture(name="chat")
def _chat() -> FakeChat:
    return FakeChat()


async def test_a_model_answers_from_what_was_found(reader: FakeReader, chat: FakeChat) -> None:
    chat.enqueue(Script(("It opens it ", "(`app/io.py:1-3`), ", "see `made/up.py:1-2`."), usage=Usage(500, 20)))
    events = await ask(QUESTION, reader, somebody(chat))
    assert [type(event) for event in events[:3]] == [Routed, Retrieved, Token]
    assert "".join(event.text for event in events if isinstance(event, Token)).endswith("see `made/up.py:1-2`.")
    end = done(events)
    assert end.answer == "It opens it (`app/io.py:1-3`), see."
    assert [str(citation) for citation in end.citations] == ["app/io.py:1-3"]
    assert (end.removed_citations, end.backend, end.model, end.cached) == (1, "fake", "fake-1", False)
    assert (end.usage, end.index, end.notice) == (Usage(500, 20), IndexState(2, 2, 0), "")
    (request,) = chat.history
    assert request.context_tokens >= 1024 + events[1].prompt_tokens if isinstance(events[1], Retrieved) else False
    assert "def read_all(path):" in request.messages[1].content
    assert chat.closed_streams == 1


async def test_without_a_model_the_index_answers_and_says_why(reader: FakeReader) -> None:
    events = await ask(QUESTION, reader, nobody())
    end = done(events)
    assert "Reads a file whole." in end.answer
    assert end.answer == "".join(event.text for event in events if isinstance(event, Token))
    assert (end.backend, end.model, end.notice) == ("none", "", WHY)
    assert end.citations


@pytest.mark.parametrize(
    "error",
    [
        BackendUnavailable("Nothing listens at X.", "Start it."),
        ModelMissing("X has no model Y.", "Get it."),
        RateLimited("X is busy.", "Wait a minute.", 60.0),
    ],
)
async def test_a_model_that_fails_before_its_first_token_is_replaced_by_the_digest(
    reader: FakeReader, chat: FakeChat, error: ModelError
) -> None:
    chat.enqueue(Script(error=error))
    hub = somebody(chat)
    end = done(await ask(QUESTION, reader, hub))
    assert "Reads a file whole." in end.answer
    assert (end.backend, end.notice) == ("none", str(error))
    assert (hub.forgotten, chat.closed_streams) == (1, 1)


async def test_a_hub_that_fails_is_no_failure_of_the_answer(reader: FakeReader) -> None:
    end = done(await ask(QUESTION, reader, FakeHub(BackendUnavailable("The server hung up."))))
    assert (end.backend, end.notice) == ("none", "The server hung up.")


async def test_an_empty_answer_is_replaced_by_the_digest(reader: FakeReader, chat: FakeChat) -> None:
    chat.enqueue(Script((" ", "\n")))
    end = done(await ask(QUESTION, reader, somebody(chat)))
    assert (end.backend, end.notice) == ("none", "The model fake-1 gave an empty answer.")


async def test_what_came_before_a_cut_is_kept_and_checked(reader: FakeReader, chat: FakeChat) -> None:
    chat.enqueue(Script(("It opens it (`app/io.py:1-3`, `x.py:1-2`)", " and th"), StreamCut("The connection ended.")))
    end = done(await ask(QUESTION, reader, somebody(chat)))
    assert end.answer == "It opens it (`app/io.py:1-3`) and th"
    assert end.removed_citations == 1
    assert (end.backend, end.notice) == ("fake", "The answer broke off: The connection ended.")
    assert end.usage.completion_tokens > 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (failures.cut(SERVER), "Ollama at http://x closed the connection in the middle of its answer."),
        (
            failures.stalled(SERVER, 30),
            "Ollama at http://x stopped in the middle of its answer: nothing came for 30 s.",
        ),
        (failures.broke(SERVER, "out of memory"), "Ollama at http://x gave up in the middle of its answer:"),
    ],
)
async def test_however_an_answer_breaks_off_it_is_kept_and_said_in_a_sentence(
    error: ModelError, said: str, reader: FakeReader, chat: FakeChat
) -> None:
    chat.enqueue(Script(("It opens",), error))
    end = done(await ask(QUESTION, reader, somebody(chat)))
    assert (end.answer, end.backend) == ("It opens", "fake")
    assert end.notice.startswith(f"The answer broke off: {said}")
    assert end.broken
    assert error.mend not in end.notice


async def test_stopping_closes_the_stream_and_is_no_failure(reader: FakeReader, chat: FakeChat) -> None:
    chat.enqueue(Script(("It op",), hangs=True))
    cancel = CancelToken()
    seen: list[str] = []

    async def follow() -> None:
        from dt6_lsp.assistant.pipeline import answer

        events = answer(QUESTION, reader, services(somebody(chat)), cancel, run=at_once)
        async for event in events:
            if isinstance(event, Token):
                seen.append(event.text)
                asyncio.get_running_loop().call_soon(cancel.cancel)

    with pytest.raises(Cancelled):
        await follow()
    assert (seen, chat.closed_streams) == (["It op"], 1)


async def test_leaving_the_answer_closes_the_stream(reader: FakeReader, chat: FakeChat) -> None:
    from dt6_lsp.assistant.pipeline import answer

    chat.enqueue(Script(("It op",), hangs=True))
    events = answer(QUESTION, reader, services(somebody(chat)), CancelToken(), run=at_once)
    async for event in events:
        if isinstance(event, Token):
            break
    await events.aclose()
    assert chat.closed_streams == 1


@pytest.mark.parametrize("question", ["", "  \n "])
async def test_an_empty_question_is_misuse(reader: FakeReader, question: str) -> None:
    with pytest.raises(SettingError, match="empty"):
        await ask(question, reader, nobody())


async def test_an_index_that_can_not_be_read_is_told_as_a_failure(reader: FakeReader) -> None:
    def broken() -> None:
        raise StoreError("The ledger can't be read.", "Run `dt6-lsp index --rebuild`.")

    reader.before_search = broken
    events = await ask(QUESTION, reader, nobody())
    assert events[-1] == Failed("The ledger can't be read.", "Run `dt6-lsp index --rebuild`.")


async def test_an_answer_from_half_an_index_says_so() -> None:
    end = done(await ask(QUESTION, FakeReader(dict(FILES), total=9), nobody()))
    assert end.index == IndexState(9, 2, 0)
    assert end.notice.endswith("The index is still being built: 2 of 9 files were seen.")


async def test_an_empty_index_is_said_too(chat: FakeChat) -> None:
    chat.enqueue(Script(("I can't tell.",)))
    end = done(await ask(QUESTION, FakeReader({}), somebody(chat)))
    assert (end.answer, end.notice) == ("I can't tell.", "Nothing is indexed yet.")
    assert "The index holds nothing that fits" in chat.history[0].messages[1].content


async def test_selection_and_named_files_are_always_in_without_their_secrets(
    reader: FakeReader, chat: FakeChat
) -> None:
    chat.enqueue(Script(("Ok.",)))
    key = "AKIA" + "IOSFODNN7EXAMPLQ"
    context = AskContext(
        selection=f"key = '{key}'\nrun()", path="app/new.py", start_line=7, named_files=("app/net.py", "gone.py")
    )
    end = done(await ask("What is this?", reader, somebody(chat), context=context))
    prompt = chat.history[0].messages[1].content
    assert '<excerpt source="app/new.py:7-8" note="selected by the user">' in prompt
    assert "run()" in prompt
    assert key not in prompt
    assert '<excerpt source="app/net.py:1-3" note="named by the user">' in prompt
    assert end.notice == "gone.py is not in the index, so it was not read."


@pytest.mark.parametrize("path", [".env", "deploy/.env.production", ".ssh/config", "keys/server.pem"])
async def test_nothing_is_taken_from_a_file_that_is_secret_by_its_name(
    path: str, reader: FakeReader, chat: FakeChat
) -> None:
    chat.enqueue(Script(("Ok.",)))
    context = AskContext(selection="PIN=1234", path=path, start_line=1)
    end = done(await ask("What is this?", reader, somebody(chat), context=context))
    assert "1234" not in chat.history[0].messages[1].content
    assert end.notice == f"The selection in {path} was left out, because such files hold secrets."


async def test_a_file_that_the_question_names_is_read(reader: FakeReader, chat: FakeChat) -> None:
    chat.enqueue(Script(("Ok.",)))
    await ask("explain net.py", reader, somebody(chat))
    assert '<excerpt source="app/net.py:1-3" note="named by the user">' in chat.history[0].messages[1].content


async def test_the_prompt_fits_into_what_the_model_can_hold(chat: FakeChat) -> None:
    files = {f"part{number}.py": f"def read_{number}(file):\n" + "    read(file)\n" * 40 for number in range(30)}
    chat.enqueue(Script(("Ok.",)))
    settings = Settings(chat=ChatSettings(context_tokens=16_384, max_answer_tokens=512))
    events = await ask("how is the file read here?", FakeReader(files), somebody(chat, 2_048), settings=settings)
    retrieved = events[1]
    assert isinstance(retrieved, Retrieved)
    assert retrieved.dropped > 0
    assert [each.part for each in retrieved.left_out] == ["chunks"]
    assert done(events).left_out == retrieved.left_out, "who only waits for the end learns it, too"
    assert retrieved.prompt_tokens + 512 <= 2_048
    assert chat.history[0].context_tokens <= 2_048


async def test_a_model_too_small_for_anything_is_replaced_by_the_digest(reader: FakeReader, chat: FakeChat) -> None:
    end = done(await ask(QUESTION, reader, somebody(chat, 300)))
    assert end.backend == "none"
    assert "too small" in end.notice
    assert chat.history == []


async def test_what_the_server_counted_is_learned_from(reader: FakeReader, chat: FakeChat) -> None:
    counter = TokenCounter()
    before = counter.count("word " * 100, "fake-1")
    chat.enqueue(Script(("Ok.",), usage=Usage(1_000, 1)))
    await ask(QUESTION, reader, somebody(chat), counter=counter)
    assert counter.count("word " * 100, "fake-1") > before


async def test_questions_about_the_whole_look_at_many_files() -> None:
    files = {f"part{number}.py": "# codebase organised\n\n\ndef a(): ...\n\n\n# codebase\n" for number in range(25)}
    events = await ask("how is this codebase organised?", FakeReader(files), nobody())
    retrieved = events[1]
    assert isinstance(retrieved, Retrieved)
    paths = [hit.path for hit in retrieved.hits]
    assert len(paths) == len(set(paths)) == 20
