"""The state of one connected editor, and what one request may see of it.

Not here: what happens when (`lifecycle`), and what requests do (one file for each family).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types

from dt6_lsp.server.client import Client
from dt6_lsp.server.convert import to_uri
from dt6_lsp.server.documents import named_texts, snapshots, text_of
from dt6_lsp.server.engines import Engines
from dt6_lsp.server.findings import Findings
from dt6_lsp.server.indexing import Indexer
from dt6_lsp.server.notebooks import file_of
from dt6_lsp.server.progress import WorkDone
from dt6_lsp.server.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pygls.lsp.server import LanguageServer

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.engine import Engine
    from dt6_lsp.metrics import Metrics
    from dt6_lsp.server.convert import Encoding
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.engines import Build
    from dt6_lsp.server.models import SwitchArguments
    from dt6_lsp.settings import Loaded, Settings

    T = TypeVar("T")

logger = logging.getLogger(__name__)

_TRACED = 1_000  # characters


class Session:
    def __init__(self, server: LanguageServer, build: Build, loaded: Loaded, metrics: Metrics, answers: Path) -> None:
        self.server = server
        self.own = loaded  # what DT6 knows without the editor
        self.loaded = loaded  # with what the editor says
        self.answers = answers  # the folder that written answers go to
        self.findings = Findings()
        self.reviewing: CancelToken | None = None  # of what was saved
        self.pages: dict[str, str] = {}  # the text of the newest, by the names of their files
        self.metrics = metrics  # the engine's, too
        self.switched: SwitchArguments | None = None  # the model that a command chose
        self.conversation = uuid.uuid4().hex[:12]  # of the questions that name none
        self.initial_options: Mapping[str, object] = {}
        self.client = Client()
        self.roots: tuple[Path, ...] = ()
        self.running: dict[CancelToken, Callable[[], bool]] = {}  # requests: whether their text is gone
        self.completes = False  # the editor knows that it may ask for completions
        self.tasks = Tasks()
        self.workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="dt6-server")
        self.engines = Engines(build, self.workers)
        self.indexer = Indexer(self)
        self.stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.closing: asyncio.Task[None] | None = None
        self._shown: set[str] = set()

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    def stop(self, code: int) -> None:
        """End the process with this exit code; the first reason counts."""
        if not self.stopped.done():
            self.stopped.set_result(code)

    def show(self, level: types.MessageType, message: str) -> None:
        """A popup in the editor. The same words are shown once, then only logged."""
        if message in self._shown:
            logger.info("%s", message)
            return
        self._shown.add(message)
        self.server.window_show_message(types.ShowMessageParams(type=level, message=message))

    def trace(self, message: str, params: object) -> None:
        """Where the editor traces (`$/setTrace`), say so; in full, with the beginning of what was asked."""
        level = self.server.protocol.trace
        if level != types.TraceValue.Off:
            verbose = repr(params)[:_TRACED] if level == types.TraceValue.Verbose else None
            self.server.log_trace(types.LogTraceParams(message=message, verbose=verbose))

    def progress(
        self, title: str, cancel: CancelToken, *, token: types.ProgressToken | None = None, hidden: bool = False
    ) -> WorkDone:
        create = self.client.progress and not hidden
        return WorkDone(self.server, title, cancel, token=token, create=create)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Run something short that blocks (a file that is written or read) off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.workers, work)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the session, and what it was when the request came. Later edits do not reach it."""

    session: Session
    cancel: CancelToken
    settings: Settings
    encoding: Encoding
    documents: Mapping[str, Snapshot]

    @classmethod
    def open(cls, session: Session, cancel: CancelToken) -> Call:
        workspace = session.server.workspace
        encoding = workspace.position_encoding or types.PositionEncodingKind.Utf16
        return cls(session, cancel, session.settings, encoding, snapshots(workspace))

    async def engine(self) -> Engine:
        return await self.session.engines.get()

    def texts(self, engine: Engine) -> dict[str, str]:
        """What was open when the request came, as the engine takes it."""
        return named_texts(engine, self.documents.values())

    def uri(self, engine: Engine, path: str) -> str:
        """Of what an answer names: a file, or the cell of a notebook that is open."""
        if file_of(path) != path:
            for snapshot in self.documents.values():
                if snapshot.cell and snapshot.name(engine) == path:
                    return snapshot.uri
        return to_uri(engine.locate(file_of(path)))

    def outdated(self, params: object) -> bool:
        """Whether the document that the request is about is not what it was when the request came."""
        uri = getattr(getattr(params, "text_document", None), "uri", None)
        before = self.documents.get(uri) if isinstance(uri, str) else None
        if before is None:
            return False
        now = text_of(self.session.server.workspace, before.uri)
        return now is not before.text and now != before.text
