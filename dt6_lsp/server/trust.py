"""Nothing changes a file of a workspace that is not trusted: the one place that sees to it, whatever a feature makes.

An edit reaches an editor as the result of a request, or by `workspace/applyEdit`; both pass through here. What features
say beforehand (an action that is disabled, with its reason) is for people and holds nothing up.
Not here: models, servers and git, which a workspace that is not trusted never gets to (`dt6_lsp.settings.trust`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from dt6_lsp.settings import Settings

_EDITS = (types.WorkspaceEdit, types.TextEdit, types.AnnotatedTextEdit, types.SnippetTextEdit)


def untrusted() -> WorkspaceError:
    return WorkspaceError(
        "This workspace is not trusted, so DT6 changes nothing in it.",
        "Trust it in your editor, or set workspace.trusted.",
    )


def admit(result: object, settings: Settings) -> object:
    """The result of a request as it may be sent: of a list, what changes no file. `WorkspaceError` for an edit."""
    if settings.workspace.trusted:
        return result
    if isinstance(result, list) and any(map(edits, result)):
        return [each for each in result if not edits(each)]
    if edits(result):
        raise untrusted()
    return result


def admit_request(method: str, settings: Settings) -> None:
    """`WorkspaceError` for a request to the editor that would change a file."""
    if method == types.WORKSPACE_APPLY_EDIT and not settings.workspace.trusted:
        raise untrusted()


def edits(result: object) -> bool:
    """True for an edit, and for what an editor would take one out of."""
    return isinstance(result, _EDITS) or isinstance(getattr(result, "edit", None), _EDITS)
