"""`textDocument/codeAction`: what can be done at a place, told from the text alone. No model is asked.

An action says nothing of an edit: `code_action_resolve` makes it when one is chosen, or, where a client can't ask for
it, the command `dt6.applyAction`. What an action is lies in its `data`, never in its title.
Not here: what is offered where (`dt6_lsp.features.actions`).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp.server import mending
from dt6_lsp.server.convert import from_position, lines_range, to_path, to_plain
from dt6_lsp.server.document_symbol import telling_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dt6_lsp.engine import Engine, Finding, Offer, Problem
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.session import Call

APPLY, MEND = "dt6.applyAction", "mend"
KINDS: Mapping[str, str] = {
    "fix": types.CodeActionKind.QuickFix.value,
    "document": "refactor.rewrite.document",
    "types": "refactor.rewrite.types",
    "rewrite": "refactor.rewrite",
    "tests": "refactor.tests",
    "explain": "dt6.explain",
    "review": "dt6.review",
    "ask": "dt6.ask",
}
"""The protocol has no kind for what changes nothing; those of DT6 are found by `only: ["dt6"]`, and shown with all."""
_ON_LINES = frozenset(("explain", "review"))  # commands by the name of the kind
_EDITS = frozenset(("fix", "document", "types", "rewrite", "tests"))
_LONGEST_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class ActionArguments:
    """One action: its kind, the document with a digest of the text that it was offered for, and its lines (from 1,
    both included). The last four say which problem a fix is to mend."""

    kind: str
    uri: str
    digest: str
    start_line: int
    end_line: int
    version: int = -1
    message: str = ""
    code: str = ""
    source: str = ""
    problem_line: int = 0
    problem_end_line: int = 0


async def code_action(call: Call, params: types.CodeActionParams) -> list[types.CodeAction | types.Command] | None:
    """None for a document that is not open. Waits for no engine: without one, nothing is known of a model yet."""
    snapshot = call.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    if _asked_by_itself(params) and not params.context.diagnostics:
        return []
    engine = await call.session.engines.get_within(0)
    offered = await call.session.in_worker(lambda: _offers(call, snapshot, params, engine))
    reason = _reason(call, engine)
    shape = _Shape(call, snapshot, params.context.diagnostics, reason)
    mends = [shape.mend(*each) for each in _mends(call, snapshot, params.context)]
    return [*mends, *(action for action in map(shape.of, offered) if action is not None)]


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Kinds are a hierarchy: `refactor` asks for `refactor.rewrite`, too; the empty one for all."""
    return only is None or any(not each or kind == each or kind.startswith(f"{each}.") for each in only)


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def path_of(engine: Engine | None, snapshot: Snapshot) -> str:
    """As the engine names the file; of one elsewhere its folder and name, which tell whether it is secret."""
    inside = snapshot.name(engine) if engine is not None else ""
    if inside:
        return inside
    path = to_path(snapshot.uri) if snapshot.uri.lower().startswith("file:") else None
    return "/".join(PurePath(path).parts[-2:]) if path else PurePath(telling_path(snapshot)).name


def _mends(
    call: Call, snapshot: Snapshot, context: types.CodeActionContext
) -> Iterator[tuple[types.Diagnostic, Finding]]:
    """Findings of a review that came with their fix."""
    if call.settings.workspace.trusted and wanted(KINDS["fix"], context.only):
        yield from mending.fixable(call, snapshot, context.diagnostics)


def _reason(call: Call, engine: Engine | None) -> str:
    """Why nothing can be written now, no edit and no review; "" where it may."""
    if not call.settings.workspace.trusted:
        return "This workspace is not trusted, so DT6 changes nothing in it."
    if engine is None:
        return ""
    call.session.tasks.start(engine.look_for_model(), "Looking for a model")
    return engine.why_no_model()


def _asked_by_itself(params: types.CodeActionParams) -> bool:
    """At every move of a cursor, as some editors do. Then only problems count, and what is selected: else the sign that
    there is something would be always there."""
    context, chosen = params.context, params.range
    automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    return automatic and not context.only and chosen.start == chosen.end


