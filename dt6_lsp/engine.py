"""The engine: all of DT6 without a protocol. The command line, the language server and later faces call this and
nothing below it; the types that they need are re-exported here.

Blocking work (SQLite, vectors, parsing) runs on threads of the engine's own: one for index runs, a few for questions,
so that a long run never holds up a hover. Paths are relative to their root with `/`; with several roots they start with
the folder's name. Errors are the classes of `errors`.
Not here: protocol types, prompt texts, and the building of the parts (`app.py`). Importing this module is cheap; only
`app.py` imports what is heavy.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.overview import TOKENS as MAP_TOKENS
from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.asked import AskStats, ask_stats
from dt6_lsp.assistant.blocking import Patience, on_threads, until_cancelled
from dt6_lsp.assistant.cache.rows import Held
from dt6_lsp.assistant.citations import places_in
from dt6_lsp.assistant.events import (
    Citation,
    Done,
    Event,
    Failed,
    Intent,
    Resolved,
    Retrieved,
    Routed,
    Token,
)
from dt6_lsp.assistant.measuring import measured
from dt6_lsp.assistant.memory.model import Kept
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.assistant.sanitize import fenced, inline
from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import SettingError, WorkspaceError
from dt6_lsp.features.actions.changes import apply
from dt6_lsp.features.actions.model import EDITS, Draft, Offer, Problem, Wanted
from dt6_lsp.features.actions.offers import named, offers_at
from dt6_lsp.features.actions.testing import new_test
from dt6_lsp.features.changes import Changes
from dt6_lsp.features.completion.completing import Completing, CompletionWish
from dt6_lsp.features.completion.filling import Filling
from dt6_lsp.features.completion.gap import Gap
from dt6_lsp.features.completion.kept import Suggestion
from dt6_lsp.features.explaining import Explained, Explainer, Subject
from dt6_lsp.features.explanations import Explanation, Explanations
from dt6_lsp.features.figures import ChatStats, Models, Stats, chat_stats
from dt6_lsp.features.hover import Hover, located
from dt6_lsp.features.hover_text import render_markdown, render_plain
from dt6_lsp.features.hovering import Hovering
from dt6_lsp.features.indexing import IndexRuns, Progress, Wish
from dt6_lsp.features.lenses import Uses, uses_of, worth_a_lens
from dt6_lsp.features.outline import Outlines, outline
from dt6_lsp.features.places import NamePlace, Seen, name_places, on_disk
from dt6_lsp.features.reviewing.choosing import uncommitted
from dt6_lsp.features.reviewing.model import Finding, Reviewed, Target, mended
from dt6_lsp.features.reviewing.tracking import moved
from dt6_lsp.features.roots import Roots
from dt6_lsp.features.runs import run_over, wanted
from dt6_lsp.features.subjects import Marked, subject_at, subject_called
from dt6_lsp.features.symbols import means_more, meant_symbols, merged, search_symbols
from dt6_lsp.features.watching import Watching
from dt6_lsp.index.measures import keep, kept
from dt6_lsp.index.model import (
    Definition,
    Hit,
    IndexProgress,
    IndexReport,
    IndexState,
    IndexStats,
    LiveReader,
    Reader,
    Sizes,
    Use,
)
from dt6_lsp.metrics import Measure
from dt6_lsp.models.base import Usage
from dt6_lsp.settings import restricted
from dt6_lsp.settings.folders import size_of
from dt6_lsp.syntax.model import Symbol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from dt6_lsp.assistant.cache.rows import Entry
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.features.runs import RootIndex
    from dt6_lsp.index.records import Records
    from dt6_lsp.settings import Settings

__all__ = [
    "EDITS", "MAP_TOKENS",
    "AskContext", "AskStats", "ChatStats", "Citation", "CompletionWish", "Definition", "Done", "Draft", "Engine",
    "Event", "Explained", "Explanation", "Failed", "Finding", "Gap", "Hit", "Hover", "IndexProgress", "IndexReport",
    "IndexState", "IndexStats", "Intent", "Kept", "Marked", "Measure", "Models", "NamePlace", "Offer", "Passage",
    "Problem", "Resolved", "Retrieved", "Reviewed", "Routed", "Seen", "Sizes", "Stats", "Subject", "Suggestion",
    "Symbol", "Target", "Token", "Usage", "Use", "Uses", "Wanted", "apply", "chat_stats", "fenced", "inline",
    "mended", "moved", "named", "offers_at", "outline", "places_in", "render_markdown", "render_plain",
]  # fmt: skip

logger = logging.getLogger(__name__)

READERS = 4
MEANING_SECONDS = 0.25  # that a list of symbols waits for those that a query means, beside those it names
CLOSE_SECONDS = 2.0


class Engine:
    """`indexes` are the roots, in order; `reader` answers over all of them (one root's index, or a `Federation`).
    `records` is the workspace's file for what answers leave behind; without it, that ends with the engine.
    `release` is called last when the engine closes, on a thread: for what the indexes share, such as the embedder.
    `answers` is the folder of written answers, for `stats`; `explanations` are those that are kept."""

    def __init__(
        self,
        services: Services,
        indexes: Sequence[RootIndex],
        reader: LiveReader,
        *,
        records: Records | None = None,
        release: Callable[[], None] | None = None,
        answers: Path | None = None,
        explanations: Explanations | None = None,
    ) -> None:
        self._services = services
        self._indexes = tuple(indexes)
        self._reader = reader
        self._records = records
        self._release = release
        self._answers = answers
        self._places = Roots(tuple(index.root for index in indexes))
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="dt6-read")
        self._indexer = ThreadPoolExecutor(1, thread_name_prefix="dt6-index")
        self._run = on_threads(self._readers)
        self._meant = Patience(self._run, MEANING_SECONDS)
        self._changes = Changes(self._places, trusted=services.settings.workspace.trusted)
        self._explanations = explanations or Explanations()
        self._explainer = Explainer(self._explanations, self._run)
        services.folding.stops_too(self._explainer.stop)
        self._hovering = Hovering(self._run, self._changes, self._explainer)
        self._completing = Completing(Filling(self._run, partial(wanted, self._indexes, self._places)))
        self._runs = IndexRuns(self._work, self._indexer)
        self._watching = Watching(self._indexes, self._places)
        self._closed = CancelToken()
        self._outlines = Outlines()

    @property
    def roots(self) -> tuple[Path, ...]:
        return self._places.folders

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know about the stores that were opened; whole sentences."""
        of_records = self._records.notices if self._records is not None else ()
        return (*(notice for index in self._indexes for notice in index.notices), *of_records)

    def locate(self, path: str) -> Path:
        """The absolute path of one that an answer or a hit named. `WorkspaceError` for one outside of the roots."""
        return self._places.locate(path)

    def relative(self, absolute: Path) -> str | None:
        """How hits and answers name this file; None when no root holds it."""
        return self._places.relative(absolute)

    async def index(
        self,
        *,
        rebuild: bool = False,
        wait_sync: bool = False,
        paths: Iterable[str] | None = None,
        cancel: CancelToken | None = None,
    ) -> AsyncGenerator[IndexProgress, None]:
        """Bring the index up to date; the last progress has phase "done" and the report over all roots. Who asks while
        a run is under way follows it. `paths` (as `relative` names them) limits the run to these files. `Cancelled` at
        once when `cancel` says so; the work itself stops when nobody follows it any more."""
        self._closed.raise_if_cancelled()
        wish = Wish(rebuild, wait_sync, None if paths is None else frozenset(paths))
        async with aclosing(self._runs.follow(wish, cancel or CancelToken())) as run:
            async for progress in run:
                yield progress

    async def changes(self, *, cancel: CancelToken | None = None) -> AsyncGenerator[frozenset[str], None]:
        """What changed on disk, in batches that `index(paths=...)` takes. The first names every root, as soon as no
        later change can be missed: index everything then. Ends when cancelled, and when the engine closes."""
        cancel = cancel or CancelToken()
        forget = self._closed.on_cancel(cancel.cancel)
        try:
            async with aclosing(self._watching.follow(cancel)) as batches:
                async for batch in batches:
                    yield batch
        finally:
            forget()

    async def search(
        self, query: str, n: int = 10, near: str = "", *, texts: Mapping[str, str] | None = None
    ) -> list[Hit]:
        """The chunks that fit best. `near` is the open file, whose surroundings rank higher. `texts`, here and below,
        are what an editor has open, by path, the one that changed last at the end: the answer is for them."""
        if not query.strip():
            raise SettingError("The query is empty.", "Say what to look for.")
        if n < 1:
            raise SettingError(f"{n} hits can't be asked for.", "Ask for one or more.")
        with self._services.metrics.time("search.seconds"):
            return await self._run(lambda: self._over(texts).search(query, n, near))

    async def ask(
        self,
        question: str,
        *,
        cancel: CancelToken | None = None,
        context: AskContext | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Resolved for a follow-up, Routed, Retrieved, Tokens, then Done, or Failed where nothing could be answered.
        Tokens are harmless Markdown; Done carries the answer with its citations checked, too. `SettingError` for a
        question that is none; `Cancelled` within milliseconds when `cancel` says so, and the stream from the model is
        closed."""
        token = cancel or CancelToken()
        events = answer(
            question,
            await until_cancelled(self._run(lambda: self._over(texts)), token),
            self._services,
            token,
            context or AskContext(),
            run=self._run,
        )
        with self._services.folding.question():
            async with aclosing(measured(events, self._services.metrics)) as counted:
                async for event in counted:
                    yield event
        with suppress(RuntimeError):  # it has been closed meanwhile, which keeps them, too
            self._readers.submit(self._keep_measures)

    def offers(
        self,
        path: str,
        text: str,
        lines: tuple[int, int],
        problems: Sequence[Problem] = (),
        *,
        selected: bool = False,
        language_id: str = "",
    ) -> list[Offer]:
        """As `offers_at`, with outlines that are kept. Blocking, a little."""
        kept = self._outlines.symbols
        with self._services.metrics.time("offers.seconds"):
            return offers_at(path, text, lines, problems, selected=selected, language_id=language_id, outline=kept)

    async def draft(
        self,
        wanted: Wanted,
        *,
        cancel: CancelToken | None = None,
        texts: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Draft:
        """A change that a model writes and that has been checked; nothing is applied. Cancelled as `ask` is."""
        from dt6_lsp.features.actions.drafting import draft  # late: it needs grammars

        token = cancel or CancelToken()
        reader = await until_cancelled(self._run(lambda: self._over(texts)), token)
        if wanted.kind == "tests":
            path = await until_cancelled(self._run(lambda: new_test(wanted.path, reader.files(), self._places)), token)
            wanted = replace(wanted, new_path=path)
        return await draft(wanted, reader, self._services, token, run=self._run, tell=tell)

    def why_no_model(self) -> str:
        """Why no model would write now, as far as that is known without asking anybody; "" where one may."""
        return self._services.hub.absence()

    async def look_for_model(self) -> None:
        """So that `why_no_model` knows: asks the servers, not a model."""
        await until_cancelled(self._services.hub.choose(), self._closed)

    async def latest_conversation(self) -> str:
        """Of all processes that have this workspace open; "" where nothing is remembered."""
        return await self._run(self._services.memory.latest)

    async def remembers(self, conversation: str) -> bool:
        """Whether anything of this conversation is remembered. A question may begin one under any name."""
        return await self._run(lambda: self._services.memory.remembers(conversation))

    async def forget(self, conversation: str = "") -> Kept:
        """Remove what is remembered of a conversation, or everything; what was removed."""
        return await self._run(lambda: self._forget(conversation))

    def _forget(self, conversation: str) -> Kept:
        """Answers that are kept first: memory knows the questions, and cleans the file of both."""
        memory, answers = self._services.memory, self._services.answers
        if conversation:
            answers.forget(frozenset(memory.questions(conversation)))
        else:
            answers.clear()
        return memory.forget(conversation)

    async def hover(
        self, path: str, text: str, line: int, column: int, *, texts: Mapping[str, str] | None = None
    ) -> Hover | None:
        """What is known of the name at this place (line from 1, column in code points from 0) of the text, without
        waiting for anybody."""
        with self._services.metrics.time("hover.seconds"):
            return await self._hovering.at(self._services, lambda: self._over(texts), path, text, line, column)

    async def definition(
        self, path: str, text: str, line: int, column: int, *, texts: Mapping[str, str] | None = None
    ) -> Definition | None:
        """What the name at this place most likely means."""
        found = await self._run(lambda: located(self._over(texts), path, text, line, column))
        return found.definition if found is not None else None

    async def subject_at(self, place: Marked, *, texts: Mapping[str, str] | None = None) -> Subject | Passage:
        """What is to be told about at a place: a definition, or else lines."""
        return await self._run(lambda: subject_at(self._over(texts), place))

    async def subject_called(
        self, name: str, near: str = "", *, texts: Mapping[str, str] | None = None
    ) -> Subject | None:
        """The definition of this name, qualified or not; the one in the file `near` if there is one."""
        return await self._run(lambda: subject_called(self._over(texts), name, near))

    async def explain(
        self, about: Subject | Passage, *, cancel: CancelToken | None = None, texts: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Retrieved | Token | Explained, None]:
        """Retrieved, Tokens, then Explained; of a definition that is what a hover shows from then on, and alone where
        it is known already. `ModelError` where no model explains it."""
        reader = await self._run(lambda: self._over(texts))
        token = cancel or CancelToken()
        async with aclosing(self._explainer.explain(about, reader, self._services, token)) as events:
            async for event in events:
                yield event

    async def uncommitted(
        self, *, cancel: CancelToken | None = None, texts: Mapping[str, str] | None = None
    ) -> tuple[list[Target], int]:
        """The lines of the workspace that are not committed as they are, and how many further files have any."""
        if not self._services.settings.workspace.trusted:
            raise WorkspaceError("This workspace is not trusted, so git is not run in it.", "Review a document.")
        token = cancel or CancelToken()
        return await until_cancelled(
            self._run(lambda: uncommitted(self._over(texts), self._places, texts or {}, token)), token
        )

    async def review(
        self,
        target: Target,
        *,
        cancel: CancelToken | None = None,
        texts: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Reviewed:
        """What a model finds in these lines, checked against them. `ModelError` where none does; cancelled as `ask`."""
        from dt6_lsp.features.reviewing.reviewing import review  # late: it needs grammars

        token = cancel or CancelToken()
        reader = await until_cancelled(self._run(lambda: self._over(texts)), token)
        self._explainer.stop()
        return await review(target, reader, self._services, token, run=self._run, tell=tell)

    async def complete(
        self, wish: CompletionWish, *, cancel: CancelToken | None = None, texts: Mapping[str, str] | None = None
    ) -> Suggestion | None:
        """Text for a gap, from the model that `completion.model` names; None where there is none to suggest, and for a
        request that a newer one has overtaken. `ModelError`, once, for what people should know."""
        others = {path: text for path, text in (texts or {}).items() if path != wish.gap.path}
        return await self._completing.at(wish, lambda: self._over(others), self._services, cancel or CancelToken())

    async def symbols(self, query: str, limit: int = 50, *, texts: Mapping[str, str] | None = None) -> list[Definition]:
        """Definitions by their names; where the query is words, or no name, those too that search finds for it."""
        with self._services.metrics.time("symbols.seconds"):
            named = await self._run(lambda: search_symbols(self._over(texts), query, limit))
            if not means_more(query, named):
                return named
            none: list[Definition] = []
            meant = await self._meant.wait_for(lambda: meant_symbols(self._over(texts), query), none)
            return merged(named, meant, limit)

    async def name_places(self, seen: Sequence[Seen], texts: Mapping[str, str] | None = None) -> list[NamePlace]:
        """Where these names stand now: in `texts`, and in the files as they are on disk."""
        return await self._run(lambda: name_places(self._places, seen, texts or {}))

    async def lens_places(self, path: str, *, texts: Mapping[str, str] | None = None) -> list[Definition]:
        """The definitions of a file that are worth a lens, as the index has them."""
        return await self._run(lambda: worth_a_lens(self._over(texts), path))

    async def uses_of(
        self, name: str, path: str = "", line: int = 0, *, texts: Mapping[str, str] | None = None
    ) -> Uses | None:
        """Who uses the definition of this name, in this file and nearest to this line, as far as these are told."""
        return await self._run(lambda: uses_of(self._over(texts), name, path, line))

    async def on_disk(self, path: str) -> str | None:
        """The text of a file as it is now; None where there is none to be read."""
        return await self._run(lambda: on_disk(self._places, path))

    async def state(self) -> IndexState:
        """How much of the workspace is indexed now."""
        return await self._run(self._reader.state)

    async def kept_answers(self) -> list[Entry]:
        """The answers that may be given again, the newest first."""
        return await self._run(self._services.answers.entries)

    async def clear_cache(self) -> Held:
        """Forget all answers and explanations that are kept; what that was."""
        return await self._run(self._clear)

    def _clear(self) -> Held:
        answers, explanations = self._services.answers.clear(), self._explanations.clear()
        return Held(answers.entries + explanations.entries, answers.bytes + explanations.bytes)

    async def stats(self) -> Stats:
        roots = await self._run(lambda: tuple(index.stats() for index in self._indexes))
        written = await self._run(lambda: size_of(self._answers) if self._answers else 0)
        metrics = await self._run(self._measures)
        remembered = await self._run(self._services.memory.kept)
        return Stats(roots, await self._chat(), await self.state(), ask_stats(metrics), metrics, written, remembered)

    def _measures(self) -> Mapping[str, Measure]:
        return self._services.metrics.snapshot(kept(self._records) if self._records is not None else None)

    def _keep_measures(self) -> None:
        if self._records is not None:
            keep(self._services.metrics, self._records)

    async def models(self) -> Models:
        """What every model server has, and who would answer now."""
        servers = await until_cancelled(self._services.hub.models(), self._closed)
        return Models(tuple(servers), await self._chat())

    async def switch_model(self, backend: str = "", model: str = "") -> ChatStats:
        """From now on this model answers; without a name, whom the settings name. Answers that are being written go on.
        `ModelError` or `SettingError` when it can't, and then nothing changes."""
        return chat_stats(await until_cancelled(self._services.hub.switch(backend, model), self._closed))

    async def reconfigure(self, settings: Settings) -> None:
        """Other settings for models: of `chat`, `intents`, `completion`, the servers and whom text may be sent to.
        Questions that were asked before keep theirs. What the indexes are made of needs another engine."""
        settings = restricted(settings)
        self._services = replace(self._services, settings=settings)
        self._completing.reset()
        await self._services.hub.reconfigure(settings)

    async def _chat(self) -> ChatStats:
        return chat_stats(await until_cancelled(self._services.hub.choose(), self._closed))

    async def close(self) -> None:
        """Cancel what runs, wait for it briefly, and close the stores and the connections. May be called twice."""
        if self._closed.cancelled:
            return
        self._closed.cancel()
        self._runs.cancel()
        self._completing.reset()
        await self._explainer.close()
        await self._services.folding.close()
        await self._services.hub.close()
        closing = asyncio.wrap_future(self._indexer.submit(self._close_stores))
        self._indexer.shutdown(wait=False)
        await asyncio.wait((closing,), timeout=CLOSE_SECONDS)
        if closing.done() and closing.exception() is not None:
            logger.warning("The index could not be closed cleanly.", exc_info=closing.exception())

    def _close_stores(self) -> None:
        self._watching.stop()
        self._changes.close()
        self._readers.shutdown(wait=True, cancel_futures=True)
        for index in self._indexes:
            index.close()
        self._keep_measures()
        if self._records is not None:
            self._records.close()
        if self._release is not None:
            self._release()

    def _over(self, texts: Mapping[str, str] | None) -> Reader:
        return self._reader.over(texts) if texts else self._reader

    def _work(self, wish: Wish, cancel: CancelToken, progress: Progress) -> None:
        run_over(self._indexes, self._places, wish, cancel, progress)
