"""A long session in an editor, and what the server holds of it: tasks, threads, open files, memory.

Typing with a hover, an outline, actions, lenses and a search in between; saving; questions to a model that are answered
or stopped; drafts that are made; files that are renamed and removed, branches, folders and settings that change. What
the server holds is counted in pauses, when nothing is under way. Shared by a short test and
`tests.benchmarks.soak_editing`. Linux only: elsewhere nothing tells what is open.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.git_workspaces import git, make_repository
from tests.lsp.harness import Editor, editing
from tests.lsp.strict import everything
from tests.lsp.test_asking import with_model
from tests.servers.model_server import OLLAMA_MODELS, Cut, Installed, ModelServer, Refusal, Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

MODELS = (*OLLAMA_MODELS, Installed("coder:latest", ("completion", "insert")))
KEPT_FILES = 12  # of SQLite, where a thread reads for the first time after the warm-up; not one for each round
TYPED = "def count_the_lines(path: str) -> int:\n    return len(open(path).read().splitlines())\n\n\n"
_ANSWER = "```\nCounts the lines of a file.\n```"
_PATIENCE_SECONDS = 60.0
_LOOKS = 5  # until what was stopped has ended


@dataclass(frozen=True, slots=True)
class Held:
    """`memory_kb` is the resident set of the server itself, after everything unreachable was collected."""

    tasks: int
    threads: int
    files: int
    objects: int
    memory_kb: int
    named: tuple[str, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()


class Soak:
    def __init__(self, editor: Editor, models: ModelServer, root: Path, counts: Path, chances: random.Random) -> None:
        self._editor, self._models, self._root, self._counts, self._chances = editor, models, root, counts, chances
        self.done: Counter[str] = Counter()
        self._number = 0
        self._versions: dict[str, int] = {}
        self._texts: dict[str, str] = {}

    async def round(self) -> None:
        """One of everything, in a mixed order; ends when nothing is under way."""
        steps = [self._type, self._type, self._ask, self._stop_asking, self._draft, self._look, self._rename]
        if self._number % 5 == 0:
            steps += [self._switch_branch, self._change_folders, self._change_settings]
        self._number += 1
        for step in self._chances.sample(steps, len(steps)):
            await step()
            self.done[step.__name__.lstrip("_")] += 1
        await self._editor.execute("dt6.index")
        editor = self._editor
        for kept in (editor.heard, editor.said, editor.shown_documents, editor.log_messages, self._models.history):
            kept.clear()
        editor.partial_results.clear()
        editor.progress_reports.clear()

    async def held(self) -> Held:
        """The least of a few looks: what was stopped has then ended."""
        looks = [await self._look_at_server() for _ in range(_LOOKS)]
        return min(looks, key=lambda held: (held.tasks, held.threads, held.files, held.memory_kb))

    # --- steps --------------------------------------------------------------------------------------------------------

    async def _type(self) -> None:
        uri = self._open("pkg/a.py")
        for letter in TYPED[: self._chances.randint(5, len(TYPED))]:
            self._insert(uri, letter)
            if self._chances.random() < 0.15:
                await self._look_at(uri)
        self._save(uri)
        if len(self._texts[uri]) > 20_000:
            self._replace(uri, TYPED)

    async def _look(self) -> None:
        uri = self._open("always.py")
        await self._look_at(uri)
        for query in ("always", "count lines of a file"):
            await self._asks(types.WORKSPACE_SYMBOL, {"query": query})
            await self._editor.execute("dt6.search", {"query": f"{query} {self._number}"})
        await self._editor.execute("dt6.stats")

    async def _look_at(self, uri: str) -> None:
        """What an editor asks by itself while one types."""
        place = {"line": self._chances.randrange(4), "character": self._chances.randrange(12)}
        document = {"uri": uri}
        where = {"textDocument": document, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        at = {"textDocument": document, "position": place}
        asked: list[tuple[str, Any]] = [
            (types.TEXT_DOCUMENT_HOVER, at),
            (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, {"textDocument": document}),
            (types.TEXT_DOCUMENT_CODE_ACTION, where),
            (types.TEXT_DOCUMENT_CODE_LENS, {"textDocument": document}),
            (types.TEXT_DOCUMENT_COMPLETION, {**at, "context": {"triggerKind": 1}}),
            (types.TEXT_DOCUMENT_INLINE_COMPLETION, {**at, "context": {"triggerKind": 1}}),
            (types.TEXT_DOCUMENT_DIAGNOSTIC, {"textDocument": document}),
        ]
        await asyncio.gather(*(self._asks(method, params) for method, params in asked))

    async def _ask(self) -> None:
        luck = self._chances.random()
        odd = (Cut(1), Refusal(500), Reply(""))
        self._models.enqueue(self._chances.choice(odd) if luck < 0.1 else Reply("It reads a file [always.py:1-2]."))
        question = f"How is file {self._number} of {self._chances.randrange(10**9)} read?"
        await self._asks("dt6/ask", {"question": question, "partialResultToken": f"words {self._number}"})

    async def _stop_asking(self) -> None:
        self._models.enqueue(Reply("One word after the other comes, slowly. " * 20, gap=0.02))
        question = f"Why is number {self._chances.randrange(10**9)} slow?"
        token = f"stopped {self._number}"
        asked = asyncio.ensure_future(self._asks("dt6/ask", {"question": question, "partialResultToken": token}, token))
        await self._editor.until(lambda: self._editor.partial_results.get(token) or asked.done())
        self._editor.cancel_request(types.CancelParams(token))
        await asked

    async def _draft(self) -> None:
        """An action is listed, and its edit made."""
        uri = self._open("pkg/a.py")
        self._replace(uri, TYPED)
        start, end = types.Position(0, 0), types.Position(2, 0)
        context = types.CodeActionContext([], only=["refactor.rewrite.document"])
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), types.Range(start, end), context)
        for action in await self._editor.text_document_code_action_async(params) or ():
            if isinstance(action, types.CodeAction):
                self._models.enqueue(Reply(_ANSWER))
                with suppress(JsonRpcException):
                    await self._editor.code_action_resolve_async(action)
                    self.done["drafts made"] += 1

    async def _rename(self) -> None:
        old, new = (self._root / "pkg" / f"moving_{(self._number + step) % 2}.py" for step in (0, 1))
        if not old.exists():
            old.write_text(TYPED, encoding="utf-8")
        os.replace(old, new)
        renamed = types.FileRename(old.as_uri(), new.as_uri())
        self._editor.workspace_did_rename_files(types.RenameFilesParams([renamed]))
        change = types.FileEvent(new.as_uri(), types.FileChangeType.Created)
        self._editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))

    async def _switch_branch(self) -> None:
        for branch in ("other", "main"):
            await asyncio.to_thread(git, self._root, "checkout", "-qf", branch)
            await self._editor.execute("dt6.index")

    async def _change_folders(self) -> None:
        second = types.WorkspaceFolder((self._root.parent / "second").as_uri(), "second")
        for event in (types.WorkspaceFoldersChangeEvent([second], []), types.WorkspaceFoldersChangeEvent([], [second])):
            params = types.DidChangeWorkspaceFoldersParams(event)
            self._editor.workspace_did_change_workspace_folders(params)
            await self._asks(types.WORKSPACE_SYMBOL, {"query": "always"})

    async def _change_settings(self) -> None:
        for level in ("debug", "warning"):
            self._editor.set_configuration(level, section="dt6.log.level")
            self._editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
            await self._asks(types.WORKSPACE_SYMBOL, {"query": "always"})

    # --- means --------------------------------------------------------------------------------------------------------

    async def _asks(self, method: str, params: Any, msg_id: str | None = None) -> None:
        """A method that the server does not have is passed over."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._editor.asks(method, params, msg_id)
        self.done["requests"] += 1

    def _open(self, name: str) -> str:
        path = self._root / name
        uri = path.as_uri()
        if uri not in self._texts:
            self._editor.open(path)
            self._texts[uri], self._versions[uri] = path.read_text(encoding="utf-8"), 1
        return uri

    def _insert(self, uri: str, letter: str) -> None:
        """At the start, so that no position depends on the text."""
        at = types.Range(types.Position(0, 0), types.Position(0, 0))
        self._change(uri, types.TextDocumentContentChangePartial(range=at, text=letter), letter + self._texts[uri])

    def _replace(self, uri: str, text: str) -> None:
        self._change(uri, types.TextDocumentContentChangeWholeDocument(text), text)

    def _change(self, uri: str, change: types.TextDocumentContentChangeEvent, text: str) -> None:
        self._texts[uri] = text
        self._versions[uri] += 1
        named = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        self._editor.text_document_did_change(types.DidChangeTextDocumentParams(named, [change]))
        self.done["edits"] += 1

    def _save(self, uri: str) -> None:
        (self._root / "pkg" / "a.py").write_text(self._texts[uri], encoding="utf-8")
        self._editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def _look_at_server(self) -> Held:
        self._counts.unlink(missing_ok=True)
        pid = self._editor.process.pid
        os.kill(pid, signal.SIGUSR1)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not self._counts.exists():
                await self._asks(types.WORKSPACE_SYMBOL, {"query": "always"})
        told = json.loads(self._counts.read_text(encoding="utf-8"))
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        files = len(os.listdir(f"/proc/{pid}/fd"))
        memory = pages * os.sysconf("SC_PAGESIZE") // 1024
        kinds = tuple(told["kinds"].items())
        return Held(told["tasks"], len(told["threads"]), files, told["objects"], memory, tuple(told["named"]), kinds)


async def soak(
    folder: Path,
    chances: random.Random,
    goes_on: Callable[[Soak], Awaitable[bool]],
    seen: Callable[[Soak, Held], None],
    every: int,
) -> None:
    """Rounds for as long as `goes_on`; `seen` gets what is held after each `every` of them."""
    root, counts = folder / "work", folder / "counts.json"
    root.mkdir()
    make_repository(root)
    (folder / "second").mkdir()
    (folder / "second" / "more.py").write_text(TYPED, encoding="utf-8")
    command = (sys.executable, "-m", "tests.counted_server", str(counts), "serve", "--stdio")
    with ModelServer(MODELS) as models:
        completion = {"model": "coder", "delayMs": 0}
        settings = {**with_model(models), "completion": completion, "hover": {"explain": "on"}}
        able = everything(types.ClientCapabilities)
        async with editing(root, folder / "state", editor=able, settings=settings, command=command) as editor:
            await editor.indexed()
            session, rounds = Soak(editor, models, root, counts, chances), 0
            while await goes_on(session):
                await session.round()
                rounds += 1
                if rounds % every == 0:
                    seen(session, await session.held())