def _offers(call: Call, snapshot: Snapshot, params: types.CodeActionParams, engine: Engine | None) -> list[Offer]:
    """On a worker thread."""
    from dt6_lsp.engine import offers_at  # late: the engine is not needed for `initialize`

    context, chosen = params.context, params.range
    first, _ = from_position(snapshot.text, chosen.start, call.encoding)
    selected = chosen.start != chosen.end
    last = max(first, chosen.end.line + (chosen.end.character > 0 or not selected))
    offer = engine.offers if engine is not None else offers_at
    found = offer(
        path_of(engine, snapshot),
        snapshot.text,
        (first, last),
        [_problem(each, snapshot) for each in context.diagnostics],
        selected=selected,
        language_id=snapshot.language,
    )
    fixes_only = _asked_by_itself(params)
    return [
        offer for offer in found if wanted(KINDS[offer.kind], context.only) and (offer.kind == "fix" or not fixes_only)
    ]


def _problem(diagnostic: types.Diagnostic, snapshot: Snapshot) -> Problem:
    from dt6_lsp.engine import Problem

    start, end = diagnostic.range.start, diagnostic.range.end
    last = max(start.line, end.line - (end.character == 0)) + 1
    code = "" if diagnostic.code is None else str(diagnostic.code)
    return Problem(diagnostic.message[:_LONGEST_MESSAGE], start.line + 1, last, code, diagnostic.source or "")


class _Shape:
    """Offers as this client takes them."""

    def __init__(self, call: Call, snapshot: Snapshot, diagnostics: Sequence[types.Diagnostic], reason: str) -> None:
        self._client, self._snapshot, self._diagnostics = call.session.client, snapshot, diagnostics
        self._reason, self._digest = reason, digest(snapshot.text)

    def of(self, offer: Offer) -> types.CodeAction | types.Command | None:
        """None for what can't be done now, or not in this editor."""
        edits, needs_model = offer.kind in _EDITS, offer.kind in _EDITS or offer.kind == "review"
        if needs_model and self._reason and not (self._client.disabled_actions and self._client.action_literals):
            return None
        data = self._data(offer)
        command = self._command(offer, data)
        if edits and command is not None and not self._client.applies_edits:
            return None  # the edit could not reach this editor by any way
        if not self._client.action_literals:
            return command
        return types.CodeAction(
            title=offer.title,
            kind=KINDS[offer.kind],
            diagnostics=None if offer.problem is None else [self._diagnostics[offer.problem]],
            disabled=types.CodeActionDisabled(self._reason) if needs_model and self._reason else None,
            command=command,
            data=data if self._client.resolves_edits else None,
            tags=[types.CodeActionTag.LlmGenerated] if edits and self._client.tags_actions else None,
        )

    def mend(self, diagnostic: types.Diagnostic, finding: Finding) -> types.CodeAction | types.Command:
        """Needs no model: the edit is known."""
        title = f"DT6: mend “{finding.code}”, as the review says"
        uri, version = self._snapshot.uri, self._snapshot.version
        where = (finding.start_line, finding.end_line, -1 if version is None else version)
        data = asdict(ActionArguments(MEND, uri, self._digest, *where, message=finding.message))
        command = None if self._client.resolves_edits else types.Command(title, command=APPLY, arguments=[data])
        if command is not None and not self._client.action_literals:
            return command
        kind = types.CodeActionKind.QuickFix
        return types.CodeAction(
            title, kind=kind, diagnostics=[diagnostic], is_preferred=True, command=command, data=data
        )

    def _command(self, offer: Offer, data: dict[str, Any]) -> types.Command | None:
        """None where the client asks for the edit."""
        where = to_plain(lines_range(offer.start_line, offer.end_line))
        if offer.kind in _ON_LINES:
            about = {"uri": self._snapshot.uri, "range": where}
            return types.Command(offer.title, command=KINDS[offer.kind], arguments=[about])
        asks = self._client.resolves_edits and (offer.kind != "tests" or self._client.creates_files)
        return None if asks and offer.kind in _EDITS else types.Command(offer.title, command=APPLY, arguments=[data])

    def _data(self, offer: Offer) -> dict[str, Any]:
        where = (self._snapshot.uri, self._digest, offer.start_line, offer.end_line, self._snapshot.version)
        uri, text, start, end, version = where
        arguments = ActionArguments(offer.kind, uri, text, start, end, -1 if version is None else version)
        if offer.problem is None:
            return {name: value for name, value in asdict(arguments).items() if value not in ("", 0)}
        problem = _problem(self._diagnostics[offer.problem], self._snapshot)
        return {
            **asdict(arguments),
            "message": problem.message,
            "code": problem.code,
            "source": problem.source,
            "problem_line": problem.start_line,
            "problem_end_line": problem.end_line,
        }
