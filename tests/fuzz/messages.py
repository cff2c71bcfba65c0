"""The messages of a fuzzed session: what an editor would send, spoilt in every way, and much that none would.

Everything comes from a seeded `random.Random`. The methods are those of DT6's own tables and of pygls, so that one
which is added there is fuzzed from then on. What is made here says what is to be expected of it (`Sent`).
Not here: values (`values`), documents that are edited (`texts`), and the server (`session`).
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp import server
from dt6_lsp.server import commands, dispatch
from dt6_lsp.server.ask import ASK
from tests.fuzz.texts import Document, new_text
from tests.fuzz.values import ODD_URIS, World, anything, command_argument, mutated, value

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from pathlib import Path

HUGE = 10_000_000
REQUESTS = tuple(dispatch.REQUESTS)
_DOCUMENT_SYNC = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_SAVE,
    types.TEXT_DOCUMENT_WILL_SAVE,
    types.SET_TRACE,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
)
_NOTIFICATIONS = tuple(sorted({*dispatch.NOTIFICATIONS, *_DOCUMENT_SYNC} - {types.INITIALIZED}))
RESOLVED = {
    types.CODE_ACTION_RESOLVE: types.TEXT_DOCUMENT_CODE_ACTION,
    types.CODE_LENS_RESOLVE: types.TEXT_DOCUMENT_CODE_LENS,
    types.COMPLETION_ITEM_RESOLVE: types.TEXT_DOCUMENT_COMPLETION,
    types.DOCUMENT_LINK_RESOLVE: types.TEXT_DOCUMENT_DOCUMENT_LINK,
    types.WORKSPACE_SYMBOL_RESOLVE: types.WORKSPACE_SYMBOL,
}
"""What is asked about again, and what gave it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame, and what must come of it: answers to these ids, and answers that can name none."""

    frame: bytes
    kind: str
    ids: tuple[int | str, ...] = ()
    nameless: int = 0
    method: str = ""


def frame(body: bytes, *headers: bytes) -> bytes:
    return b"".join((*headers, b"Content-Length: %d\r\n\r\n" % len(body), body))


def encoded(message: Any) -> bytes:
    """Lone surrogates go as escapes, as most libraries write them."""
    return json.dumps(message).encode()


def command_arguments() -> tuple[tuple[str, str], ...]:
    """The fields of every `...Arguments` in `dt6_lsp.server`, with their types as they are written."""
    found = {}
    for module in pkgutil.iter_modules(server.__path__, "dt6_lsp.server."):
        for name, each in vars(importlib.import_module(module.name)).items():
            if name.endswith("Arguments") and dataclasses.is_dataclass(each):
                found.update({field.name: str(field.type) for field in dataclasses.fields(each)})
    return tuple(sorted(found.items()))


@dataclass(slots=True)
class Client:
    """What the fuzzing editor remembers while it sends."""

    chances: random.Random
    world: World
    encoding: str
    root: Path
    spare: list[str]  # URIs that are not open; those that are open are edited as an editor would
    offered_settings: list[dict[str, Any]]
    settings: dict[str, Any]
    open: dict[str, Document] = field(default_factory=dict)
    next_id: int = 0
    asked: list[int | str] = field(default_factory=list)

    def messages(self) -> list[Sent]:
        """The next message; sometimes several that belong together."""
        makers, weights = zip(*_KINDS.items(), strict=True)
        maker = self.chances.choices(makers, weights)[0]
        found = maker(self)
        return found if isinstance(found, list) else [found]

    def an_id(self) -> int | str:
        self.next_id += 1
        odd = self.chances.random() < 0.1
        made = (
            self.chances.choice((f"id-{self.next_id}", f"ü{self.next_id}", str(self.next_id))) if odd else self.next_id
        )
        self.asked.append(made)
        return made

    def request(self, method: str, params: Any, kind: str = "request", **more: Any) -> Sent:
        msg_id = self.an_id()
        message = {"jsonrpc": "2.0", "id": msg_id, "method": method, **more}
        if params is not None:
            message["params"] = params
        return Sent(frame(encoded(message)), kind, (msg_id,), method=method)

    def params(self, method: str) -> Any:
        if method == ASK:
            argument = command_argument(self.chances, self.world)
            tokens = {"partialResultToken": "stream", "workDoneToken": "work"} if self.chances.random() < 0.5 else {}
            return {**argument, **tokens} if isinstance(argument, dict) else argument
        kind = types.METHOD_TO_TYPES[method][2] if method in types.METHOD_TO_TYPES else None
        return anything(self.chances) if kind is None else value(kind, self.chances, self.world)


def notification(method: str, params: Any, kind: str) -> Sent:
    return Sent(frame(encoded({"jsonrpc": "2.0", "method": method, "params": params})), kind, method=method)


# --- kinds of messages ------------------------------------------------------------------------------------------------


def _asks(client: Client) -> Sent:
    method = client.chances.choice(REQUESTS)
    return client.request(method, client.params(method))


def _asks_wrongly(client: Client) -> Sent:
    method = client.chances.choice(REQUESTS)
    return client.request(method, mutated(client.params(method), client.chances), "spoilt request")


def _edits(client: Client) -> Sent:
    """A document that is opened, edited or closed as an editor does it."""
    chances = client.chances
    if not client.open or (client.spare and chances.random() < 0.1):
        uri = client.spare.pop(chances.randrange(len(client.spare)))
        by_suffix = {".py": "python", ".md": "markdown"}
        language = by_suffix.get(PurePath(uri).suffix) or chances.choice(("python", "markdown", "plaintext"))
        document = client.open[uri] = Document(uri, language, new_text(chances))
        item = {"uri": uri, "languageId": language, "version": 1, "text": document.text}
        return notification(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": item}, "edit")
    document = client.open[chances.choice(list(client.open))]
    luck = chances.random()
    if luck < 0.03:
        client.open.pop(document.uri)
        client.spare.append(document.uri)
        return notification(types.TEXT_DOCUMENT_DID_CLOSE, {"textDocument": {"uri": document.uri}}, "edit")
    if luck < 0.1:
        return notification(types.TEXT_DOCUMENT_DID_SAVE, {"textDocument": {"uri": document.uri}}, "edit")
    sent = notification(types.TEXT_DOCUMENT_DID_CHANGE, document.edit(chances, client.encoding), "edit")
    client.world.ends[:] = [each.end(client.encoding) for each in client.open.values()]
    return sent


def _notifies(client: Client) -> Sent:
    """Of documents that nobody edits properly, so that the client need not know what becomes of them."""
    method = client.chances.choice(_NOTIFICATIONS)
    params = _elsewhere(client.params(method), set(client.open) | set(client.spare), client.chances)
    return notification(method, params, "notification")


def _notifies_wrongly(client: Client) -> Sent:
    method = client.chances.choice(_NOTIFICATIONS)
    params = _elsewhere(client.params(method), set(client.open) | set(client.spare), client.chances)
    return notification(method, mutated(params, client.chances), "spoilt notification")


def _elsewhere(params: Any, kept: set[str], chances: random.Random) -> Any:
    if isinstance(params, dict):
        return {name: _elsewhere(each, kept, chances) for name, each in params.items()}
    if isinstance(params, list):
        return [_elsewhere(each, kept, chances) for each in params]
    return chances.choice(_WILD_URIS) if isinstance(params, str) and params in kept else params


_WILD_URIS = (
    "untitled:wild-1.py",
    "untitled:wild-2",
    "file:///nowhere/wild.py",
    "vscode-notebook-cell:/nowhere/wild.ipynb#1",
)


def _changes_disk(client: Client) -> Sent:
    """A file that is written, emptied or removed behind the editor's back, and the editor that tells of it."""
    path = client.root / client.chances.choice(("app/server.py", "app/new.py", "lib/a.js", "README.md"))
    luck = client.chances.random()
    if luck < 0.2:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(new_text(client.chances), encoding="utf-8", newline="")
    change = {"uri": path.as_uri(), "type": client.chances.choice((1, 2, 3))}
    return notification(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, {"changes": [change]}, "change on disk")


