"""One progress bar in the editor, for one long call.

The client's own token is used where it sent one; otherwise a bar is created where the client supports it, and work goes
on meanwhile: what is reported before the client has agreed is kept and shown then. Cancelling the bar cancels the
call's token.
Not here: what the bar says, which is the caller's.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    from pygls.lsp.server import LanguageServer

    from dt6_lsp.cancel import CancelToken

_INTERVAL = 0.1


class WorkDone:
    """Use as a context manager: whatever happens inside, the bar ends. `ending` is its last word."""

    def __init__(
        self,
        server: LanguageServer,
        title: str,
        cancel: CancelToken,
        *,
        token: types.ProgressToken | None,
        create: bool,
    ) -> None:
        self._server = server
        self._title = title
        self._cancel = cancel
        self._given = token
        self._token = token if token is not None else str(uuid.uuid4())
        self._create = create and token is None
        self._open = False
        self._ended = False
        self._shown_at = 0.0
        self._message = ""
        self._percentage = 0
        self.ending = ""

    def __enter__(self) -> WorkDone:
        if self._given is not None:
            self._begin()
        elif self._create:
            params = types.WorkDoneProgressCreateParams(token=self._token)
            asked = self._server.protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
            asked.add_done_callback(self._created)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        if self._open:
            self._end()

    def _end(self) -> None:
        self._open = False
        ending = self.ending or ("Cancelled." if self._cancel.cancelled else None)
        self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd(message=ending))
        # pygls never forgets a token, and refuses to see it again.
        self._server.work_done_progress.tokens.pop(self._token, None)

    def report(self, message: str, percentage: int | None = None) -> None:
        """At most ten a second are sent; the rest is dropped, as the next one is newer. The percentage, as the protocol
        wants it, never falls: several folders are counted one after the other."""
        if percentage is not None:
            percentage = self._percentage = max(percentage, self._percentage)
        self._message = message
        now = time.monotonic()
        if self._open and now - self._shown_at >= _INTERVAL:
            self._shown_at = now
            value = types.WorkDoneProgressReport(message=message, percentage=percentage, cancellable=True)
            self._server.work_done_progress.report(self._token, value)

    def _created(self, answer: Future[Any]) -> None:
        """A bar that comes when the work is done already is shown and ends at once: a client that made one waits."""
        if answer.cancelled() or answer.exception() is not None:
            return
        self._begin()
        if self._ended:
            self._end()

    def _begin(self) -> None:
        self._open = True
        begin = types.WorkDoneProgressBegin(
            title=self._title, message=self._message or None, percentage=self._percentage, cancellable=True
        )
        self._server.work_done_progress.begin(self._token, begin)
        self._server.work_done_progress.tokens[self._token].add_done_callback(self._on_pygls_cancel)

    def _on_pygls_cancel(self, future: Future[Any]) -> None:
        """pygls keeps a future per token and cancels it on `window/workDoneProgress/cancel`."""
        if future.cancelled():
            self._cancel.cancel()
