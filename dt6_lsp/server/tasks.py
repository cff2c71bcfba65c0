"""Background work of the server: kept alive, never lost silently, ended with the server.

One of the two places where every exception is caught; the other is `dispatch`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from dt6_lsp.cancel import Cancelled
from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from collections.abc import Coroutine

logger = logging.getLogger(__name__)


class Tasks:
    """asyncio keeps only weak references to tasks; this keeps strong ones until they end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, object], what: str) -> asyncio.Task[None]:
        """Run `work`. A failure is logged as "<what> failed: ..."; whoever must react to it does so inside `work`."""
        task = asyncio.get_running_loop().create_task(self._guard(work, what))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: work.close())  # it may be cancelled before it has begun
        return task

    async def close(self) -> None:
        """Cancel what runs, and wait until it has ended."""
        others = self._running - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _guard(self, work: Coroutine[Any, Any, object], what: str) -> None:
        try:
            await work
        except Cancelled:
            logger.debug("%s was cancelled.", what)
        except Dt6Error as error:
            logger.error("%s failed: %s", what, error)
        except Exception:
            logger.exception("%s failed.", what)
