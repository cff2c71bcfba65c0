"""`dt6.review`: a model looks for what is wrong in a document, in lines of it, or in what is not committed as it is.

What it finds becomes diagnostics (`findings`); who calls it gets them as data, too, and in words how many there are.
Not here: how a model is asked, and what is done about a finding (`mending`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.server import findings
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.code_action import path_of
from dt6_lsp.server.convert import document_key, split_lines
from dt6_lsp.server.faults import invalid_params
from dt6_lsp.server.session import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.engine import Engine, Reviewed, Target
    from dt6_lsp.server.session import Session

logger = logging.getLogger(__name__)

REVIEW, CLEAR = "dt6.review", "dt6.clearReview"


@dataclass(frozen=True, slots=True)
class ReviewArguments:
    """The open document `uri`, or of it the lines of `range` (as in LSP); or with `changes` all lines of the workspace
    that are not committed as they are."""

    uri: str = ""
    range: Any = None
    changes: bool = False


@dataclass(frozen=True, slots=True)
class ClearReviewArguments:
    """The document `uri`, or all."""

    uri: str = ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Lines to be looked at, and the URI that their findings are shown at."""

    uri: str
    target: Target


async def review(call: Call, given: object, token: types.ProgressToken | None) -> dict[str, Any]:
    arguments = parse(ReviewArguments, given, REVIEW, bare="uri")
    if bool(arguments.uri) == arguments.changes:
        raise invalid_params(f"{REVIEW} needs 'uri', or 'changes'.")
    engine = await call.engine()
    wanted, more = await _wanted(call, engine, arguments)
    done = await _reviewed(call, engine, wanted, token)
    found = to_json(done, more)
    call.session.server.window_show_message(types.ShowMessageParams(types.MessageType.Info, _summary(found)))
    return found


async def clear(call: Call, given: object, _token: types.ProgressToken | None) -> dict[str, Any]:
    arguments = parse(ClearReviewArguments, given, CLEAR, bare="uri")
    gone = call.session.findings.forget(arguments.uri)
    findings.show(call.session, gone)
    return {"documents": len(gone)}


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Where the user wants it, a document that is saved is reviewed; a later save ends the review of an earlier one."""
    if not session.settings.review.on_save:
        return
    if session.reviewing is not None:
        session.reviewing.cancel()
    session.reviewing = cancel = CancelToken()
    work = _of_saved(Call.open(session, cancel), params.text_document.uri)
    session.tasks.start(session.engines.during(work, cancel), "Reviewing what was saved")


async def _of_saved(call: Call, uri: str) -> None:
    """Nobody asked for it now, so nothing is shown but what it finds, and a model that is absent is no error."""
    if call.documents.get(uri) is None:
        return
    engine = await call.engine()
    await engine.look_for_model()
    if why := engine.why_no_model():
        logger.info("What was saved is not reviewed: %s", why)
        return
    wanted, _ = await _wanted(call, engine, ReviewArguments(uri))
    await _reviewed(call, engine, wanted, None)


async def _wanted(call: Call, engine: Engine, arguments: ReviewArguments) -> tuple[list[_Wanted], int]:
    from dt6_lsp.engine import Target, named  # late, as all that needs the engine
    from dt6_lsp.server.questions import range_of

    if arguments.changes:
        targets, more = await engine.uncommitted(cancel=call.cancel, texts=call.texts(engine))
        return [_Wanted(call.uri(engine, target.path), target) for target in targets], more
    snapshot = call.documents.get(arguments.uri)
    if snapshot is None:
        raise WorkspaceError("The document that is to be reviewed is not open.", "Open it.")
    if not snapshot.text.strip():
        raise WorkspaceError("There is nothing to review in an empty document.", "Write something first.")
    first, last = 1, len(split_lines(snapshot.text))
    if arguments.range is not None:
        marked = range_of(arguments.range)
        first = marked.start.line + 1
        last = min(last, max(first, marked.end.line + (marked.end.character > 0)))
    if first > last:
        raise WorkspaceError(f"The document has no line {first}.", "Mark lines that it has.")
    name, _ = named(path_of(engine, snapshot), snapshot.text, snapshot.language)
    return [_Wanted(snapshot.uri, Target(name, snapshot.text, first, last))], 0


async def _reviewed(
    call: Call, engine: Engine, wanted: Sequence[_Wanted], token: types.ProgressToken | None
) -> list[tuple[str, Reviewed]]:
    """What is found is shown as soon as its lines have been looked at."""
    done = []
    with call.session.progress("DT6: reviewing", call.cancel, token=token) as bar:
        for number, each in enumerate(wanted):
            target = each.target
            bar.report(f"{target.path}:{target.first_line}-{target.last_line}", 100 * number // len(wanted))
            telling = _Telling(bar.report, f"{target.path}:{target.first_line}-{target.last_line}")
            found = await engine.review(target, cancel=call.cancel, texts=call.texts(engine), tell=telling)
            kept = findings.Kept(each.uri, target.text, found.findings, found.backend, found.model)
            call.session.findings.put(kept, (target.first_line, target.last_line))
            _follow_edits(call, each.uri)
            findings.show(call.session, [each.uri])
            done.append((each.uri, found))
        bar.ending = _count(sum(len(found.findings) for _, found in done))
    return done


def _follow_edits(call: Call, uri: str) -> None:
    """The document may have been edited meanwhile."""
    now = call.session.server.workspace.text_documents.get(document_key(uri))
    if now is not None:
        call.session.findings.of(uri, now.source)


class _Telling:
    def __init__(self, report: Any, what: str) -> None:
        self._report, self._what, self._lines = report, what, 0

    def __call__(self, piece: str) -> None:
        self._lines += piece.count("\n")
        self._report(f"{self._what}, {self._lines} lines written")


def to_json(done: Sequence[tuple[str, Reviewed]], more: int) -> dict[str, Any]:
    """`dropped` were written and could not be used; `left_out` are files with changes beyond the first."""
    last = done[-1][1] if done else None
    return {
        "findings": [
            {
                "uri": uri,
                "path": found.target.path,
                "start_line": each.start_line,
                "end_line": each.end_line,
                "severity": each.severity,
                "code": each.code,
                "message": each.message,
                "fix": each.fix,
            }
            for uri, found in done
            for each in found.findings
        ],
        "dropped": sum(found.dropped for _, found in done),
        "files": len({uri for uri, _ in done}),
        "left_out": more,
        "backend": last.backend if last else "",
        "model": last.model if last else "",
        "notice": " ".join(dict.fromkeys(notice for _, found in done for notice in found.notices)),
    }


def _summary(found: dict[str, Any]) -> str:
    if not found["files"]:
        return "DT6 reviewed nothing: all is committed as it is."
    parts = [f"DT6 reviewed {found['files']} {'file' if found['files'] == 1 else 'files'}"]
    parts.append(_count(len(found["findings"])))
    if found["dropped"]:
        parts.append(f"{found['dropped']} more could not be used")
    if found["left_out"]:
        parts.append(f"{found['left_out']} further files have changed")
    return f"{parts[0]}: {', '.join(parts[1:])}."


def _count(findings: int) -> str:
    return {0: "nothing found", 1: "1 finding"}.get(findings, f"{findings} findings")
