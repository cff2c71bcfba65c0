"""Kept answers from end to end: over a real index, with a model server that counts what it is asked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dt6_lsp.app import build_engine
from dt6_lsp.settings import CacheSettings, ChatSettings, OllamaSettings, Settings
from tests.servers.model_server import ModelServer
from tests.unit.assistant_fixtures import done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from dt6_lsp.engine import Done, Engine

QUESTION, PARAPHRASE, OTHER = "What does read_all return?", "what is returned by read_all", "What does fetch return?"
READ = 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'
FETCH = 'def fetch(url):\n    """Gets a page."""\n    return url\n'


@asynccontextmanager
async def opened(folder: Path, server: ModelServer, *, enabled: bool = True) -> AsyncIterator[Engine]:
    """Another process, as far as the kept answers know: the same files, and nothing else in common."""
    root = folder / "work"
    root.mkdir(exist_ok=True)
    for name, text in (("io.py", READ), ("net.py", FETCH)):
        if not (root / name).exists():
            (root / name).write_text(text, encoding="utf-8")
    settings = Settings(
        chat=ChatSettings(backend="ollama"),
        ollama=OllamaSettings(url=server.url),
        cache=CacheSettings(enabled=enabled),
    )
    engine = build_engine(settings, [root], folder / "data")
    try:
        yield engine
    finally:
        await engine.close()


async def ask(engine: Engine, question: str) -> Done:
    async for _ in engine.index():
        pass
    return done([event async for event in engine.ask(question)])


async def test_a_paraphrase_makes_no_request_and_another_symbol_does(tmp_path: Path) -> None:
    with ModelServer(answer=lambda _: "The text (io.py:1-3).") as server:
        async with opened(tmp_path, server) as engine:
            first = await ask(engine, QUESTION)
            requests = len(server.chats)
            second = await ask(engine, PARAPHRASE)
            assert (second.answer, second.citations, second.cached) == (first.answer, first.citations, True)
            assert len(server.chats) == requests
            assert not (await ask(engine, OTHER)).cached
        async with opened(tmp_path, server) as engine:
            assert (await ask(engine, PARAPHRASE)).cached


async def test_a_file_that_was_edited_or_renamed_takes_its_answers_with_it(tmp_path: Path) -> None:
    with ModelServer(answer=lambda _: "The text (io.py:1-3).") as server:
        async with opened(tmp_path, server) as engine:
            await ask(engine, QUESTION)
            path = tmp_path / "work" / "io.py"
            path.write_text(READ.replace("whole", "in parts, one by one"), encoding="utf-8")
            assert not (await ask(engine, QUESTION)).cached
            assert (await ask(engine, QUESTION)).cached
            path.rename(path.with_name("reading.py"))
            assert not (await ask(engine, QUESTION)).cached


async def test_cleared_or_switched_off_nothing_is_served(tmp_path: Path) -> None:
    with ModelServer() as server:
        async with opened(tmp_path, server) as engine:
            await ask(engine, QUESTION)
            assert [entry.question for entry in await engine.kept_answers()] == [QUESTION]
            assert (await engine.clear_cache()).entries == 1
            assert not (await ask(engine, QUESTION)).cached
        async with opened(tmp_path, server, enabled=False) as engine:
            assert not (await ask(engine, QUESTION)).cached


async def test_what_was_kept_before_the_cache_was_switched_off_is_forgotten_too(tmp_path: Path) -> None:
    with ModelServer() as server:
        async with opened(tmp_path, server) as engine:
            conversation = (await ask(engine, QUESTION)).conversation
            await ask(engine, OTHER)
        async with opened(tmp_path, server, enabled=False) as engine:
            await engine.forget(conversation)
        async with opened(tmp_path, server) as engine:
            assert [entry.question for entry in await engine.kept_answers()] == [OTHER]
        async with opened(tmp_path, server, enabled=False) as engine:
            assert await engine.kept_answers() == []
            await engine.forget()
        async with opened(tmp_path, server) as engine:
            assert await engine.kept_answers() == []
