"""Stand-ins for what answers are made from: an index that is a dictionary, and a model that says what it is told to."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.events import Done
from dt6_lsp.assistant.memory.memory import Memory
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.assistant.services import Services
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.index.imports.facts import is_config
from dt6_lsp.index.imports.model import Sources, source_file
from dt6_lsp.index.imports.resolve import resolve
from dt6_lsp.index.model import Definition, Hit, IndexState, NameUse, Use, Version
from dt6_lsp.metrics import Metrics
from dt6_lsp.models.base import ChatRequest, Delta, FillRequest, ModelInfo, Usage
from dt6_lsp.models.orchestrator import Choice, ServerModels
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import RoutingSettings, Settings
from dt6_lsp.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from dt6_lsp.assistant.events import Event
    from dt6_lsp.errors import ModelError
    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.syntax.model import Import

T = TypeVar("T")

PATIENCE_SECONDS = 10.0


def hit(path: str, start: int, end: int, text: str = "", *, score: float = 1.0, symbol: str = "") -> Hit:
    body = text or "\n".join(f"{path} line {line}" for line in range(start, end + 1))
    return Hit(path, start, end, symbol, "function", score, body, "python")


@dataclass
class FakeReader:
    """Parses the files that it is given; search finds the chunks that share words with the query, most words first."""

    files_by_path: dict[str, str] = field(default_factory=dict)
    total: int | None = None  # how many files the workspace has, where some are not indexed yet
    before_search: Callable[[], None] = lambda: None
    queries: list[str] = field(default_factory=list)
    unsaved: bool = False

    def over(self, texts: Mapping[str, str]) -> FakeReader:
        self.files_by_path.update(texts)
        return self

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]:
        self.queries.append(query)
        self.before_search()
        words = set(query.lower().split())
        found = [self._scored(chunk, words) for path in self.files() for chunk in self.chunks(path)]
        return sorted((chunk for chunk in found if chunk.score), key=lambda chunk: -chunk.score)[:n]

    def symbols(self, query: str, limit: int = 50) -> list[Definition]:
        return [item for item in self._all() if query.lower() in item.name.lower()][:limit]

    def definitions(self, name: str, near: str = "", limit: int = -1) -> list[Definition]:
        found = [item for item in self._all() if name in (item.name, item.qualified)]
        return sorted(found, key=lambda item: item.path != near)[: limit if limit >= 0 else None]

    def uses(self, name: str, limit: int = 200) -> list[Use]:
        found = []
        for path, text in self.files_by_path.items():
            found += [Use(path, use.line, use.column, "") for use in parse(path, text).references if use.name == name]
        return found[:limit]

    def count_uses(self, name: str) -> int:
        return len(self.uses(name, 10_000))

    def name_uses(self) -> list[NameUse]:
        owners = {item.name: item for item in self._all()}
        used = [(use.name, path) for path in self.files() for use in parse(path, self.files_by_path[path]).references]
        return [
            NameUse(name, path, owners[name].path, count, bool(owners[name].container))
            for (name, path), count in sorted(Counter(used).items())
            if name in owners and owners[name].path != path
        ]

    def outline(self, path: str) -> list[Definition]:
        parsed = parse(path, self.files_by_path.get(path, ""))
        return [
            Definition(
                path, parsed.language, item.name, item.container, item.kind, item.start_line, item.end_line,
                item.name_line, item.name_column, item.signature, item.doc,
            )
            for item in parsed.symbols
        ]  # fmt: skip

    def defined_in(self, path: str, first: int, last: int) -> list[Definition]:
        return [item for item in self.outline(path) if first <= item.name_line <= last]

    def imports(self, path: str) -> list[Import]:
        return list(parse(path, self.files_by_path[path]).imports) if path in self.files_by_path else []

    def graph(self) -> ImportGraph:
        files = [source_file(path, parse(path, text)) for path, text in self.files_by_path.items()]
        configs = {path: text for path, text in self.files_by_path.items() if is_config(path)}
        return resolve(Sources(tuple(files), configs))

    def files(self) -> list[str]:
        return sorted(self.files_by_path)

    def chunks(self, path: str) -> list[Hit]:
        parsed = parse(path, self.files_by_path.get(path, ""))
        return [
            Hit(path, chunk.start_line, chunk.end_line, chunk.symbol, chunk.kind, 0.0, chunk.text, parsed.language)
            for chunk in parsed.chunks
        ]

    def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
        own = next((chunk for chunk in self.chunks(path) if chunk.start_line <= line <= chunk.end_line), None)
        found = [] if own is None else self.search(own.text, n + 1)
        return [hit for hit in found if (hit.path, hit.start_line) != (path, own and own.start_line)][:n]

    def version(self) -> Version:
        return Version(dict(self.files_by_path))

    def state(self) -> IndexState:
        indexed = len(self.files_by_path)
        return IndexState(self.total if self.total is not None else indexed, indexed, 0)

    def _all(self) -> list[Definition]:
        return [item for path in self.files() for item in self.outline(path)]

    def _scored(self, chunk: Hit, words: set[str]) -> Hit:
        text = f"{chunk.path} {chunk.text}".lower()
        score = float(sum(word.strip("?.,`") in text for word in words))
        return Hit(
            chunk.path, chunk.start_line, chunk.end_line, chunk.symbol, chunk.kind, score, chunk.text, chunk.language
        )


@dataclass
class Script:
    """What the model does with one request: pieces of text, then an error, or it hangs until it is cancelled."""

    pieces: tuple[str, ...] = ()
    error: ModelError | None = None
    hangs: bool = False
    usage: Usage | None = None


@dataclass
class FakeChat:
    name: str = "fake"
    url: str = "http://127.0.0.1:1"
    history: list[ChatRequest] = field(default_factory=list)
    fills: list[FillRequest] = field(default_factory=list)
    closed_streams: int = 0
    _scripts: deque[Script] = field(default_factory=deque)

    def enqueue(self, *scripts: Script) -> None:
        self._scripts.extend(scripts)

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("fake-1")]

    async def context_length(self, model: str) -> int | None:
        return None

    async def stream(self, request: ChatRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        self.history.append(request)
        async with aclosing(self._said(cancel)) as deltas:
            async for delta in deltas:
                yield delta

    async def fill(self, request: FillRequest, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        self.fills.append(request)
        async with aclosing(self._said(cancel)) as deltas:
            async for delta in deltas:
                yield delta

    async def _said(self, cancel: CancelToken) -> AsyncGenerator[Delta, None]:
        script = self._scripts.popleft()
        try:
            for piece in script.pieces:
                yield Delta(piece)
            if script.error is not None:
                raise script.error
            if script.hangs:
                await _cancelled(cancel)
                raise Cancelled
            if script.usage is not None:
                yield Delta("", script.usage)
        finally:
            self.closed_streams += 1

    async def close(self) -> None:
        """Nothing is open."""


async def _cancelled(cancel: CancelToken) -> None:
    loop, event = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        loop.call_soon_threadsafe(event.set)

    cancel.on_cancel(stop)
    await event.wait()


@dataclass
class FakeHub:
    choice: Choice | ModelError
    forgotten: int = 0
    closed: bool = False
    settings: Settings | None = None
    intents: list[str] = field(default_factory=list)

    async def choose(self, intent: str = "", after: Choice | None = None, because: str = "") -> Choice:
        self.intents.append(intent)
        if after is not None:
            return Choice(None, "", after.context_tokens, because)
        if isinstance(self.choice, Choice):
            return self.choice
        raise self.choice

    def absence(self) -> str:
        return self.choice.why if isinstance(self.choice, Choice) and self.choice.backend is None else ""

    def forget(self) -> None:
        self.forgotten += 1

    async def switch(self, backend: str = "", model: str = "") -> Choice:
        assert isinstance(self.choice, Choice)
        self.choice = replace(self.choice, model=model)
        return self.choice

    async def reconfigure(self, settings: Settings) -> None:
        self.settings = settings

    async def models(self) -> list[ServerModels]:
        return []

    async def close(self) -> None:
        self.closed = True


WHY = "No Ollama answers at http://127.0.0.1:11434."


def nobody() -> FakeHub:
    return FakeHub(Choice(None, "", 16_384, WHY))


def somebody(chat: FakeChat, context_tokens: int = 16_384) -> FakeHub:
    return FakeHub(Choice(chat, "fake-1", context_tokens))


async def until(true: Callable[[], object]) -> None:
    """Lets all else go on until it is so; who waits in vain fails."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():
            await asyncio.sleep(0)


async def at_once(call: Callable[[], T]) -> T:
    """`Blocking` without threads."""
    return call()


UNCONFIRMED = Settings(routing=RoutingSettings(confirm_seconds=0))  # a model says only what it is asked for


def services(
    hub: FakeHub,
    counter: TokenCounter | None = None,
    settings: Settings | None = None,
    metrics: Metrics | None = None,
    memory: Memory | None = None,
) -> Services:
    return Services(
        settings or UNCONFIRMED, hub, counter or TokenCounter(), metrics or Metrics(), memory=memory or Memory()
    )


async def ask(
    question: str,
    reader: FakeReader,
    hub: FakeHub,
    *,
    counter: TokenCounter | None = None,
    settings: Settings | None = None,
    cancel: CancelToken | None = None,
    context: AskContext | None = None,
    memory: Memory | None = None,
) -> list[Event]:
    events = answer(
        question,
        reader,
        services(hub, counter, settings, memory=memory),
        cancel or CancelToken(),
        context or AskContext(),
        run=at_once,
    )
    return [event async for event in events]


def done(events: Sequence[Event]) -> Done:
    last = events[-1]
    assert isinstance(last, Done), last
    return last
