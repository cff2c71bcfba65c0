"""The language server as an editor meets it: how soon it is there, and how long it takes to answer over the wire.

    python -m tests.benchmarks.lsp [--chunks 10000] [--rounds 15] [--jedi PYTHON|none] [--prepared DIR] [--json FILE]

`make bench-lsp` runs this. The start is measured beside an empty pygls server and jedi-language-server (from PyPI, in
an environment of its own), by turns. Then a real server answers a client over stdio, with about as many chunks of real
code: idle, and while all of it is indexed anew, again and again. Times are from the last byte of the request to the
answer, as JSON; the client does nothing else meanwhile. Not here: the same without a wire (`latency`), completion.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.app import store_folder
from tests.benchmarks import startup
from tests.benchmarks.latency import BESIDE, EDITOR_MS, Name, names, questions
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, p50, p95, quantile, scratch, spread
from tests.benchmarks.peer import installed
from tests.benchmarks.workspaces import engine_over, fill
from tests.lsp.harness import environment
from tests.lsp.raw import Raw, raw_server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

JEDI = "0.47.0"
SEARCH_MS = 5.0  # p50 at 10,000 chunks; the budget is for a search in process, and the wire comes on top here
_ASKED = 300  # of each kind
_WARM_UP = 30
_OPEN = 40  # documents
_PATIENCE = 120.0  # seconds, for the questions beside index runs
_LONGEST = 100_000  # characters of a document that is opened
_ABLE = {
    "general": {"positionEncodings": ["utf-32"]},
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}, "dataSupport": True},
    },
}
Ask = tuple[str, str, dict[str, Any]]  # the kind, the method, the parameters


def asks(root: Path, found: list[Name], queries: list[str]) -> Iterator[Ask]:
    """One of each kind after the other, without end, about documents that are open."""
    turn = 0
    while True:
        name, query = found[turn % len(found)], queries[turn % len(queries)]
        document = {"textDocument": {"uri": (root / name.path).as_uri()}}
        at = {"line": name.line - 1, "character": name.column}
        yield "hover", "textDocument/hover", {**document, "position": at}
        context = {"diagnostics": [], "triggerKind": 1}
        yield (
            "codeAction",
            "textDocument/codeAction",
            {**document, "range": {"start": at, "end": at}, "context": context},
        )
        yield "documentSymbol", "textDocument/documentSymbol", document
        yield "workspace/symbol", "workspace/symbol", {"query": name.text[: 3 + turn % 8]}
        yield "search", "workspace/executeCommand", {"command": "dt6.search", "arguments": [{"query": query}]}
        turn += 1


class Client:
    def __init__(self, server: Raw) -> None:
        self._server, self._id = server, 0
        self.indexing = False

    async def seconds(self, method: str, params: Mapping[str, Any]) -> float:
        """Until this request is answered; answers to the index run are seen on the way."""
        self._id += 1
        started = time.perf_counter()
        self._server.send(id=self._id, method=method, params=params)
        while (answer := await self._server.answer())["id"] != self._id:
            self.indexing = False
        elapsed = time.perf_counter() - started
        assert "result" in answer, answer
        return elapsed

    def index(self) -> None:
        """All of it, anew."""
        self.indexing = True
        params = {"command": "dt6.index", "arguments": [{"rebuild": True}]}
        self._server.send(id="index", method="workspace/executeCommand", params=params)


async def over_the_wire(folder: Path, chunks: int) -> dict[str, Any]:
    async with engine_over(folder) as engine:
        have, root = await fill(engine, chunks), engine.roots[0]
        found = names(store_folder(root, folder / "data"), random.Random(chunks))
        queries = questions(found, None)
    env = {**environment(folder / "state"), "DT6_DATA_DIR": str(folder / "data")}
    async with raw_server(env) as server:
        folders = [{"uri": root.as_uri(), "name": "work"}]
        await server.initialize(rootUri=root.as_uri(), workspaceFolders=folders, capabilities=_ABLE)
        opened = _open(server, root, found)
        client, stream = Client(server), asks(root, [name for name in found if name.path in opened], queries)
        await client.seconds("workspace/executeCommand", {"command": "dt6.index"})  # what it does at the start is done
        await _timed(client, stream, _WARM_UP)
        alone = await _timed(client, stream, _ASKED)
        beside = await _beside(client, stream)
        await server.ask("shutdown", None, "end")
        server.send(method="exit")
        await server.exit_code()
    asked = {kind: len(times) for kind, times in beside.items()}
    return {"chunks": have, "asked_beside": asked, "idle": _kept(alone), "beside": _kept(beside)}


def _open(server: Raw, root: Path, found: list[Name]) -> set[str]:
    opened: set[str] = set()
    for name in found:
        text = (root / name.path).read_text(encoding="utf-8", errors="replace")
        if name.path not in opened and name.path.endswith(".py") and len(text) < _LONGEST:
            opened.add(name.path)
            item = {"uri": (root / name.path).as_uri(), "languageId": "python", "version": 1, "text": text}
            server.send(method="textDocument/didOpen", params={"textDocument": item})
        if len(opened) == _OPEN:
            break
    return opened


async def _timed(client: Client, stream: Iterator[Ask], times: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}
    for kind, method, params in stream:
        taken.setdefault(kind, []).append(await client.seconds(method, params))
        if len(taken) == 5 and all(len(each) >= times for each in taken.values()):
            return taken
    raise AssertionError("asks end")


async def _beside(client: Client, stream: Iterator[Ask]) -> dict[str, list[float]]:
    """Only what is asked and answered while there is a run."""
    taken: dict[str, list[float]] = {}
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and min(map(len, taken.values()), default=0) < _ASKED:
        if not client.indexing:
            client.index()
        kind, method, params = next(stream)
        elapsed = await client.seconds(method, params)
        if client.indexing:
            taken.setdefault(kind, []).append(elapsed)
    while client.indexing:
        await client.seconds("workspace/symbol", {"query": "last"})
    return taken


def _kept(taken: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """As `spread` has it, with p99 behind."""
    return {kind: [*spread(times), round(1000 * quantile(times, 0.99), 2)] for kind, times in taken.items()}


def figures(size: Mapping[str, Any]) -> list[Figure]:
    found = []
    for kind, times in size["idle"].items():
        editors = kind != "search"
        beside = size["beside"][kind]
        name = f"{kind}, idle"
        found += [
            Figure(f"{name}, p50", p50(times), "ms", None if editors else SEARCH_MS),
            Figure(f"{name}, p95", p95(times), "ms", EDITOR_MS if editors else None),
            Figure(f"{name}, p99", times[-1], "ms"),
            Figure(f"{kind}, while all is indexed, p50", p50(beside), "ms"),
            Figure(f"{kind}, while all is indexed, p95", p95(beside), "ms"),
            Figure(f"{kind}, while all is indexed, p99", beside[-1], "ms"),
            Figure(f"{kind}, p95 against idle", p95(beside) / p95(times), "x", BESIDE if editors else None),
        ]
    return found


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    others = {}
    if options.jedi != "none":
        python = options.jedi or str(installed("jedi-language-server", JEDI))
        others[f"jedi-language-server {JEDI}"] = [python, "-c", "from jedi_language_server.cli import cli; cli()"]
    start = startup.measure(options.rounds, others)
    size = asyncio.run(over_the_wire(folder / str(options.chunks), options.chunks))
    chunks = Figure("chunks of the workspace", size["chunks"], "")
    return Measured([*start.figures, chunks, *figures(size)], {"start": start.raw, "size": size})


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--chunks", type=int, default=10_000)
    ask.add_argument("--rounds", type=int, default=15, help="spawns of each server that count (default 15)")
    ask.add_argument("--jedi", default="", metavar="PYTHON", help='a Python that has jedi-language-server, or "none"')
    ask.add_argument("--prepared", type=Path, metavar="DIR", help="where workspaces are kept for other benchmarks")
    options = ask.parse_args()
    with scratch(options.prepared) as folder:
        return conclude("lsp", options.json, lambda: measure(folder, options))


if __name__ == "__main__":
    sys.exit(main())
