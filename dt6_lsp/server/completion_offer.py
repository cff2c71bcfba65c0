"""Whether the editor may ask for completions: only while a model is set for it, and the workspace is trusted.

An editor that shows suggestions in the line (`textDocument/inlineCompletion`) is offered that and nothing else: in its
popup the same text would hold up what other servers have for it. All others are offered `textDocument/completion`.
Where an editor takes registrations, it is told when the setting changes; else what is known at `initialize` holds.
Not here: the answers (`completion`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.settings import restricted

if TYPE_CHECKING:
    from dt6_lsp.server.client import Client
    from dt6_lsp.server.session import Session

logger = logging.getLogger(__name__)

_ID = "dt6-completion"


def at_start(session: Session, offered: types.ServerCapabilities) -> None:
    """For a client that can't be told later."""
    client = session.client
    if not _wanted(session) or _registers(client):
        return
    session.completes = client.inline_completion or client.completion
    if client.inline_completion:
        offered.inline_completion_provider = types.InlineCompletionOptions()
    elif client.completion:
        offered.completion_provider = types.CompletionOptions()


def follow(session: Session) -> None:
    """Tell the client when that has changed."""
    wanted = _wanted(session)
    if not _registers(session.client):
        if wanted and not session.completes:
            logger.info("This editor has to be started anew to use completion.model: it takes no registrations.")
        return
    if wanted == session.completes:
        return
    session.completes, method = wanted, _method(session.client)
    if wanted:
        options = (
            types.InlineCompletionRegistrationOptions()
            if session.client.inline_completion
            else types.CompletionRegistrationOptions()
        )
        registration = types.Registration(_ID, method, options)
        session.server.client_register_capability(types.RegistrationParams([registration]))
    else:
        params = types.UnregistrationParams([types.Unregistration(_ID, method)])
        session.server.client_unregister_capability(params)


def _wanted(session: Session) -> bool:
    return bool(restricted(session.settings).completion.model)


def _method(client: Client) -> str:
    return types.TEXT_DOCUMENT_INLINE_COMPLETION if client.inline_completion else types.TEXT_DOCUMENT_COMPLETION


def _registers(client: Client) -> bool:
    return client.registers_inline_completion if client.inline_completion else client.registers_completion
