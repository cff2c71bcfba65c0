"""Every request and notification that DT6 answers itself, in one table each, and the one wrapper around requests.

An answer about a document that was changed meanwhile has its places in a text that is gone: whoever asked gets
`ContentModified` instead, and asks again if it still matters. That is so for every request whose parameters name one
document (`textDocument`), but for completion: editors keep its list while the word grows. Commands and questions answer
for the text that they were asked about.

Documents are kept by pygls; errors become responses in `protocol`, with the words of `faults`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp.cancel import Cancelled
from dt6_lsp.server import (
    ask,
    cited,
    code_action,
    code_action_resolve,
    code_lens,
    commands,
    completion,
    document_symbol,
    findings,
    hover,
    lifecycle,
    pages,
    symbols,
    trust,
)
from dt6_lsp.server.faults import content_modified
from dt6_lsp.server.session import Call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.server.session import Session

    Request = Callable[[Call, Any], Awaitable[object]]
    Notification = Callable[[Session, Any], None]

logger = logging.getLogger(__name__)

_GROWS = types.TEXT_DOCUMENT_COMPLETION

REQUESTS: Mapping[str, Request] = {
    types.TEXT_DOCUMENT_HOVER: hover.hover,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: document_symbol.document_symbol,
    types.TEXT_DOCUMENT_CODE_ACTION: code_action.code_action,
    types.CODE_ACTION_RESOLVE: code_action_resolve.resolve,
    types.TEXT_DOCUMENT_CODE_LENS: code_lens.code_lens,
    types.CODE_LENS_RESOLVE: code_lens.resolve,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: completion.inline_completion,
    types.TEXT_DOCUMENT_COMPLETION: completion.completion,
    types.WORKSPACE_SYMBOL: symbols.workspace_symbol,
    types.WORKSPACE_SYMBOL_RESOLVE: symbols.resolve,
    types.TEXT_DOCUMENT_DOCUMENT_LINK: cited.document_link,
    types.DOCUMENT_LINK_RESOLVE: cited.resolve,
    types.TEXT_DOCUMENT_DEFINITION: cited.definition,
    types.TEXT_DOCUMENT_DIAGNOSTIC: findings.document_diagnostic,
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT: pages.text_document_content,
    types.WORKSPACE_EXECUTE_COMMAND: commands.execute,
    ask.ASK: ask.ask,
}


def start(session: Session, method: str, params: Any, cancel: CancelToken) -> Coroutine[Any, Any, object] | None:
    """The work of a request, with its snapshot taken now; None for a method that is pygls' own."""
    request = REQUESTS.get(method)
    return None if request is None else _run(method, request, Call.open(session, cancel), params)


async def _run(method: str, request: Request, call: Call, params: Any) -> object:
    started, outcome = time.perf_counter(), "failed"
    outdated = call.session.running[call.cancel] = lambda: method != _GROWS and call.outdated(params)
    try:
        call.cancel.raise_if_cancelled()
        work = call.session.engines.during(request(call, params), call.cancel)
        result = trust.admit(await work, call.session.settings)
        if outdated():
            raise content_modified()
        outcome = "answered"
    except (asyncio.CancelledError, Cancelled):
        outcome = "cancelled"
        if outdated():
            raise content_modified() from None
        raise
    else:
        return result
    finally:
        del call.session.running[call.cancel]
        call.cancel.cancel()  # nothing of a request outlives it
        seconds = time.perf_counter() - started
        call.session.metrics.observe(f"lsp.{method}.{outcome}.seconds", seconds)
        logger.debug("%s %s in %.1f ms.", method, outcome, seconds * 1000)
        call.session.trace(f"{method} {outcome} in {seconds * 1000:.1f} ms.", params)


def _end_outdated(session: Session, _params: Any) -> None:
    """A document has changed: end what is being worked out for the text that it had. Its stream from a model closes."""
    for cancel, outdated in tuple(session.running.items()):
        if outdated():
            cancel.cancel()


def _did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    _end_outdated(session, params)
    findings.changed(session, params)


def _did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    _end_outdated(session, params)
    findings.closed(session, params)


NOTIFICATIONS: Mapping[str, Notification] = {
    types.INITIALIZED: lifecycle.initialized,
    types.TEXT_DOCUMENT_DID_OPEN: findings.opened,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE: _end_outdated,
    types.TEXT_DOCUMENT_DID_SAVE: lifecycle.did_save,
    types.NOTEBOOK_DOCUMENT_DID_SAVE: lifecycle.did_save_notebook,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: lifecycle.did_change_watched_files,
    types.WORKSPACE_DID_CREATE_FILES: lifecycle.did_create_files,
    types.WORKSPACE_DID_RENAME_FILES: lifecycle.did_rename_files,
    types.WORKSPACE_DID_DELETE_FILES: lifecycle.did_delete_files,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: lifecycle.did_change_folders,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: lifecycle.did_change_configuration,
}
