"""Exactly one response to every request, in plain words, whatever is sent."""

from __future__ import annotations

import json
import select
from typing import TYPE_CHECKING, Any

import pytest

from tests.lsp.harness import environment, make_workspace
from tests.lsp.raw import frame, raw_server

if TYPE_CHECKING:
    from pathlib import Path

HOVER = "textDocument/hover"
PLACE = {"textDocument": {"uri": "file:///nowhere.py"}, "position": {"line": 0, "character": 0}}


async def test_requests_that_do_not_fit(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        cases: list[tuple[str, object, int, str]] = [
            (HOVER, {**PLACE, "position": {"line": "x", "character": 0}}, -32602, "params.position.line"),
            (HOVER, {**PLACE, "position": {"line": -1, "character": 0}}, -32602, "params.position"),
            (HOVER, {"textDocument": PLACE["textDocument"]}, -32602, "params.position"),
            (HOVER, [1, 2], -32602, HOVER),
            (HOVER, None, -32602, "params"),
            ("workspace/symbol", {"search": "x"}, -32602, "params.query"),
            ("workspace/executeCommand", {"command": "dt6.nope"}, -32602, "dt6.ask"),
            ("workspace/executeCommand", {"command": "dt6.ask"}, -32602, "question"),
            (
                "workspace/executeCommand",
                {"command": "dt6.search", "arguments": [{"query": "x", "n": "9"}]},
                -32602,
                "n",
            ),
            (
                "workspace/executeCommand",
                {"command": "dt6.search", "arguments": [{"query": "x", "n": 0}]},
                -32602,
                "hits",
            ),
            ("workspace/executeCommand", {"command": "dt6.search", "arguments": ["x", "y"]}, -32602, "one argument"),
            ("workspace/executeCommand", {"command": "dt6.index", "arguments": [[]]}, -32602, "object"),
            ("workspace/executeCommand", {"command": "dt6.stats", "arguments": [{"all": 1}]}, -32602, "all"),
            ("dt6/ask", {"question": 3}, -32602, "question"),
            ("dt6/ask", {"question": " "}, -32602, "question"),
            ("dt6/ask", None, -32602, "question"),
            ("dt6/ask", {"question": "why", "partialResultToken": []}, -32602, "token"),
            ("dt6/nothing", {}, -32601, "dt6/nothing"),
            ("$/unknown", {}, -32601, "$/unknown"),
            ("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, -32600, "already"),
        ]
        for number, (method, params, code, word) in enumerate(cases):
            answer = await server.ask(method, params, number)
            assert (answer["id"], answer["error"]["code"]) == (number, code), (method, params, answer)
            assert word in answer["error"]["message"], answer
            assert "data" not in answer["error"]
            assert "Traceback" not in str(answer)


async def test_ids_come_back_as_they_were_sent(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for msg_id in ("7", 7, 0, -1, "", "ü", 2**40):
            answer = await server.ask(HOVER, PLACE, msg_id)
            assert answer == {"jsonrpc": "2.0", "id": msg_id, "result": None}


async def test_an_action_may_name_a_diagnostic_with_tags(tmp_path: Path) -> None:
    """lsprotocol keeps numbers in lists of enumerations, and then can't write them."""
    where = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}}
    unused = {"range": where, "message": "x is not used", "severity": 4, "tags": [1]}
    item = {"uri": "untitled:a.py", "languageId": "python", "version": 1, "text": "x = 1\n"}
    params = {"textDocument": {"uri": item["uri"]}, "range": where, "context": {"diagnostics": [unused]}}
    kinds: dict[str, object] = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}
    able = {"textDocument": {"codeAction": kinds}, "workspace": {"applyEdit": True}}
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize(capabilities=able)
        server.send(method="textDocument/didOpen", params={"textDocument": item})
        answer = await server.ask("textDocument/codeAction", params)
        assert [each["diagnostics"] for each in answer["result"] if "diagnostics" in each] == [[unused]]


