"""A model explains a definition: when somebody asks for it, or in the background for the next hover.

In the background there is one explanation at a time: a hover over another definition ends it, and so does whoever waits
for a model, which would have to do one after the other. One that failed, or answered already, is left alone a while.
What a hover shows is what is kept for this very text, this model and this prompt.
Not here: keeping (`explanations`), and the words of the prompt (`assistant.prompts`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.candidates import HOLDERS
from dt6_lsp.assistant.citations import check, spans
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.sanitize import sanitize
from dt6_lsp.assistant.writing import Task, Writing, write
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import Dt6Error, ModelError
from dt6_lsp.features.definition_text import definition_lines
from dt6_lsp.features.explanations import Explanation, Key

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.events import Citation, Retrieved, Token
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.features.explanations import Explanations
    from dt6_lsp.index.model import Definition, Reader
    from dt6_lsp.models.base import Usage
    from dt6_lsp.models.orchestrator import Choice

logger = logging.getLogger(__name__)

TASK = "explain"
ABOUT = "what the task is about"
CHOOSING_SECONDS = 0.005  # that a hover waits to know who would write; it is known but for the first time
PAUSE_SECONDS = 0.5  # that the cursor rests before a model is asked in the background
AGAIN_SECONDS = 120.0
_WORTH = HOLDERS | {"function", "method", "constructor", "macro"}  # in the background; asked for, anything is
_MOST_TRIED = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """A definition and its text, which the index has without secrets."""

    definition: Definition
    text: str

    @property
    def key(self) -> Key:
        item = self.definition
        whole = "\0".join((_edition(), item.language, self.text))
        return Key(f"{item.path}\0{item.qualified}", hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest())


@dataclass(frozen=True, slots=True)
class Explained:
    """The last event. `citations` are of places that the model has seen; `notices` are sentences about what was cut,
    and who stood in for whom. `cached`: it was written before."""

    explanation: Explanation
    citations: tuple[Citation, ...] = ()
    notices: tuple[str, ...] = ()
    usage: Usage | None = None
    cached: bool = False


@cache
def _edition() -> str:
    return prompts.edition_of({name: prompts.text(name) for name in ("tasks/system", f"tasks/{TASK}")})


def subject_of(reader: Reader, item: Definition) -> Subject:
    return Subject(item, "\n".join(definition_lines(reader, item)))


async def explain(
    about: Subject | Passage,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    *,
    run: Blocking,
    background: bool = False,
) -> AsyncGenerator[Retrieved | Token | Explained, None]:
    """`ModelError` where nobody writes, also where it broke off; the rest as `assistant.writing.write`."""
    told = _of_definition(about) if isinstance(about, Subject) else _of_lines(about)
    task = replace(told, background=background)
    async with aclosing(write(task, reader, services, cancel, run=run)) as events:
        async for event in events:
            yield _explained(event) if isinstance(event, Writing) else event


def _of_definition(subject: Subject) -> Task:
    item = subject.definition
    about = Passage(item.path, item.start_line, item.end_line, subject.text, ABOUT)
    query = f"{item.qualified} {item.signature} {item.doc}"
    return Task(TASK, (about,), f"Explain the {item.kind} `{item.qualified}`.", query=query, near=item.path)


def _of_lines(lines: Passage) -> Task:
    about = replace(lines, note=ABOUT)
    return Task(TASK, (about,), f"Explain {lines.source}.", query=lines.text, near=lines.path)


def _explained(writing: Writing) -> Explained:
    if writing.error is not None:
        raise writing.error
    checked = check(writing.text, spans(writing.passages))
    text = sanitize(checked.text).strip()
    if not text:
        raise ModelError(f"{writing.model} wrote no explanation.", "Ask again, or choose another model.")
    made = Explanation(text, writing.backend, writing.model)
    return Explained(made, checked.citations, writing.notices, writing.usage)


class Explainer:
    """Belongs to one event loop; `run` is for what blocks."""

    def __init__(self, kept: Explanations, run: Blocking, pause: float = PAUSE_SECONDS) -> None:
        self._kept, self._run, self._pause = kept, run, pause
        self._choosing: asyncio.Task[Choice] | None = None
        self._task: asyncio.Task[None] | None = None
        self._cancel = CancelToken()
        self._key: Key | None = None
        self._tried: dict[Key, float] = {}

    def known(self, subject: Subject) -> tuple[Explanation, ...]:
        """Blocking, for a moment."""
        return self._kept.find(subject.key)

    async def shown(
        self, subject: Subject, known: Sequence[Explanation], reader: Reader, services: Services
    ) -> Explanation | None:
        """What a hover shows; a hover that may have one written, and shows none, has it written for the next."""
        automatic = services.settings.hover.explain == "on"
        if services.settings.hover.explain == "off" or not (known or automatic):
            return None
        choice = await self._who(services)
        found = _by(choice, known)
        if found is None and automatic and subject.definition.kind in _WORTH and _somebody(choice):
            self._wish(subject, reader, services)
        return found

    async def explain(
        self, about: Subject | Passage, reader: Reader, services: Services, cancel: CancelToken
    ) -> AsyncGenerator[Retrieved | Token | Explained, None]:
        """As `explain`; at once where it is known. What is written of a definition is known from then on."""
        self.stop()
        if isinstance(about, Passage):
            async with aclosing(explain(about, reader, services, cancel, run=self._run)) as events:
                async for event in events:
                    yield event
            return
        subject = about
        known = await self._run(lambda: self.known(subject))
        if known and (found := _by(await services.hub.choose("code"), known)) is not None:
            yield Explained(found, cached=True)
            return
        async with aclosing(self._made(subject, reader, services, cancel)) as events:
            async for event in events:
                yield event

    async def _made(
        self, subject: Subject, reader: Reader, services: Services, cancel: CancelToken, *, background: bool = False
    ) -> AsyncGenerator[Retrieved | Token | Explained, None]:
        asked = explain(subject, reader, services, cancel, run=self._run, background=background)
        async with aclosing(asked) as events:
            async for event in events:
                if isinstance(event, Explained):
                    await self._run(partial(self._kept.keep, subject.key, event.explanation))
                yield event

    def stop(self) -> None:
        """End what is written in the background: somebody waits for a model."""
        self._key = None
        self._cancel.cancel()

    async def settle(self) -> None:
        """Wait until nothing is written."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def close(self) -> None:
        self.stop()
        if self._choosing is not None:
            self._choosing.cancel()
        await self.settle()

    async def _who(self, services: Services) -> Choice | None:
        """Who would write now; None while that is being found out, which may take a server's time."""
        if self._choosing is None or self._choosing.done():
            self._choosing = asyncio.ensure_future(services.hub.choose("code"))
        await asyncio.wait((self._choosing,), timeout=CHOOSING_SECONDS)
        done = self._choosing.done() and not self._choosing.cancelled() and self._choosing.exception() is None
        return self._choosing.result() if done else None

    def _wish(self, subject: Subject, reader: Reader, services: Services) -> None:
        """The newest wish counts. One that is fulfilled already, or failed a moment ago, is none."""
        key, now = subject.key, asyncio.get_running_loop().time()
        if key == self._key or now - self._tried.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        self.stop()
        self._key, self._cancel = key, CancelToken()
        work = self._write(subject, reader, services, self._cancel, self._task)
        self._task = asyncio.get_running_loop().create_task(work)

    async def _write(
        self,
        subject: Subject,
        reader: Reader,
        services: Services,
        cancel: CancelToken,
        before: asyncio.Task[None] | None,
    ) -> None:
        """Nobody waits for this: what fails is only not written."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            await _rest(self._pause, cancel)
            if services.folding.waited_for:
                raise Cancelled
            async with aclosing(self._made(subject, reader, services, cancel, background=True)) as events:
                async for _ in events:
                    pass
        except Cancelled:
            if self._cancel is cancel:  # and not a newer wish's
                self._key = None
            return
        except Dt6Error as error:
            logger.info("%s was not explained: %s", subject.definition.qualified, error)
        self._remember(subject.key)

    def _remember(self, key: Key) -> None:
        self._tried[key] = asyncio.get_running_loop().time()
        while len(self._tried) > _MOST_TRIED:
            del self._tried[next(iter(self._tried))]
        if self._key == key:
            self._key = None


def _by(choice: Choice | None, known: Sequence[Explanation]) -> Explanation | None:
    if choice is None or choice.backend is None:
        return None
    wanted = (choice.backend.name, choice.model)
    return next((each for each in known if (each.backend, each.model) == wanted), None)


def _somebody(choice: Choice | None) -> bool:
    """Also while it is being found out who."""
    return choice is None or choice.backend is not None


async def _rest(seconds: float, cancel: CancelToken) -> None:
    """The time for which the cursor has to rest; `Cancelled` as soon as it has moved on."""
    loop, moved = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(moved.set)

    forget = cancel.on_cancel(wake)
    try:
        async with asyncio.timeout(seconds):
            await moved.wait()
    except TimeoutError:
        pass
    finally:
        forget()
    cancel.raise_if_cancelled()
