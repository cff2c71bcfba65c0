"""One index run at a time, however many ask: who comes while one runs shares the next one with everybody else who came.

A burst of calls so starts at most two runs: the one under way may have missed what the later ones are about.
Not here: what a run does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.index.model import IndexProgress, IndexReport

ProgressCallback = Callable[[IndexProgress], None]


@dataclass(frozen=True, slots=True)
class Request:
    """`paths` None means the whole workspace."""

    paths: frozenset[str] | None = None
    rebuild: bool = False

    def joined(self, other: Request) -> Request:
        both = None if self.paths is None or other.paths is None else self.paths | other.paths
        return Request(both, self.rebuild or other.rebuild)


@dataclass(eq=False, slots=True)
class _Ticket:
    """One run that several callers wait for."""

    request: Request
    listeners: list[ProgressCallback] = field(default_factory=list)
    report: IndexReport | None = None
    error: Exception | None = None

    @property
    def finished(self) -> bool:
        return self.report is not None or self.error is not None

    def tell(self, progress: IndexProgress) -> None:
        for listener in list(self.listeners):
            listener(progress)


Runner = Callable[[Request, CancelToken, ProgressCallback], IndexReport]


class SingleFlight:
    """The run happens on the thread of one of its callers. If that one cancels, another caller's thread takes over."""

    def __init__(self, run: Runner) -> None:
        self._run = run
        self._changed = threading.Condition()
        self._next: _Ticket | None = None
        self._running = False

    def call(self, request: Request, cancel: CancelToken, listener: ProgressCallback) -> IndexReport:
        forget = cancel.on_cancel(self._wake)
        ticket = self._join(request, listener)
        try:
            while not ticket.finished:
                cancel.raise_if_cancelled()
                if self._may_lead(ticket, cancel):
                    self._lead(ticket, cancel)
        finally:
            forget()
            ticket.listeners.remove(listener)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.report is not None
        return ticket.report

    def _join(self, request: Request, listener: ProgressCallback) -> _Ticket:
        with self._changed:
            if self._next is None:
                self._next = _Ticket(request)
            self._next.request = self._next.request.joined(request)
            self._next.listeners.append(listener)
            return self._next

    def _may_lead(self, ticket: _Ticket, cancel: CancelToken) -> bool:
        """Waits for a turn; False when there is something to look at again."""
        with self._changed:
            if self._running and not ticket.finished and not cancel.cancelled:
                self._changed.wait()
            if self._running or ticket.finished or cancel.cancelled:
                return False
            self._running = True
            if self._next is ticket:
                self._next = None
            return True

    def _lead(self, ticket: _Ticket, cancel: CancelToken) -> None:
        try:
            ticket.report = self._run(ticket.request, cancel, ticket.tell)
        except Cancelled:
            pass  # only this caller: `call` sees it at once, and the others go on without it
        except Exception as error:
            ticket.error = error
            raise
        finally:
            with self._changed:
                self._running = False
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
