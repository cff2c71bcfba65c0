"""The engine: prompt to answer, prompt to stop, and one face for one root or several."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.cache import rows as cache_rows
from dt6_lsp.assistant.cache.answers import Answers
from dt6_lsp.assistant.memory import rows as memory_rows
from dt6_lsp.assistant.memory.memory import Memory
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.engine import AskContext, Engine, IndexProgress, Token
from dt6_lsp.errors import SettingError, WorkspaceError
from dt6_lsp.index.federation import Federation
from dt6_lsp.index.index import Index
from dt6_lsp.index.records import Records
from dt6_lsp.settings import Settings
from tests.index_fixtures import FakeEmbedder
from tests.unit.assistant_fixtures import WHY, FakeChat, FakeHub, FakeReader, Script, done, nobody, services, somebody
from tests.unit.workspace_fixture import parse, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE = 10.0
WORK = """
//- app/io.py
def read_all(path):
    \"\"\"Reads a file whole.\"\"\"
    return open(path).read()
//- README.md
# Reader

Reads files whole, without asking.
"""


@asynccontextmanager
async def engine_over(folder: Path, *fixtures: str, hub: FakeHub | None = None) -> AsyncIterator[Engine]:
    """A real engine over real indexes; only the embedder and the model are stand-ins."""
    roots = [write(parse(fixture), folder / f"root{number}") for number, fixture in enumerate(fixtures)]
    indexes = [Index.open(root, folder / f"{root.name}-store", FakeEmbedder(), Settings()) for root in roots]
    reader = indexes[0] if len(indexes) == 1 else Federation(indexes)
    engine = Engine(services(hub or nobody()), indexes, reader)
    try:
        yield engine
    finally:
        await engine.close()


async def indexed(engine: Engine) -> list[IndexProgress]:
    return [step async for step in engine.index()]


async def test_it_indexes_searches_hovers_and_answers(tmp_path: Path) -> None:
    async with engine_over(tmp_path, WORK) as engine:
        last = (await indexed(engine))[-1]
        assert last.phase == "done"
        assert last.report is not None
        assert (last.report.files, last.done, last.total) == (2, 2, 2)
        assert [hit.path for hit in await engine.search("read a file", 1)] == ["app/io.py"]
        found = await engine.hover("app/io.py", "read_all", 1, 3)
        assert found is not None
        assert found.doc == "Reads a file whole."
        assert "read_all" in [item.name for item in await engine.symbols("read")]
        events = [event async for event in engine.ask("What does read_all do?")]
        assert "Reads a file whole." in done(events).answer


async def test_several_roots_are_one_workspace(tmp_path: Path) -> None:
    async with engine_over(tmp_path, WORK, "//- lib/net.go\npackage lib\n\nfunc Fetch() {}\n") as engine:
        last = (await indexed(engine))[-1]
        assert last.report is not None
        assert (last.report.files, last.report.languages) == (3, {"python": 1, "markdown": 1, "go": 1})
        (fetch,) = await engine.symbols("Fetch")
        assert fetch.path == "root1/lib/net.go"
        assert engine.locate(fetch.path).read_text(encoding="utf-8").startswith("package lib")
        assert engine.relative(tmp_path / "root0" / "app" / "io.py") == "root0/app/io.py"


async def test_only_the_files_that_are_named_are_looked_at(tmp_path: Path) -> None:
    async with engine_over(tmp_path, WORK, WORK) as engine:
        await indexed(engine)
        for root in engine.roots:
            (root / "app" / "io.py").write_text("def changed(): ...\n", encoding="utf-8")
        steps = [step async for step in engine.index(paths=["root1/app/io.py"])]
        report = steps[-1].report
        assert report is not None
        assert report.changed == 1
        assert [item.path for item in await engine.symbols("changed")] == ["root1/app/io.py"]


async def test_statistics_are_those_of_every_root_and_of_the_model(tmp_path: Path) -> None:
    async with engine_over(tmp_path, WORK) as engine:
        await indexed(engine)
        await engine.search("file")
        stats = await engine.stats()
        (root,) = stats.roots
        assert (root.files, root.languages, root.writer) == (2, {"python": 1, "markdown": 1}, True)
        assert root.symbols >= 1
        assert (stats.chat.backend, stats.chat.why) == ("none", WHY)
        assert stats.metrics["search.seconds"].count == 1


async def test_bad_questions_are_misuse(tmp_path: Path) -> None:
    async with engine_over(tmp_path, WORK) as engine:
        with pytest.raises(SettingError, match="query is empty"):
            await engine.search(" ")
        with pytest.raises(SettingError, match="0 hits"):
            await engine.search("x", 0)
        with pytest.raises(SettingError, match="question is empty"):
            [event async for event in engine.ask("")]
        with pytest.raises(WorkspaceError):
            engine.locate("../secret")


class SlowReader(FakeReader):
    """A search that takes until the test ends it."""

    def __init__(self) -> None:
        super().__init__({"a.py": "def run(): ...\n"})
        self.asked, self.release = threading.Event(), threading.Event()
        self.before_search = self._wait

    def _wait(self) -> None:
        self.asked.set()
        self.release.wait(PATIENCE)


async def test_stopping_is_at_once_although_the_worker_needs_longer() -> None:
    reader, cancel = SlowReader(), CancelToken()
    engine = Engine(services(nobody()), [], reader)
    asking = asyncio.create_task(_last(engine, cancel))
    await asyncio.to_thread(reader.asked.wait, PATIENCE)
    began = time.perf_counter()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await asking
    assert time.perf_counter() - began < 0.05
    reader.release.set()
    await engine.close()


async def _last(engine: Engine, cancel: CancelToken) -> object:
    return [event async for event in engine.ask("what runs?", cancel=cancel)][-1]


async def test_a_slow_search_holds_up_neither_the_loop_nor_a_hover() -> None:
    reader = SlowReader()
    engine = Engine(services(nobody()), [], reader)
    searching = asyncio.create_task(engine.search("run"))
    await asyncio.to_thread(reader.asked.wait, PATIENCE)
    assert await engine.hover("a.py", "run", 1, 0) is not None
    assert not searching.done()
    reader.release.set()
    assert len(await searching) == 1
    await engine.close()


async def test_closing_ends_what_runs_and_may_be_done_twice(tmp_path: Path) -> None:
    chat = FakeChat()
    chat.enqueue(Script(("Once",)))
    hub = somebody(chat)
    async with engine_over(tmp_path, WORK, hub=hub) as engine:
        await indexed(engine)
        await engine.close()
        await engine.close()
        assert hub.closed
        with pytest.raises(Cancelled):
            await engine.search("file")
        with pytest.raises(Cancelled):
            await indexed(engine)


async def test_what_the_indexes_share_is_released_last() -> None:
    order: list[str] = []
    engine = Engine(services(nobody()), [], FakeReader({}), release=lambda: order.append("embedder"))
    await engine.close()
    assert order == ["embedder"]


async def test_the_selection_goes_to_the_model(tmp_path: Path) -> None:
    chat = FakeChat()
    chat.enqueue(Script(("Fine.",)))
    async with engine_over(tmp_path, WORK, hub=somebody(chat)) as engine:
        await indexed(engine)
        context = AskContext(selection="x = 41", path="new.py", start_line=3)
        events = [event async for event in engine.ask("Is this right?", context=context)]
        assert [event.text for event in events if isinstance(event, Token)] == ["Fine."]
        assert 'source="new.py:3-3"' in chat.history[0].messages[1].content


async def test_what_is_forgotten_is_in_no_kept_answer_either(tmp_path: Path) -> None:
    chat, records = FakeChat(), Records(tmp_path, (memory_rows.TABLES, cache_rows.TABLES))
    together = replace(services(somebody(chat)), memory=Memory(records), answers=Answers(records))
    files = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n'}
    engine = Engine(together, [], FakeReader(files), records=records)

    async def ask(question: str, conversation: str) -> bool:
        chat.enqueue(Script(("Unmistakably so (app/io.py:1-2).",)))
        context = AskContext(conversation=conversation)
        return done([event async for event in engine.ask(question, context=context)]).cached

    assert not await ask("What does read_all return?", "one")
    assert not await ask("What does read_all close?", "two")
    assert await ask("What does read_all return?", "three")
    assert (await engine.forget("one")).turns == 1
    assert not await ask("What does read_all return?", "three")
    assert await ask("What does read_all close?", "three")
    assert (await engine.forget()).conversations == 2
    assert all(b"Unmistakably" not in file.read_bytes() for file in tmp_path.iterdir())
    assert not await ask("What does read_all close?", "three")
    await engine.close()


def test_importing_the_engine_imports_nothing_heavy() -> None:
    heavy = "chromadb openai ollama tiktoken numpy tree_sitter torch pygls lsprotocol sqlite3"
    script = f"import sys, dt6_lsp.engine; print([name for name in {heavy.split()} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
