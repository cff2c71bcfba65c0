"""Suggestions while somebody types: the newest request counts, one at a time, and no model is asked needlessly.

A request that comes while another is under way ends that one, which then has nothing to suggest; its stream is closed
before the next begins. What is asked by itself waits until typing rests. What cannot go well before the settings change
is told once and not tried again; what may, is told once and tried.
Not here: what a model is shown (`filling`) and what of its text is suggested (`trimming`).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import ModelError
from dt6_lsp.features.completion.kept import Kept, Suggestion
from dt6_lsp.models.failures import CantFill
from dt6_lsp.models.guarded import is_fault
from dt6_lsp.workspace.defaults import is_secret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from dt6_lsp.assistant.services import Services
    from dt6_lsp.features.completion.filling import Filling
    from dt6_lsp.features.completion.gap import Gap
    from dt6_lsp.index.model import Reader

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CompletionWish:
    """`typing`: nobody asked, but somebody types. `known`: only what is there without a model."""

    gap: Gap
    typing: bool = False
    known: bool = False


class Completing:
    """Belongs to one event loop."""

    def __init__(self, filling: Filling, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._filling, self._pause = filling, pause
        self._kept = Kept()
        self._turn = asyncio.Lock()
        self._newest = CancelToken()
        self._unable = False
        self._told: set[str] = set()

    def reset(self) -> None:
        """The settings are others: forget what was suggested and what did not work."""
        self._newest.cancel()
        self._kept.clear()
        self._told.clear()
        self._unable = False

    async def at(
        self, wish: CompletionWish, over: Callable[[], Reader], services: Services, cancel: CancelToken
    ) -> Suggestion | None:
        """`ModelError`, once, for what people should know; `Cancelled` only when `cancel` says so."""
        options = services.settings.completion
        if not options.model or is_secret(wish.gap.path) or (wish.typing and not options.while_typing):
            return None
        if (known := self._kept.find(wish.gap)) is not None:
            services.metrics.count("complete.known")
            return known if known.text else None
        if wish.known or self._unable:
            return None
        with self._after_others(cancel) as own:
            try:
                return await self._asked(wish, over, services, own)
            except Cancelled:
                if cancel.cancelled:
                    raise
                return None  # a newer request has come

    @contextmanager
    def _after_others(self, cancel: CancelToken) -> Iterator[CancelToken]:
        self._newest.cancel()
        own = self._newest = CancelToken()
        forget = cancel.on_cancel(own.cancel)
        try:
            yield own
        finally:
            forget()

    async def _asked(
        self, wish: CompletionWish, over: Callable[[], Reader], services: Services, cancel: CancelToken
    ) -> Suggestion | None:
        options = services.settings.completion
        if wish.typing:
            await until_cancelled(self._pause(options.delay_ms / 1000), cancel)
        async with self._turn:
            cancel.raise_if_cancelled()
            if wish.typing and services.folding.waited_for:
                return None  # for the answer to a question, which this would only hold up
            try:
                with services.folding.question():
                    async with asyncio.timeout(options.seconds):
                        made = await self._filling.suggest(wish.gap, over, services, cancel)
            except TimeoutError:
                logger.info("No code was suggested within %g s, the setting completion.seconds.", options.seconds)
                return None
            except ModelError as error:
                self._tell(error)
                return None
        self._kept.keep(wish.gap, made)
        return made if made.text else None

    def _tell(self, error: ModelError) -> None:
        """Raises it where people should know and do not yet."""
        self._unable = self._unable or isinstance(error, CantFill)
        message = str(error)
        if message in self._told:
            return
        self._told.add(message)
        if is_fault(error):
            logger.warning("No code was suggested: %s", message)
        else:
            raise error
