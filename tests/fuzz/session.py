"""One fuzzed server: everything is sent to it, everything that it says is checked, and at the end it still finds what
is new.

    faults = await fuzzed(folder, messages=500, seed=1)

What is held: exactly one response to each request, none to anything else; each response and each message of the server
is of the protocol's own types; nothing has a traceback in it, on stderr neither; the text of every document that was
edited properly is the client's; the server ends as it is told, with the right exit code. Not here: what is sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pytest_lsp import client_capabilities

from dt6_lsp.server import dispatch
from dt6_lsp.server.converter import converter
from tests.editing_soak import MODELS
from tests.fuzz.messages import RESOLVED, Client, Sent, frame, world
from tests.fuzz.values import ODD_URIS, anything, mutated, value
from tests.lsp.harness import HERE, SERVER, environment, make_workspace
from tests.lsp.strict import answer_misfits, everything, message_misfits, misfits
from tests.servers.model_server import Cut, ModelServer, Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALL = "everything"
EDITORS = ("visual-studio-code", "neovim", "emacs", "", ALL)
_PATIENCE_SECONDS = 60.0
_TOGETHER = 50  # messages, before what was asked must have been answered
_SHOWN = 800  # bytes of a message that went wrong
_MARKS = ("Traceback (most recent call last)", 'File "/')
_ENDINGS = ("shutdown", "exit", "cut", "closed")

Id = tuple[str, "int | str"]  # 1 and "1" are two


@dataclass(slots=True)
class Report:
    seed: int
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)  # of requests: result, or the code of the error
    answered: Counter[str] = field(default_factory=Counter)  # requests by method that had a result
    compared: int = 0  # documents whose text was probed
    slowest: tuple[float, str] = (0.0, "")  # seconds until a request was answered, and what it was
    faults: list[str] = field(default_factory=list)


class Fuzzed:
    def __init__(self, process: asyncio.subprocess.Process, client: Client, report: Report) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self.client, self.report = process, client, report
        self._stdin, self._stdout = process.stdin, process.stdout
        self._open: Counter[Id] = Counter()
        self._methods: dict[Id, str] = {}
        self._frames: dict[Id, bytes] = {}
        self._since: dict[Id, float] = {}
        self._spoilt: set[Id] = set()  # what comes back of these need not be of the protocol
        self._chances = random.Random(report.seed)  # its own: when the server asks something depends on time
        self._nameless = 0
        self._results: dict[Id, Any] = {}
        self._kept: set[Id] = set()
        self._news = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    # --- out ----------------------------------------------------------------------------------------------------------

    async def send(self, sent: Sent) -> None:
        self.report.kinds[sent.kind] += 1
        for msg_id in sent.ids:
            self._open[_key(msg_id)] += 1
            self._methods[_key(msg_id)] = sent.method
            self._frames[_key(msg_id)] = sent.frame[:_SHOWN]
            self._since[_key(msg_id)] = time.perf_counter()
            if sent.method in RESOLVED and _is_spoilt(sent):
                self._spoilt.add(_key(msg_id))
        self._nameless += sent.nameless
        self._stdin.write(sent.frame)
        await self._stdin.drain()

    async def ask(self, method: str, params: Any) -> Any:
        """The whole response."""
        sent = self.client.request(method, params, "probe")
        key = _key(sent.ids[0])
        self._kept.add(key)
        await self.send(sent)
        await self._until(lambda: key in self._results)
        return self._results.pop(key)

    async def heard_out(self) -> None:
        """Nothing more is sent; all that is said has been read, and the process has ended."""
        self._stdin.close()
        await self.reading
        await self.process.wait()

    async def settled(self) -> None:
        """Everything that was asked has been answered."""
        await self._until(lambda: not self._open.total() and self._nameless <= 0)
        if self._nameless < 0:
            self.fault(f"{-self._nameless} responses without an id too many")
            self._nameless = 0

    async def _until(self, look: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not look():
                if self.reading.done():
                    raise ConnectionError("The server has ended.")
                self._news.clear()
                await self._news.wait()

    def unanswered(self) -> str:
        left = [f"\n    {self._frames[key]!r}" for key, count in self._open.items() if count]
        return f"{self._nameless} garbage frames and{''.join(left)}"

    def fault(self, what: str) -> None:
        self.report.faults.append(f"seed {self.report.seed}: {what}")

    # --- in -----------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                headers = await self._stdout.readuntil(b"\r\n\r\n")
                length = next(line for line in headers.splitlines() if line.startswith(b"Content-Length:"))
                body = await self._stdout.readexactly(int(length.split(b":")[1]))
                self._take(json.loads(body))
                self._news.set()
        except asyncio.IncompleteReadError as end:
            if end.partial:
                self.fault(f"ended in the middle of a message: {end.partial[:200]!r}")
        except Exception as error:  # noqa: BLE001  # whatever it is, the server has said something that no client can read
            self.fault(f"said what can't be read: {type(error).__name__}: {error}")
        finally:
            self._news.set()

    def _take(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        if message.get("method") != types.WINDOW_LOG_MESSAGE:
            for mark in _MARKS:
                if mark.replace('"', '\\"') in text:
                    self.fault(f"a traceback: {text[:1500]}")
        if "method" in message:
            self._take_message(message)
        else:
            self._take_response(message)

    def _take_response(self, message: dict[str, Any]) -> None:
        msg_id = message.get("id")
        key = _key(msg_id) if isinstance(msg_id, (int, str)) and not isinstance(msg_id, bool) else None
        if key is None:
            self._nameless -= 1
        elif not self._open[key]:
            self.fault(f"a response too many: {str(message)[:500]}")
        else:
            self._open[key] -= 1
            took = time.perf_counter() - self._since[key]
            self.report.slowest = max(self.report.slowest, (took, self._frames[key].decode(errors="replace")[-300:]))
            self._check_response(key, message)
            if key in self._kept:
                self._results[key] = message

    def _check_response(self, key: Id, message: dict[str, Any]) -> None:
        method = self._methods[key]
        if ("result" in message) == ("error" in message):
            self.fault(f"{method}: neither a result nor an error, or both: {str(message)[:500]}")
        elif "error" in message:
            self._check_error(key, message["error"])
        else:
            self.report.outcomes["result"] += 1
            self.report.answered[method] += 1
            self._misfit([] if key in self._spoilt else answer_misfits(method, message))
            self._remember(method, message["result"])

    def _check_error(self, key: Id, error: Any) -> None:
        method = self._methods[key]
        code, words = error.get("code"), error.get("message")
        self.report.outcomes[str(code)] += 1
        if code == types.ErrorCodes.InternalError.value or not isinstance(code, int) or not words:
            self.fault(f"{method}: {str(error)[:_SHOWN]} to {self._frames[key]!r}")

    def _misfit(self, found: list[str]) -> None:
        if found:
            self.fault(f"not as the protocol has it: {'; '.join(found)[:_SHOWN]}")

    def _remember(self, method: str, result: Any) -> None:
        """What can be asked about again."""
        for resolve, origin in RESOLVED.items():
            if method == origin and resolve in dispatch.REQUESTS and result:
                kind = types.METHOD_TO_TYPES[resolve][2]
                found = result["items"] if isinstance(result, dict) else result
                assert kind is not None
                kept = self.client.world.items.setdefault(str(getattr(kind, "__name__", kind)), [])
                kept.extend(found)
                del kept[:-30]

    def _take_message(self, message: dict[str, Any]) -> None:
        method = message["method"]
        self._misfit(message_misfits(message))
        if "id" in message:
            asyncio.get_running_loop().call_soon(self._answer, method, message)

    def _answer(self, method: str, message: dict[str, Any]) -> None:
        """Mostly as a client should, sometimes with nonsense or an error."""
        chances = self._chances
        result = self._result(method, message)
        luck = chances.random()
        if luck < 0.06:
            result = mutated(result, chances)
        answer = {"error": anything(chances)} if luck > 0.97 else {"result": result}
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}).encode()
        if not self._stdin.is_closing():
            self._stdin.write(frame(body))

    def _result(self, method: str, message: dict[str, Any]) -> Any:
        if method == types.WORKSPACE_CONFIGURATION:
            return [self.client.settings for _ in message["params"]["items"]]
        if method == types.WINDOW_SHOW_MESSAGE_REQUEST:
            return self._chances.choice([None, *(message["params"].get("actions") or ())])
        if method in (types.WORKSPACE_APPLY_EDIT, types.WINDOW_SHOW_DOCUMENT):
            name = "applied" if method == types.WORKSPACE_APPLY_EDIT else "success"
            return {name: self._chances.random() < 0.8}
        return None


def _is_spoilt(sent: Sent) -> bool:
    """An item that is asked about again, and that no server would have given."""
    body = json.loads(sent.frame.rpartition(b"\r\n\r\n")[2])
    return bool(misfits(body.get("params"), types.METHOD_TO_TYPES[sent.method][2]))


def _key(msg_id: int | str) -> Id:
    return type(msg_id).__name__, msg_id


# --- one session ------------------------------------------------------------------------------------------------------


async def fuzzed(folder: Path, messages: int, seed: int) -> Report:
    report = Report(seed)
    chances = random.Random(seed)
    folders = [make_workspace(folder / name) for name in ("work", "more")]
    errors = folder / "stderr"
    with ModelServer(MODELS) as models, errors.open("wb") as stderr:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *SERVER, stdin=pipe, stdout=pipe, stderr=stderr, env=environment(folder / "state"), cwd=HERE
        )
        server = Fuzzed(process, _client(chances, folders, models), report)
        try:
            await _session(server, models, messages)
        except (TimeoutError, ConnectionError) as error:
            server.fault(f"{type(error).__name__} {error}: not answered: {server.unanswered()}")
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await server.reading
    said = errors.read_text(encoding="utf-8", errors="replace")
    if _MARKS[0] in said:
        server.fault(f"on stderr: {said[:6000]}")
    return report


def _client(chances: random.Random, folders: list[Path], models: ModelServer) -> Client:
    files = [path for each in folders for path in sorted(each.rglob("*")) if path.is_file()]
    uris = [path.as_uri() for path in files]
    edited = [*uris, "untitled:Untitled-1.py", "untitled:Untitled-2", "file:///c%3A/Users/me/%C3%A9.py", *ODD_URIS[3:4]]
    named = world(edited, [each.as_uri() for each in folders] + [(folders[0].parent / "gone").as_uri()])
    model: dict[str, Any] = {
        "chat": {"backend": "ollama"},
        "ollama": {"url": models.url},
        "routing": {"confirm_seconds": 0},
    }
    model |= {"completion": {"model": "coder", "delayMs": 0}, "hover": {"explain": "on"}}
    quiet: dict[str, Any] = {"chat": {"backend": "none"}, "log": {"level": "debug"}}
    settings = [model, {}, quiet, {"chat": 7, "log": {"level": []}}]
    return Client(chances, named, "utf-16", folders[0], edited, settings, settings[0])


async def _session(server: Fuzzed, models: ModelServer, messages: int) -> None:
    await _before_initialize(server)
    await _initialize(server)
    sent = 0
    while sent < messages:
        _prepare(models, server.client.chances)
        for _ in range(min(_TOGETHER, messages - sent)):
            several = server.client.messages()
            sent += len(several)
            for each in several:
                await server.send(each)
        await server.settled()
        await _compare_texts(server)
    await _still_answers(server)
    await _end(server)


_ODD_REPLIES = (Cut(1), Refusal(500), Reply(""), Reply("```python\nx = 1\n```"), Reply("\x1b[31m"))


def _prepare(models: ModelServer, chances: random.Random) -> None:
    """Now and then the model is no help."""
    models.history.clear()
    if chances.random() < 0.3:
        models.enqueue(chances.choice(_ODD_REPLIES))


async def _before_initialize(server: Fuzzed) -> None:
    for each in (server.client.messages() for _ in range(10)):
        for sent in each:
            await server.send(sent)
    await server.settled()
    server.client.spare += server.client.open  # what was opened too early is not open
    server.client.open.clear()


async def _initialize(server: Fuzzed) -> None:
    chances, root = server.client.chances, server.client.root
    name = chances.choice(EDITORS)
    recorded = client_capabilities(name) if name not in ("", ALL) else types.ClientCapabilities()
    capabilities = everything(types.ClientCapabilities) if name == ALL else recorded
    params = {
        "processId": None,
        "rootUri": root.as_uri(),
        "workspaceFolders": [{"uri": root.as_uri(), "name": "work"}],
        "capabilities": converter().unstructure(capabilities),
        "initializationOptions": server.client.settings,
    }
    for _ in range(chances.randint(0, 3)):
        wrong = {**params, "capabilities": chances.choice((None, 3))}
        await server.ask(types.INITIALIZE, wrong)
    answer = await server.ask(types.INITIALIZE, params)
    if "result" not in answer:
        raise ConnectionError(f"initialize: {answer}")
    server.client.encoding = answer["result"]["capabilities"]["positionEncoding"]
    await server.send(Sent(frame(b'{"jsonrpc":"2.0","method":"initialized","params":{}}'), "notification"))


async def _compare_texts(server: Fuzzed) -> None:
    """What the server makes of each edited text is what it makes of the client's text, opened anew."""
    if types.TEXT_DOCUMENT_DOCUMENT_SYMBOL not in dispatch.REQUESTS:
        return
    for document in list(server.client.open.values()):
        twin = f"untitled:twin{Path(document.uri).suffix}"
        item = {"uri": twin, "languageId": document.language, "version": 1, "text": document.text}
        await server.send(_notify(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": item}))
        asked = [
            await server.ask(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, {"textDocument": {"uri": uri}})
            for uri in (document.uri, twin)
        ]
        await server.send(_notify(types.TEXT_DOCUMENT_DID_CLOSE, {"textDocument": {"uri": twin}}))
        own, anew = (json.dumps(answer.get("result")).replace(twin, document.uri) for answer in asked)
        server.report.compared += 1
        if own != anew:
            server.fault(
                f"{document.uri} is not as it was edited: {own[:600]}\n  but {anew[:600]}\n of {document.text!r:.900}"
            )


def _notify(method: str, params: Mapping[str, Any]) -> Sent:
    return Sent(frame(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode()), "probe")


async def _still_answers(server: Fuzzed) -> None:
    """The probe at the end: a request with an answer that is known."""
    path = server.client.root / "probe.py"
    path.write_text("def the_last_probe() -> None:\n    pass\n", encoding="utf-8")
    first = {"uri": server.client.world.folders[0], "name": "work"}
    await server.send(
        _notify(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, {"event": {"added": [first], "removed": []}})
    )
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await _found(server, "the_last_probe"):
            await server.ask(types.WORKSPACE_EXECUTE_COMMAND, {"command": "dt6.index"})


async def _found(server: Fuzzed, name: str) -> bool:
    answer = await server.ask(types.WORKSPACE_SYMBOL, {"query": name})
    return any(each["name"] == name for each in answer.get("result") or ())


async def _end(server: Fuzzed) -> None:
    """In one of the ways in which an editor leaves, with requests that still run."""
    chances, process = server.client.chances, server.process
    assert process.stdin is not None
    how = chances.choice(_ENDINGS)
    if how == "shutdown":
        await server.ask(types.SHUTDOWN, None)
        late = await server.ask(types.TEXT_DOCUMENT_HOVER, value(types.HoverParams, chances, server.client.world))
        if late.get("error", {}).get("code") != types.ErrorCodes.InvalidRequest.value:
            server.fault(f"after shutdown: {str(late)[:300]}")
    if how in ("shutdown", "exit"):
        await server.send(_notify("exit", {}))
    elif how == "cut":
        whole = frame(b'{"jsonrpc":"2.0","id":1,"method":"textDocument/hover"}')
        process.stdin.write(whole[: chances.randrange(len(whole))])
    if how in ("cut", "closed"):
        process.stdin.close()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        code = await process.wait()
    server.report.outcomes[f"ended by {how}"] += 1
    if code != (0 if how == "shutdown" else 1):
        server.fault(f"ended by {how} with {code}")
