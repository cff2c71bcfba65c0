"""A finding's own fix as an edit. It came with the review, so no model is asked for it.

Not here: the code action that offers it (`code_action`), fixes that a model is asked for, and findings (`findings`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.server.convert import from_position
from dt6_lsp.server.faults import content_modified
from dt6_lsp.server.findings import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsprotocol.types import Diagnostic

    from dt6_lsp.engine import Draft, Finding
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.session import Call


def fixable(call: Call, snapshot: Snapshot, diagnostics: Sequence[Diagnostic]) -> Iterator[tuple[Diagnostic, Finding]]:
    """Those of an editor's diagnostics that are findings with a fix."""
    found = call.session.findings.of(snapshot.uri, snapshot.text)
    for diagnostic in diagnostics:
        line, _ = from_position(snapshot.text, diagnostic.range.start, call.encoding)
        for finding in found if diagnostic.source == SOURCE else ():
            if finding.fix and (finding.start_line, finding.message) == (line, diagnostic.message):
                yield diagnostic, finding


def draft(call: Call, snapshot: Snapshot, line: int, message: str) -> Draft:
    """The edit that mends the finding of this line."""
    from dt6_lsp.engine import mended  # late: the engine is not needed for `initialize`

    found = call.session.findings.of(snapshot.uri, snapshot.text)
    finding = next((each for each in found if (each.start_line, each.message) == (line, message) and each.fix), None)
    kept = call.session.findings.kept(snapshot.uri)
    if finding is None or kept is None:
        raise content_modified()
    return mended(finding, snapshot.text, kept.backend, kept.model)