def _changes_folders(client: Client) -> Sent:
    """The first folder always stays, or nothing would be left to ask about."""
    first, *others = ({"uri": uri, "name": "folder"} for uri in client.world.folders)
    some = client.chances.sample(others, client.chances.randint(0, len(others)))
    event = {"added": [first, *some], "removed": [each for each in others if each not in some]}
    return notification(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, {"event": event}, "folders")


def _changes_settings(client: Client) -> Sent:
    """What the client answers when it is asked for its settings changes, too."""
    client.settings = client.chances.choice(client.offered_settings)
    return notification(types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"settings": {"dt6": client.settings}}, "settings")


def _unknown(client: Client) -> Sent:
    method = client.chances.choice(
        ("dt6/nothing", "$/nothing", "textDocument/nothing", "", "\ud800", "rpc.x", "__init__")
    )
    if client.chances.random() < 0.5:
        return client.request(method, anything(client.chances), "unknown method")
    return notification(method, anything(client.chances), "unknown method")


def _cancels(client: Client) -> Sent:
    """Mostly what may still run, sometimes what was never asked."""
    recent = client.asked[-4:] or [0]
    luck = client.chances.random()
    named = client.chances.choice(recent) if luck < 0.8 else anything(client.chances)
    if luck > 0.95:
        return notification(
            "window/workDoneProgress/cancel", {"token": client.chances.choice(client.world.tokens)}, "cancel"
        )
    return notification("$/cancelRequest", {"id": named}, "cancel")


def _asks_and_cancels(client: Client) -> list[Sent]:
    sent = _asks(client)
    return [sent, notification("$/cancelRequest", {"id": sent.ids[0]}, "cancel")]


def _asks_twice(client: Client) -> Sent:
    """Two requests with one id, while the first may still run."""
    method = client.chances.choice(REQUESTS)
    msg_id = client.an_id()
    bodies = [
        encoded({"jsonrpc": "2.0", "id": msg_id, "method": method, "params": client.params(method)}) for _ in "ab"
    ]
    return Sent(b"".join(map(frame, bodies)), "same id twice", (msg_id, msg_id), method=method)


