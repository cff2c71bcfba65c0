"""Drafts as the protocol's edits, and the user's consent to them.

An edit carries the version of the document, where the client takes one, and says that it wants to be confirmed. Where
a client does not ask its user for that, DT6 does: nothing is changed without a yes.
Not here: writing drafts (`dt6_lsp.features.actions`), and what a workspace that is not trusted gets (`trust`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.server.convert import lines_range, offsets_range, split_lines, to_uri

if TYPE_CHECKING:
    from dt6_lsp.engine import Draft, Engine
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.session import Call

_ANNOTATION = "dt6"
_APPLY, _DISCARD = "Apply", "Discard"
_MOST_SHOWN = 12  # lines of a change
_WIDTH = 100


def workspace_edit(
    call: Call, engine: Engine, snapshot: Snapshot, draft: Draft, label: str, *, annotated: bool
) -> types.WorkspaceEdit:
    """`snapshot` is the document as it is now. `annotated`: the client asks its user before it makes the edit."""
    client = call.session.client
    edits = _text_edits(call, snapshot, draft)
    if not (client.document_changes or draft.new_path):
        return types.WorkspaceEdit(changes={snapshot.uri: edits})
    marked = [_annotated(edit) if annotated else edit for edit in edits]
    changes: list[types.CreateFile | types.TextDocumentEdit] = []
    uri, version = snapshot.uri, snapshot.version
    if draft.new_path:
        uri, version = to_uri(engine.locate(draft.new_path)), None
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        changes.append(types.CreateFile(uri, options=options, annotation_id=_ANNOTATION if annotated else None))
    changes.append(types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), marked))
    said = " ".join((f"Written by {draft.model}.", *draft.notices))
    notes = types.ChangeAnnotation(label=label, needs_confirmation=True, description=said)
    return types.WorkspaceEdit(document_changes=changes, change_annotations={_ANNOTATION: notes} if annotated else None)


async def confirmed(call: Call, snapshot: Snapshot, draft: Draft) -> bool:
    """The user's own word, asked for by DT6."""
    params = types.ShowMessageRequestParams(
        types.MessageType.Info,
        question(snapshot, draft),
        [types.MessageActionItem(_APPLY), types.MessageActionItem(_DISCARD)],
    )
    asked = call.session.server.window_show_message_request_async(params)
    chosen = await until_cancelled(asked, call.cancel)
    return chosen is not None and chosen.title == _APPLY


def question(snapshot: Snapshot, draft: Draft) -> str:
    """What would be changed, and the first lines of it."""
    from difflib import unified_diff  # late, as the engine: neither is needed for `initialize`

    from dt6_lsp.engine import apply

    before, after = ("", draft.new_text) if draft.new_path else (snapshot.text, apply(snapshot.text, draft.changes))
    lines = list(unified_diff(split_lines(before), split_lines(after), lineterm="", n=0))[2:]
    changed = [line for line in lines if not line.startswith("@@")]
    shown = [line[:_WIDTH] for line in changed[:_MOST_SHOWN]]
    more = [f"… and {len(changed) - _MOST_SHOWN} more lines"] if len(changed) > _MOST_SHOWN else []
    name = draft.new_path or snapshot.uri.rpartition("/")[2]
    lines_of = "1 line of" if len(changed) == 1 else f"{len(changed)} lines of"
    what = "write the new file" if draft.new_path else f"change {lines_of}"
    return "\n".join((f"{draft.model} would {what} {name}. Apply it?", *draft.notices, *shown, *more))


def _text_edits(call: Call, snapshot: Snapshot, draft: Draft) -> list[types.TextEdit]:
    if draft.new_path:
        return [types.TextEdit(lines_range(1, 0), draft.new_text)]
    return [
        types.TextEdit(offsets_range(snapshot.text, each.start, each.end, call.encoding), each.text)
        for each in draft.changes
    ]


def _annotated(edit: types.TextEdit) -> types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(annotation_id=_ANNOTATION, range=edit.range, new_text=edit.new_text)
