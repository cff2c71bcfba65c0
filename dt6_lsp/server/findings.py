"""The findings of reviews, as diagnostics of the documents that they are about.

They follow their lines while a document is edited, and go with the lines, with the document, and by `dt6.clearReview`.
A client that pulls (`textDocument/diagnostic`) and can be told to look again is told so; it and any other is sent those
of files that are not open, and a client that can't pull those of all. No model is asked here.
Not here: the review (`review`), and edits that mend (`mending`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.server.convert import column_range, document_key, split_lines
from dt6_lsp.server.documents import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.engine import Finding
    from dt6_lsp.server.convert import Encoding
    from dt6_lsp.server.session import Call, Session

SOURCE = "DT6"
IDENTIFIER = "dt6"
_MOST_DOCUMENTS = 200
_SEVERITIES: Mapping[str, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """Of one document: the text that the findings are of, and who wrote them."""

    uri: str
    text: str
    findings: tuple[Finding, ...]
    backend: str
    model: str


class Findings:
    """Of one session. Belongs to its event loop."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def put(self, new: Kept, lines: tuple[int, int]) -> None:
        """In place of those that were found before in these lines."""
        before = self.of(new.uri, new.text)
        others = [each for each in before if not (lines[0] <= each.start_line and each.end_line <= lines[1])]
        findings = tuple(sorted((*others, *new.findings), key=lambda each: (each.start_line, each.end_line)))
        self._kept.pop(document_key(new.uri), None)
        self._kept[document_key(new.uri)] = replace(new, findings=findings)
        while len(self._kept) > _MOST_DOCUMENTS:
            del self._kept[next(iter(self._kept))]

    def of(self, uri: str, text: str) -> tuple[Finding, ...]:
        """As they stand in this text, and from now on."""
        kept = self._kept.get(document_key(uri))
        if kept is None:
            return ()
        if kept.text != text:
            from dt6_lsp.engine import moved  # late: the engine is not needed for `initialize`

            kept = replace(kept, text=text, findings=moved(kept.findings, kept.text, text))
            self._kept[document_key(uri)] = kept
        return kept.findings

    def kept(self, uri: str) -> Kept | None:
        return self._kept.get(document_key(uri))

    def forget(self, uri: str = "") -> list[str]:
        """Those of a document, or all; the URIs of the documents that had any."""
        keys = [document_key(uri)] if uri else list(self._kept)
        return [kept.uri for key in keys if (kept := self._kept.pop(key, None)) is not None]


async def document_diagnostic(
    call: Call, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """What the last review found, where it stands now. Nothing of a document that is not open."""
    snapshot = call.documents.get(params.text_document.uri)
    text = snapshot.text if snapshot is not None else ""
    found = call.session.findings.of(params.text_document.uri, text) if snapshot is not None else ()
    result = _result_id(found)
    if result == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result)
    items = diagnostics(text, found, call.encoding)
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=result)


def diagnostics(text: str, found: Sequence[Finding], encoding: Encoding) -> list[types.Diagnostic]:
    lines = split_lines(text)
    return [_diagnostic(lines, each, encoding) for each in found if each.end_line <= len(lines)]


def show(session: Session, uris: Sequence[str]) -> None:
    """Where the findings of these documents changed."""
    if session.client.pulls_diagnostics:
        session.server.workspace_diagnostic_refresh(None)
    for uri in uris:
        document = session.server.workspace.text_documents.get(document_key(uri))
        if document is None or not session.client.pulls_diagnostics:
            _publish(session, uri, document.version if document is not None else None)


def opened(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """What was sent for the file is pulled from now on."""
    uri = params.text_document.uri
    kept = session.findings.kept(uri)
    if kept is not None and session.client.pulls_diagnostics:
        session.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(kept.uri, []))
    elif kept is not None:
        _follow(session, uri)


def changed(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    _follow(session, params.text_document.uri)


def closed(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    for uri in session.findings.forget(params.text_document.uri):
        session.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _follow(session: Session, uri: str) -> None:
    """An edit has changed the text. Who pulls does so again by itself."""
    kept, text = session.findings.kept(uri), text_of(session.server.workspace, uri)
    if kept is None or text is None or (not kept.findings and kept.text == text):
        return
    now = session.findings.of(uri, text)
    if now != kept.findings and not session.client.pulls_diagnostics:
        _publish(session, uri, session.server.workspace.get_text_document(uri).version)


def _publish(session: Session, uri: str, version: int | None) -> None:
    kept = session.findings.kept(uri)
    encoding = session.server.workspace.position_encoding or types.PositionEncodingKind.Utf16
    items = diagnostics(kept.text, kept.findings, encoding) if kept is not None else []
    known = version if session.client.versioned_diagnostics else None
    params = types.PublishDiagnosticsParams(kept.uri if kept is not None else uri, items, known)
    session.server.text_document_publish_diagnostics(params)


def _diagnostic(lines: Sequence[str], found: Finding, encoding: Encoding) -> types.Diagnostic:
    """From the first character that is no blank to the end of the last line."""
    first, last = lines[found.start_line - 1], lines[found.end_line - 1]
    indent = len(first) - len(first.lstrip())
    return types.Diagnostic(
        range=column_range(found.start_line, indent, first, found.end_line, len(last), last, encoding),
        message=found.message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
    )


def _result_id(found: Sequence[Finding]) -> str:
    return hashlib.blake2b(repr(found).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
