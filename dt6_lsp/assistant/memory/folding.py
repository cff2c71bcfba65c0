"""Folding the oldest turns of a conversation into its summary: after an answer, when no question is under way.

A question that comes stops it, as a model that writes a summary would keep the question waiting; so does the end of the
engine. What was stopped is begun anew after the next answer, and until then the oldest turns are only left out.
Not here: how many turns are too many and what the model is told (`conversation`), and where a summary is kept.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.conversation import SUMMARY_TOKENS, cost_of, fold_count, summarise
from dt6_lsp.assistant.memory.model import RECENT
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.memory.memory import Memory
    from dt6_lsp.assistant.parts import Count
    from dt6_lsp.assistant.turns import Turn
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.base import ChatBackend

    Work = Callable[[CancelToken], Awaitable[None]]

logger = logging.getLogger(__name__)


class Folding:
    """One piece of work at a time, on the event loop, while no question is under way."""

    def __init__(self) -> None:
        self._asking = 0
        self._wish: Work | None = None
        self._cancel = CancelToken()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._others: list[Callable[[], None]] = []

    def stops_too(self, stop: Callable[[], None]) -> None:
        """`stop` ends something else that a model does while nobody waits: whenever somebody does."""
        self._others.append(stop)

    @property
    def waited_for(self) -> bool:
        """Whether somebody waits for a model."""
        return self._asking > 0

    @contextmanager
    def question(self) -> Iterator[None]:
        """Around a question: nothing is folded meanwhile."""
        self._asking += 1
        self._stop()
        try:
            yield
        finally:
            self._asking -= 1
            self._begin()

    def after_this(self, work: Work) -> None:
        """Wish for `work` once no question is under way. The last wish counts."""
        self._wish = work

    async def close(self) -> None:
        self._closed = True
        self._stop()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _stop(self) -> None:
        self._cancel.cancel()
        for stop in self._others:
            stop()

    def _begin(self) -> None:
        if self._asking or self._closed or self._wish is None:
            return
        work, self._wish, self._cancel = self._wish, None, CancelToken()
        before, self._task = self._task, None
        self._task = asyncio.get_running_loop().create_task(_done_quietly(work, self._cancel, before))


async def _done_quietly(work: Work, cancel: CancelToken, before: asyncio.Task[None] | None) -> None:
    """One that was stopped ends first. Nobody waits for this: what fails is only not folded."""
    if before is not None:
        await asyncio.gather(before, return_exceptions=True)
    try:
        cancel.raise_if_cancelled()
        await work(cancel)
    except Cancelled:
        logger.debug("Folding a conversation was stopped.")
    except Dt6Error as error:
        logger.info("A conversation was not folded: %s", error)


@dataclass(frozen=True, slots=True)
class Summariser:
    """The model that has answered, with the `window` that it holds and the `room` that turns may take of a prompt."""

    backend: ChatBackend
    model: str
    window: int
    room: int
    count: Count


async def fold(
    memory: Memory, conversation: str, by: Summariser, reader: Reader, run: Blocking, cancel: CancelToken
) -> None:
    """Turns that have outgrown their room go into the summary, which is kept."""
    summary, turns = await run(lambda: memory.unfolded(conversation, reader))
    number = await run(lambda: _how_many([said for _, said in turns], by))
    if not number:
        return
    folded = [said for _, said in turns[:number]]
    text = await summarise(summary, folded, by.backend, by.model, by.count, by.window, cancel)
    if text:
        await run(lambda: memory.keep_summary(conversation, text, until=turns[number - 1][0]))


def _how_many(turns: Sequence[Turn], by: Summariser) -> int:
    """The oldest that have to go, as many of them as the model can read at once."""
    due = max(fold_count(turns, by.count, by.room), len(turns) - RECENT)
    left, fitting = by.window - 3 * SUMMARY_TOKENS, 0  # for the instructions, the summary before and the new one
    for said in turns[:due]:
        left -= cost_of(said, by.count)
        if left < 0:
            break
        fitting += 1
    return fitting