async def test_what_answers_a_request_of_the_client_is_no_answer_of_the_client(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for msg_id in range(10):
            server.send(id=msg_id, method="dt6/ask", params={"question": "why"})
            server.send(id=msg_id, result=None)
        answers = [await server.answer() for _ in range(10)]
        assert sorted(answer["id"] for answer in answers) == list(range(10))


async def test_what_is_nested_too_deep_to_be_sent_back_is_answered(tmp_path: Path) -> None:
    nested: list[object] = []
    for _ in range(900):
        nested = [nested]
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        action = {"title": "x", "command": {"title": "x", "command": "dt6.ask"}, "data": nested}
        answer = await server.ask("codeAction/resolve", action)
        assert "result" in answer or answer["error"]["code"] == -32602
        assert (await server.ask(HOVER, PLACE, "next"))["id"] == "next"


async def test_a_notification_that_is_sent_as_a_request_is_answered(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for method in ("$/setTrace", "textDocument/didOpen", "initialized", "$/cancelRequest"):
            assert (await server.ask(method, {}))["error"]["code"] == -32601
        server.send(method="shutdown")
        assert (await server.ask(HOVER, PLACE))["result"] is None


async def test_an_id_that_is_taken_is_answered_twice_and_confused_never(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for second in (PLACE, {"textDocument": 7}):
            messages = [_message(id=7, method=HOVER, params=params) for params in (PLACE, second)]
            server.send_bytes(b"".join(map(frame, messages)))
            answers = [await server.answer() for _ in messages]
            assert [answer["id"] for answer in answers] == [7, 7]
            assert sorted(answer.get("error", {}).get("code", 0) for answer in answers) == [-32600, 0]
        assert (await server.ask(HOVER, PLACE, 7))["result"] is None


async def test_garbage_costs_only_itself(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for body, code in [
            (b"{nonsense", -32700),
            (b"\xff\xfe", -32700),
            (b"[" * 100_000, -32700),
            (b"[]", -32600),
            (b'[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]', -32600),
            (b'"text"', -32600),
            (b'{"id":1,"method":"shutdown"}', -32600),
            (b'{"jsonrpc":"2.0"}', -32600),
            (b'{"jsonrpc":"2.0","id":null,"method":"shutdown"}', -32600),
            (b'{"jsonrpc":"2.0","id":[1],"method":"shutdown"}', -32600),
        ]:
            server.send_bytes(frame(body))
            answer = await server.answer()
            assert answer["error"]["code"] == code, body[:40]
            assert "id" in answer
        server.send_bytes(b"X-Odd: 1\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n")
        assert (await server.ask(HOVER, PLACE))["result"] is None


async def test_objects_that_look_like_messages_inside_of_messages(tmp_path: Path) -> None:
    lookalike = {"jsonrpc": "2.0", "id": 1, "method": "shutdown"}
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        answer = await server.ask("workspace/executeCommand", {"command": "dt6.ask", "arguments": [lookalike]})
        assert answer["error"]["code"] == -32602
        assert (await server.ask(HOVER, PLACE))["result"] is None


async def test_notifications_that_do_not_fit_or_exist_are_passed_over(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        server.send(method="textDocument/didOpen", params={"textDocument": 1})
        server.send(method="textDocument/didChange", params={"textDocument": {"uri": "file:///x", "version": 1}})
        change = {"textDocument": {"uri": "file:///never-opened", "version": 1}, "contentChanges": [{"text": "x"}]}
        server.send(method="textDocument/didChange", params=change)
        server.send(method="$/cancelRequest", params={"id": 99})
        server.send(method="window/workDoneProgress/cancel", params={"token": "unknown"})
        server.send(method="what/ever")
        server.send(id="unasked", result=3)
        server.send(id="unasked", error={"code": 1, "message": "no"})
        assert (await server.ask(HOVER, PLACE))["result"] is None


async def test_before_initialize_and_after_shutdown(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        assert (await server.ask(HOVER, PLACE, "early"))["error"]["code"] == -32002
        assert (await server.ask("shutdown", None, "early too"))["error"]["code"] == -32002
        await server.initialize()
        assert (await server.ask("shutdown", None, 2))["result"] is None
        for method in (HOVER, "shutdown", "workspace/symbol"):
            assert (await server.ask(method, PLACE, 3))["error"]["code"] == -32600


async def test_several_messages_in_one_write_are_answered_each(tmp_path: Path) -> None:
    """A pipe takes this much at once, so that each cancel is there before its request has begun."""
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        pairs = [(_message(id=i, method=HOVER, params=PLACE), _cancel(i)) for i in range(8)]
        together = b"".join(frame(body) for pair in pairs for body in pair)
        assert len(together) <= select.PIPE_BUF
        server.send_bytes(together)
        answers = [await server.answer() for _ in pairs]
        assert sorted(answer["id"] for answer in answers) == list(range(8))
        assert {answer.get("error", {}).get("code") for answer in answers} == {-32800}


async def test_a_cancel_that_may_come_too_late_still_leaves_one_answer(tmp_path: Path) -> None:
    async with raw_server(environment(tmp_path)) as server:
        await server.initialize()
        for msg_id in range(20):
            server.send(id=msg_id, method=HOVER, params=PLACE)
            server.send_bytes(frame(_cancel(msg_id)))
        answers = [await server.answer() for _ in range(20)]
        assert sorted(answer["id"] for answer in answers) == list(range(20))
        assert all(
            answer["result"] is None if "result" in answer else answer["error"]["code"] == -32800 for answer in answers
        )
        assert (await server.ask(HOVER, PLACE, "next"))["id"] == "next", "and no other answer came"


def _message(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()


def _cancel(msg_id: int) -> bytes:
    return _message(method="$/cancelRequest", params={"id": msg_id})


@pytest.mark.parametrize("bad", [{"capabilities": 1}, {"rootUri": None}, {"processId": "me", "capabilities": {}}])
async def test_an_initialize_that_does_not_fit_may_be_tried_again(tmp_path: Path, bad: dict[str, Any]) -> None:
    async with raw_server(environment(tmp_path)) as server:
        assert (await server.ask("initialize", bad))["error"]["code"] == -32602
        assert "capabilities" in (await server.initialize())["result"]


async def test_nothing_but_the_protocol_is_on_stdout(tmp_path: Path) -> None:
    """Python would print warnings of this kind to stdout or stderr of any process; the first bytes must be a header."""
    root = make_workspace(tmp_path / "work")
    async with raw_server({**environment(tmp_path / "state"), "PYTHONVERBOSE": "1"}) as server:
        await server.initialize(rootUri=root.as_uri())
        assert "result" in await server.ask("workspace/symbol", {"query": "Server"})