def _answers_unasked(client: Client) -> Sent:
    """A response to nothing, or to what the client itself has asked."""
    named = client.chances.choice([*client.asked[-4:], "nobody", anything(client.chances)])
    answer = client.chances.choice(({"result": anything(client.chances)}, {"error": anything(client.chances)}, {}))
    return Sent(frame(encoded({"jsonrpc": "2.0", "id": named, **answer})), "answer")


def _wrong_way_round(client: Client) -> Sent:
    """A request without an id, or a notification with one."""
    if client.chances.random() < 0.5:
        method = client.chances.choice((*REQUESTS, types.INITIALIZE, types.SHUTDOWN))
        return notification(method, client.params(method) if method != types.SHUTDOWN else None, "without an id")
    method = client.chances.choice((*_NOTIFICATIONS, types.INITIALIZED, types.CANCEL_REQUEST))
    params = _elsewhere(client.params(method), set(client.open) | set(client.spare), client.chances)
    return client.request(method, params, "with an id")


_ODD_IDS: tuple[Any, ...] = (None, True, 1.5, [1], {})


def _garbage(client: Client) -> Sent:
    """Whole frames whose bodies are no messages. To each there is one answer, which names none."""
    whole = encoded({"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}})
    body = client.chances.choice(
        (
            whole[: client.chances.randrange(1, len(whole))],
            client.chances.randbytes(client.chances.randint(1, 300)),
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"[" + whole + b"]",
            b"[]",
            b'"text"',
            b"1" * 5_000,
            b"null",
            encoded({"id": 1, "method": "shutdown"}),
            encoded({"jsonrpc": "1.0", "id": 1, "method": "shutdown"}),
            encoded({"jsonrpc": "2.0"}),
            *(encoded({"jsonrpc": "2.0", "id": odd, "method": "shutdown"}) for odd in _ODD_IDS),
        )
    )
    return Sent(frame(body), "garbage", nameless=1)


def _deep(client: Client) -> Sent:
    """Parameters that are nested as deep as a parser may go."""
    nested: Any = 1
    for _ in range(client.chances.choice((100, 400, 900))):
        nested = [nested] if client.chances.random() < 0.5 else {"a": nested}
    method = client.chances.choice(REQUESTS)
    params = client.params(method)
    return client.request(method, {**params, "data": nested} if isinstance(params, dict) else nested, "deep")


def _odd_headers(client: Client) -> Sent:
    sent = _asks(client)
    headers, garbage = client.chances.choice(_HEADERS)
    spelt = client.chances.choice((b"Content-Length: ", b"content-length: ", b"CONTENT-LENGTH:  ", b"Content-Length:"))
    frame = headers + sent.frame.replace(b"Content-Length: ", spelt, 1)
    return Sent(frame, "odd headers", sent.ids, garbage, sent.method)


_HEADERS = (
    (b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n", 0),
    (b"X-Odd: " + b"x" * 1_000 + b"\r\n", 0),
    (b"\r\n\r\n", 0),
    (b"Content-Length: 7\r\n", 0),  # the later one counts
    (b"Content-Length: 0\r\n\r\n", 1),
    (b"Content-Length: -1\r\n\r\n", 0),
    (b"Content-Length: 999999999\r\n\r\n", 1),
    (b"nothing\r\n", 1),
    (b"\xff\x00" * 50_000, 1),
    (b'{"jsonrpc":"2.0","method":"lost"}', 1),
)
"""What may stand before a frame, and how often the server must say that it does not belong there."""


def _huge(client: Client) -> Sent:
    """Ten megabytes: a document, a name, or nothing that can be read."""
    luck = client.chances.random()
    if luck < 0.4:
        item = {"uri": "untitled:huge.py", "languageId": "python", "version": 1, "text": "x = 1\n" * (HUGE // 6)}
        return notification(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": item}, "huge")
    if luck < 0.6:
        return Sent(frame(b"x" * HUGE), "huge", nameless=1)
    method = client.chances.choice(REQUESTS)
    params = client.params(method)
    big = client.chances.choice(("x" * HUGE, ["x"] * (HUGE // 5)))
    if isinstance(params, dict) and params:
        name = client.chances.choice(list(params))
        params = {**params, name: big}
    return client.request(method, params, "huge")


_KINDS: Mapping[Callable[[Client], Sent | list[Sent]], float] = {
    _asks: 38,
    _asks_wrongly: 14,
    _edits: 18,
    _notifies: 6,
    _notifies_wrongly: 5,
    _asks_and_cancels: 5,
    _cancels: 3,
    _garbage: 3,
    _changes_disk: 1,
    _changes_folders: 0.2,
    _changes_settings: 0.5,
    _unknown: 2,
    _asks_twice: 1.5,
    _answers_unasked: 1.5,
    _wrong_way_round: 1,
    _odd_headers: 1,
    _deep: 0.5,
    _huge: 0.05,
}


def world(uris: list[str], folders: list[str]) -> World:
    return World([*uris, *ODD_URIS[:4]], folders, (*commands.NAMES, "dt6.nothing"), command_arguments())
