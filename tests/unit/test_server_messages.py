"""What the server makes of a message, and that whatever it can't write still gets an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types

from dt6_lsp.server.connection import Server
from dt6_lsp.server.converter import converter

if TYPE_CHECKING:
    from collections.abc import Mapping

RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (types.Diagnostic, {"range": RANGE, "message": "m", "tags": [1], "severity": 2}),
        (types.CodeAction, {"title": "x", "tags": [1], "kind": "quickfix"}),
        (types.CodeActionContext, {"diagnostics": [], "triggerKind": 2, "only": ["refactor", "own.kind"]}),
        (types.MarkupContent, {"kind": "markdown", "value": "x"}),
        (types.WorkspaceSymbol, {"name": "x", "kind": 99, "location": {"uri": "file:///a"}}),
    ],
)
def test_members_of_enumerations_come_back_as_they_came(kind: type, given: Mapping[str, Any]) -> None:
    own = converter()
    assert own.unstructure(own.structure(given, kind)) == given


def test_a_member_that_nobody_knows_yet_does_not_lose_the_message() -> None:
    given = {"contentFormat": ["markdown", "asciidoc"]}
    found = converter().structure(given, types.HoverClientCapabilities)
    assert list(found.content_format or ()) == [types.MarkupKind.Markdown, "asciidoc"]


@pytest.mark.parametrize("given", [{"line": "7", "character": 0}, {"line": True, "character": 0}, {"line": 1.5}])
def test_what_is_of_the_wrong_type_does_not_fit(given: Mapping[str, Any]) -> None:
    with pytest.raises(Exception, match="Position"):
        converter().structure(given, types.Position)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (types.TextDocumentItem, {"uri": "file:///a", "languageId": 7, "version": 1, "text": ""}),
        (types.CodeAction, {"title": "x", "kind": -1}),
        (types.TextDocumentIdentifier, {"uri": ["file:///a"]}),
        (types.CancelParams, {"id": [1]}),
        (types.WorkDoneProgressCancelParams, {"token": {}}),
    ],
)
def test_what_is_no_name_and_no_token_does_not_fit(kind: type, given: Mapping[str, Any]) -> None:
    with pytest.raises(Exception, match=kind.__name__):
        converter().structure(given, kind)


class _Written:
    def __init__(self) -> None:
        self.bytes = b""

    def write(self, data: bytes) -> None:
        self.bytes += data

    def close(self) -> None:
        """Nothing is open."""


async def test_an_answer_that_can_not_be_written_is_answered_as_an_error() -> None:
    server, written = Server(), _Written()
    server.protocol.set_writer(written)
    wrong: Any = types.CodeAction("x", tags=[object()])  # type: ignore[list-item]  # as a handler may err
    server.protocol._result_types[7] = types.CodeActionResolveResponse
    server.protocol._send_response(7, result=wrong)
    head, _, body = written.bytes.partition(b"\r\n\r\n")
    answer = json.loads(body)
    assert (answer["id"], answer["error"]["code"]) == (7, -32603)
    assert "did not expect" in answer["error"]["message"]
    assert b"Content-Length: %d" % len(body) in head
