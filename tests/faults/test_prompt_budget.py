"""No prompt is longer than the model's window, as the server counts it, and none is without what the user gave."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.context import Parts, Passage, budget, pack
from dt6_lsp.assistant.events import Retrieved
from dt6_lsp.assistant.services import Services
from dt6_lsp.assistant.turns import History, Turn
from dt6_lsp.engine import Engine
from dt6_lsp.index.model import Hit
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import ChatSettings, OllamaSettings, Settings
from tests.servers.http_server import Received
from tests.servers.model_server import Installed, ModelServer
from tests.servers.ollama_protocol import OllamaProtocol
from tests.unit.assistant_fixtures import FakeReader, done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.models.base import Message

CODE = Path(__file__).read_text("utf-8")
PROSE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
TEXTS = (
    CODE,
    PROSE,
    "索引保存在分类账中，每个文件的分块都有向量。\n" * 200,
    "Индекс хранит векторы каждого фрагмента и ссылается на строки файла.\n" * 100,
    '{"a":[{"b":1,"c":null},[]],"d":{}}\n' * 300,
    "=>{}[]();,.!?#%&*|~^\n" * 300,
    "0x7f3a91c4 4096 65535 17 3.14159\n" * 200,
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n" * 200,
    "😀 🎉 ✅ → ≤ ∑ é ß ø\n" * 200,
    "a b c d e f g h i j k l m\n" * 300,
    "        \n\t\t\n" * 300,
)
MODEL = "llama3.2:latest"


def piece(of: tuple[str, float, int]) -> str:
    text, start, size = of
    begin = int(start * len(text))
    return text[begin : begin + size]


pieces = st.tuples(st.sampled_from(TEXTS), st.floats(0, 0.9), st.integers(1, 4_000)).map(piece)
texts = st.lists(pieces, min_size=1, max_size=3).map("\n".join)


def a_hit(path: str, start: int, text: str) -> Hit:
    return Hit(path, start, start + text.count("\n"), "", "function", 1.0, text)


everything = st.builds(
    Parts,
    texts,
    st.sampled_from(["code", "arch"]),
    st.lists(st.builds(lambda text: Passage("g.py", 1, 1 + text.count("\n"), text, "given"), texts), max_size=2),
    st.lists(st.builds(a_hit, st.sampled_from(["a.py", "b.md"]), st.integers(1, 500), texts), max_size=6),
    texts,
    st.builds(History, st.lists(st.builds(Turn, pieces, texts), max_size=3).map(tuple), st.just(()), pieces),
)


def taught(prompts: Sequence[Sequence[str]]) -> TokenCounter:
    counter = TokenCounter()
    for messages in prompts:
        body = [{"role": "user", "content": text} for text in messages]
        counter.calibrate(messages, as_the_server_reads(body, 1_000_000).prompt_tokens, MODEL)
    return counter


def as_the_server_reads(messages: Sequence[dict[str, str]], window: int) -> Received:
    received = Received("POST", "/api/chat", {}, {"messages": messages, "options": {"num_ctx": window}}, 1)
    OllamaProtocol(()).read_prompt(Installed(MODEL, context_length=window), received)
    return received


def sent(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


@settings(max_examples=200, deadline=None)
@given(everything, st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4), st.integers(1_400, 16_384))
def test_whatever_was_learned_before_the_server_never_counts_more_than_the_room(
    parts: Parts, lessons: list[list[str]], window: int
) -> None:
    room = budget(window, 512)
    packed = pack(parts, partial(taught(lessons).count, model=MODEL), room)
    read = as_the_server_reads(sent(packed.messages), window)
    assert read.prompt_tokens <= room
    assert not read.truncated


FILES = {f"part{number}.txt": text for number, text in enumerate(TEXTS)}
QUESTIONS = ("where is the vector kept?", "索引 分类账", "why {} [] fails", "what is 4096 and 65535?", "a b c d")


@pytest.mark.parametrize("length", [1_400, 2_048, 8_192, 131_072])
async def test_over_the_wire_no_prompt_is_cut_and_what_the_user_gave_is_in_it(length: int) -> None:
    """Ollama cuts in silence what is longer than `num_ctx`: the commonest complaint about tools like this one."""
    with ModelServer([Installed(MODEL, context_length=length)]) as server:
        chosen = Settings(chat=ChatSettings(max_answer_tokens=256), ollama=OllamaSettings(url=server.url))
        made = Engine(Services(chosen, ModelHub(chosen), TokenCounter()), [], FakeReader(dict(FILES)))
        for number in range(15):
            question = QUESTIONS[number % len(QUESTIONS)]
            context = AskContext(f"selected = {number}", "now.py", 7, 7, ("part3.txt",))
            events = [event async for event in made.ask(question, context=context)]
            got, end = server.chats[-1], done(events)
            assert end.backend == "ollama", end.notice
            assert not got.truncated
            assert got.prompt_tokens + got.body["options"]["num_predict"] <= got.num_ctx <= min(length, 16_384)
            assert f"selected = {number}\n</excerpt>\n\nQuestion: {question}" in got.prompt
            assert 'source="part3.txt:1-' in got.prompt
            if number >= 10:
                (retrieved,) = [event for event in events if isinstance(event, Retrieved)]
                assert retrieved.prompt_tokens == pytest.approx(got.prompt_tokens, rel=0.05)
        await made.close()
