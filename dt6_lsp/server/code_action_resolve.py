"""`codeAction/resolve`, and the command `dt6.applyAction` for clients that can't ask for an edit: a model writes it.

A document that was changed since the action was offered, or while the model wrote, gets no edit of what it was before.
Not here: the list of actions (`code_action`), and the shape of edits (`edits`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import Dt6Error
from dt6_lsp.server import answers, asking_about, edits, mending
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.code_action import APPLY, MEND, ActionArguments, digest, path_of
from dt6_lsp.server.documents import snapshots
from dt6_lsp.server.faults import content_modified, invalid_params, response_error
from dt6_lsp.server.trust import untrusted

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from dt6_lsp.engine import Draft, Engine, Wanted
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.progress import WorkDone
    from dt6_lsp.server.session import Call

_LABELS = {
    "document": "Write documentation",
    "fix": "Mend the problem",
    MEND: "Mend what the review found",
    "rewrite": "Refactor",
    "types": "Add types",
    "tests": "Write tests",
}


async def resolve(call: Call, action: types.CodeAction) -> types.CodeAction:
    """With its edit; without one where the user does not want it, and for an action that is a command."""
    if action.command is not None or action.data is None:
        return action
    action.edit = await _edit(call, parse(ActionArguments, action.data, "The data of a code action"))
    return action


async def apply_action(call: Call, given: object, token: types.ProgressToken | None) -> None:
    """Returns at once: a client that waits for a command may block its user, and a model takes its time. The change
    comes as `workspace/applyEdit`; what goes wrong is shown."""
    arguments = parse(ActionArguments, given, APPLY)
    own = replace(call, cancel=CancelToken())
    if arguments.kind == "ask":
        work = asking_about.ask(own, arguments, token)
    else:
        _checked(call, arguments)
        work = _applied(own, arguments, token)
    call.session.tasks.start(_told(own, work), "Applying an action")


async def _told(call: Call, work: Awaitable[None]) -> None:
    """Nobody waits for the work any more, so what goes wrong is said in the editor, each time."""
    try:
        await call.session.engines.during(work, call.cancel)
    except Cancelled:
        return
    except (Dt6Error, JsonRpcException) as error:
        said = types.ShowMessageParams(types.MessageType.Error, response_error(error).message)
        call.session.server.window_show_message(said)


async def _applied(call: Call, arguments: ActionArguments, token: types.ProgressToken | None) -> None:
    edit = await _edit(call, arguments, token, applied=True)
    if edit is None:
        return
    params = types.ApplyWorkspaceEditParams(edit, _LABELS[arguments.kind])
    result = await until_cancelled(call.session.server.workspace_apply_edit_async(params), call.cancel)
    if not result.applied:
        reason = f" ({result.failure_reason})" if result.failure_reason else ""
        call.session.show(types.MessageType.Warning, f"The editor did not make the change{reason}.")


async def _edit(
    call: Call, arguments: ActionArguments, token: types.ProgressToken | None = None, *, applied: bool = False
) -> types.WorkspaceEdit | None:
    """None where the user does not want it, or where it was shown because this editor makes no files."""
    snapshot, client = _checked(call, arguments), call.session.client
    engine = await call.engine()
    if arguments.kind == MEND:
        drafted = mending.draft(call, snapshot, arguments.start_line, arguments.message)
    else:
        drafted = await _drafted(call, engine, arguments, snapshot, token)
    _unchanged(call, snapshot)
    if drafted.new_path and not client.creates_files:
        await answers.show_text(call.session, drafted.new_path, _as_page(drafted))
        return None
    asks = client.confirms_applied if applied else client.confirms_edits
    if not asks and not await edits.confirmed(call, snapshot, drafted):
        return None
    now = _unchanged(call, snapshot)
    return edits.workspace_edit(call, engine, now, drafted, _LABELS[arguments.kind], annotated=asks)


async def _drafted(
    call: Call, engine: Engine, arguments: ActionArguments, snapshot: Snapshot, token: types.ProgressToken | None
) -> Draft:
    wanted = _wanted(arguments, snapshot, path_of(engine, snapshot))
    with call.session.progress(f"DT6: {_LABELS[arguments.kind].lower()}", call.cancel, token=token) as bar:
        telling = _Telling(call, snapshot, bar)
        return await engine.draft(wanted, cancel=call.cancel, texts=call.texts(engine), tell=telling)


def _checked(call: Call, arguments: ActionArguments) -> Snapshot:
    """The document that an action is about, if it is as it was then."""
    if arguments.kind not in _LABELS:
        raise invalid_params(f"DT6 has no action {arguments.kind!r} that changes something.")
    if not 1 <= arguments.start_line <= arguments.end_line:
        raise invalid_params(f"The lines {arguments.start_line} to {arguments.end_line} are none.")
    if not call.settings.workspace.trusted:
        raise untrusted()
    snapshot = call.documents.get(arguments.uri)
    if snapshot is None or digest(snapshot.text) != arguments.digest:
        raise content_modified()
    return snapshot


def _unchanged(call: Call, snapshot: Snapshot) -> Snapshot:
    """As it is now: an edit that was taken back left the same text with another version."""
    now = snapshots(call.session.server.workspace).get(snapshot.uri)
    if now is None or now.text != snapshot.text:
        raise content_modified()
    return now


def _wanted(arguments: ActionArguments, snapshot: Snapshot, path: str) -> Wanted:
    from dt6_lsp.engine import EDITS, Problem, Wanted, named  # late: the engine is not needed for `initialize`

    kind = next(kind for kind in EDITS if kind == arguments.kind)
    name, language = named(path, snapshot.text, snapshot.language)
    lines = (arguments.problem_line, arguments.problem_end_line)
    problem = Problem(arguments.message, *lines, arguments.code, arguments.source) if arguments.message else None
    return Wanted(kind, name, language, snapshot.text, arguments.start_line, arguments.end_line, problem)


def _as_page(drafted: Draft) -> str:
    from dt6_lsp.assistant.sanitize import fenced

    said = f"Written by {drafted.model}. This editor lets DT6 make no files: save it as you like."
    return f"# {drafted.new_path}\n\n{said}\n\n{fenced(drafted.new_text)}\n"


class _Telling:
    """Says in the bar how far the model is. Stops it as soon as the document is not what it writes about any more."""

    def __init__(self, call: Call, snapshot: Snapshot, bar: WorkDone) -> None:
        self._call, self._snapshot, self._bar = call, snapshot, bar
        self._lines = 0

    def __call__(self, piece: str) -> None:
        _unchanged(self._call, self._snapshot)
        self._lines += piece.count("\n")
        self._bar.report(f"{self._lines} lines written")
