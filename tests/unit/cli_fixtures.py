"""An engine for the tests of the command line: says what it is told to say, and remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dt6_lsp.assistant.events import LeftOut
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.cli import main
from dt6_lsp.engine import (
    AskContext,
    ChatStats,
    Citation,
    Done,
    Engine,
    Event,
    Hit,
    IndexProgress,
    IndexReport,
    IndexState,
    IndexStats,
    Measure,
    Retrieved,
    Routed,
    Stats,
    Token,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from dt6_lsp.cli.terminal import Terminal
    from dt6_lsp.settings import Settings

HIT = Hit("src/app.py", 3, 9, "App.run", "method", 0.75, "def run(self):\n    return 1\n", "python")
REPORT = IndexReport(
    files=2,
    chunks=5,
    skipped={"ignored": 3},
    languages={"python": 2},
    model="static",
    dimension=256,
    seconds=0.5,
    chunks_per_second=10.0,
    vectors_synced=5,
    changed=2,
)
DONE = Done(
    answer="It runs in src/app.py:3-9.",
    citations=(Citation("src/app.py", 3, 9),),
    removed_citations=0,
    intent="code",
    backend="none",
    model="",
    cached=False,
    usage=Usage(12, 7),
    index=IndexState(2, 2, 0),
    left_out=(LeftOut("chunks", 2),),
)


@dataclass
class FakeEngine:
    """`asked` holds every call, in order. `events` and `hits` are what it answers with; an exception is raised."""

    notices: tuple[str, ...] = ()
    indexed: int = 0
    hits: Sequence[Hit] = (HIT,)
    events: Sequence[Event | BaseException] = (Routed("code", 1.0, ""), Retrieved((HIT,), 0, 9), Token("It "), DONE)
    steps: Sequence[IndexProgress | BaseException] = (
        IndexProgress("scanning", 2, 0),
        IndexProgress("indexing", 1, 2),
        IndexProgress("done", 2, 2, report=REPORT),
    )
    asked: list[tuple[str, Any]] = field(default_factory=list)
    settings: Settings | None = None
    root: Path = Path()
    closed: bool = False
    on_ask: Callable[[], None] = lambda: None

    async def index(
        self, *, rebuild: bool = False, wait_sync: bool = False, cancel: CancelToken
    ) -> AsyncIterator[IndexProgress]:
        self.asked.append(("index", (rebuild, wait_sync)))
        for step in self.steps:
            if isinstance(step, BaseException):
                raise step
            self.indexed = 2
            yield step

    async def search(self, query: str, n: int, near: str) -> list[Hit]:
        self.asked.append(("search", (query, n, near)))
        return list(self.hits)[:n]

    async def ask(self, question: str, *, cancel: CancelToken, context: AskContext) -> AsyncIterator[Event]:
        self.asked.append(("ask", (question, context)))
        for event in self.events:
            self.on_ask()
            if cancel.wait(0):
                raise Cancelled
            if isinstance(event, BaseException):
                raise event
            yield event

    async def state(self) -> IndexState:
        return IndexState(2, self.indexed, 0)

    async def stats(self) -> Stats:
        root = IndexStats(str(self.root), 2, 5, 7, {"python": 2}, "static", 256, 4, True, references=9, vectors=5)
        return Stats(
            (root,),
            ChatStats("none", "", "", 0, "No Ollama is running."),
            metrics={"search.seconds": Measure(2, 0.3, 0.1, 0.2, 0.2, 0.2)},
        )

    def relative(self, absolute: Path) -> str | None:
        return absolute.relative_to(self.root).as_posix() if absolute.is_relative_to(self.root) else None

    async def close(self) -> None:
        self.closed = True


@dataclass
class Cli:
    """`dt6-lsp` over one fake engine, in this process."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    data_dir: Path | None = None

    def __call__(self, *argv: str, terminal: Terminal | None = None) -> int:
        return main(argv, self._build, terminal)

    def _build(self, settings: Settings, roots: Sequence[Path], data_dir: Path) -> Engine:
        self.engine.settings, self.engine.root, self.data_dir = settings, roots[0], data_dir
        return cast("Engine", self.engine)


__all__ = ["DONE", "HIT", "REPORT", "Cli", "FakeEngine"]
