"""Keeps the index up to date: at start, after saves and watched changes, and when the user asks.

What changes during a run is collected and done in the next, so a burst of changes starts two runs at most; the first
change of a quiet time starts at once. A failure is shown once, with its cause, and the server goes on.
Not here: that there is one run at a time (the engine sees to it), which files count, and how they are read.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from lsprotocol.types import MessageType

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import Dt6Error
from dt6_lsp.server import code_lens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsprotocol.types import ProgressToken

    from dt6_lsp.engine import Engine, IndexProgress, IndexReport
    from dt6_lsp.server.session import Session

logger = logging.getLogger(__name__)

_WORTH_SHOWING = 25  # files; fewer are done before a progress bar would have been seen

EVERYTHING = None

_WORDS: Mapping[str, str] = {"indexing": "files", "embedding": "vectors made", "syncing": "vectors saved"}


class Indexer:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._cancel = CancelToken()
        self._everything = False
        self._paths: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._told: set[str] = set()
        self._failure = ""  # of the last run

    def request(self, paths: Iterable[str] | None) -> None:
        """Index these paths soon; None for the whole workspace."""
        if paths is EVERYTHING:
            self._everything = True
        else:
            self._paths.update(paths)
        if self._task is None or self._task.done():
            self._cancel = CancelToken()
            self._task = self._session.tasks.start(self._work(), "Indexing")

    async def stop(self) -> None:
        """End the run and forget what was waiting: the engine is about to go."""
        self._everything = False
        self._paths.clear()
        self._cancel.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        while self._everything or self._paths:
            paths = None if self._everything else tuple(sorted(self._paths))
            self._everything = False
            self._paths.clear()
            try:
                await self.run(paths=paths, cancel=self._cancel)
            except Cancelled:
                self._cancel = CancelToken()
            except Dt6Error as error:
                self._tell_failure(str(error))

    async def run(
        self,
        *,
        cancel: CancelToken,
        paths: tuple[str, ...] | None = None,
        rebuild: bool = False,
        token: ProgressToken | None = None,
    ) -> IndexReport | None:
        """Index, with a progress bar where it may take long. The report is None when there was nothing to do."""
        hidden = paths is not None and len(paths) < _WORTH_SHOWING
        engine = await self._session.engines.get()
        report = None
        with self._session.progress("DT6: indexing", cancel, token=token, hidden=hidden) as bar:
            async with aclosing(engine.index(rebuild=rebuild, paths=paths, cancel=cancel)) as steps:
                async for step in steps:
                    bar.report(*describe(step))
                    report = step.report or report
            bar.ending = summary(report) if report else ""
        self._failure = ""
        self._tell_notices(engine)
        log(report)
        if report is not None and (report.changed or report.removed) and self._session.settings.lens.enabled:
            code_lens.refresh(self._session)
        return report

    def _tell_failure(self, error: str) -> None:
        """Once, until a run has ended well: a disk stays full for many a saved file."""
        if error != self._failure:
            self._failure = error
            self._session.show(MessageType.Error, error)

    def _tell_notices(self, engine: Engine) -> None:
        """What happened to a store (kept aside, rebuilt) is told once."""
        for notice in engine.notices:
            if notice not in self._told:
                self._told.add(notice)
                self._session.show(MessageType.Warning, notice)


def describe(step: IndexProgress) -> tuple[str, int | None]:
    """The words and the percentage of a progress bar. Files alone move the percentage: it is what people wait for, and
    they can be searched from then on."""
    words = _WORDS.get(step.phase)
    if words is None or not step.total:
        return "Looking for files", None
    share = 100 * step.done // step.total if step.phase == "indexing" else None
    return f"{step.done:,}/{step.total:,} {words}", share


def summary(report: IndexReport) -> str:
    return f"{report.files:,} files and {report.chunks:,} chunks are searchable."


def log(report: IndexReport | None) -> None:
    if report is None:
        return
    logger.info("%s %s changed, %s removed, %.1f s.", summary(report), report.changed, report.removed, report.seconds)
    for problem in report.problems:
        logger.warning("%s", problem)
