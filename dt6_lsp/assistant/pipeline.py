"""From a question to an answer: route, retrieve, pack, stream from a model, check citations. Without a model, a digest.

A model that fails before its first token is replaced by the digest, with a notice that says why; one that breaks off
keeps what it wrote. Nothing here blocks: `run` takes what does to a thread.
Not here: protocol types, threads, prompt texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant import citations, context, digest
from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.events import Done, Failed, Retrieved, Token
from dt6_lsp.assistant.retrieval import retrieve
from dt6_lsp.assistant.router import route
from dt6_lsp.assistant.sanitize import sanitize
from dt6_lsp.errors import Dt6Error, ModelError, SettingError
from dt6_lsp.models.base import ChatRequest, Usage

if TYPE_CHECKING:
    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.events import Event, Routed
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.assistant.services import Counter, Hub, Services
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.base import ChatBackend
    from dt6_lsp.models.orchestrator import Choice
    from dt6_lsp.settings import Settings


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with all that answering it needs."""

    question: str
    routed: Routed
    findings: Findings
    reader: Reader
    services: Services
    cancel: CancelToken
    run: Blocking


@dataclass(slots=True)
class _Written:
    """What a model has written so far, and how it ended."""

    parts: list[str] = field(default_factory=list)
    usage: Usage | None = None
    error: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(self.parts)


async def answer(
    question: str,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    context: AskContext = AskContext(),  # noqa: B008 - frozen
    *,
    run: Blocking,
) -> AsyncGenerator[Event, None]:
    """Routed, Retrieved, Tokens, then Done; Failed as the last where the index can't be read."""
    asked = question.strip()
    if not asked:
        raise SettingError("The question is empty.", "Say what you want to know.")
    cancel.raise_if_cancelled()
    routed = route(asked)
    yield routed
    try:
        search = run(lambda: _retrieve(asked, routed, reader, services, context))
        reading = asyncio.gather(search, _choose(services.hub))
        findings, choice = await until_cancelled(reading, cancel)
        task = _Asked(asked, routed, findings, reader, services, cancel, run)
        async with aclosing(_written(task, choice)) as events:
            async for event in events:
                yield event
    except Dt6Error as error:
        yield Failed(error.cause, error.mend)


def _retrieve(asked: str, routed: Routed, reader: Reader, services: Services, context: AskContext) -> Findings:
    with services.metrics.time("ask.search.seconds"):
        return retrieve(asked, routed.intent, reader, context)


async def _choose(hub: Hub) -> Choice | ModelError:
    try:
        return await hub.choose()
    except ModelError as error:
        return error


async def _written(task: _Asked, choice: Choice | ModelError) -> AsyncGenerator[Event, None]:
    """The model's answer, or the digest where there is no model or it fails before it has written a word."""
    if isinstance(choice, ModelError):
        events = _digest(task, str(choice))
    elif choice.backend is None:
        events = _digest(task, choice.why, retrieved=True)
    else:
        events = _from_model(task, choice, choice.backend)
    async with aclosing(events):
        async for event in events:
            yield event


async def _from_model(task: _Asked, choice: Choice, backend: ChatBackend) -> AsyncGenerator[Event, None]:
    try:
        packed = await until_cancelled(task.run(lambda: _pack(task, choice)), task.cancel)
    except ModelError as error:
        async for event in _digest(task, str(error), retrieved=True):
            yield event
        return
    yield Retrieved(packed.hits, packed.dropped, packed.tokens)
    written = _Written()
    async with aclosing(_stream(backend, _request(task, choice, packed), written, task.cancel)) as tokens:
        async for token in tokens:
            yield token
    if written.error is not None:
        task.services.hub.forget()
    if not written.text.strip():
        reason = str(written.error) if written.error else f"The model {choice.model} gave an empty answer."
        async for event in _digest(task, reason):
            yield event
        return
    _calibrate(task.services.counter, choice.model, packed, written)
    yield _done(task, choice, backend, packed, written)


def _pack(task: _Asked, choice: Choice) -> context.Packed:
    window = _window(task.services.settings, choice)
    room = context.budget(window, task.services.settings.chat.max_answer_tokens)
    found = task.findings
    count = partial(task.services.counter.count, model=choice.model)
    with task.services.metrics.time("ask.pack.seconds"):
        return context.pack(task.question, task.routed.intent, found.given, found.hits, count, room)


def _window(settings: Settings, choice: Choice) -> int:
    return min(settings.chat.context_tokens, choice.context_tokens or settings.chat.context_tokens)


def _request(task: _Asked, choice: Choice, packed: context.Packed) -> ChatRequest:
    window = _window(task.services.settings, choice)
    answer_tokens = min(task.services.settings.chat.max_answer_tokens, window // 2)
    needed = min(window, packed.tokens + answer_tokens)
    return ChatRequest(choice.model, packed.messages, context_tokens=needed, max_tokens=answer_tokens)


async def _stream(
    backend: ChatBackend, request: ChatRequest, written: _Written, cancel: CancelToken
) -> AsyncGenerator[Token, None]:
    """Raw tokens as they come, noted in `written`. Whatever ends this, the backend's stream is closed."""
    stream = backend.stream(request, cancel)
    try:
        async for delta in stream:
            written.usage = delta.usage or written.usage
            if delta.text:
                written.parts.append(delta.text)
                yield Token(delta.text)
        cancel.raise_if_cancelled()
    except ModelError as error:
        written.error = error
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


def _calibrate(counter: Counter, model: str, packed: context.Packed, written: _Written) -> None:
    if written.usage is not None and written.usage.prompt_tokens > 0:
        size = sum(len(message.content.encode("utf-8", "surrogatepass")) for message in packed.messages)
        counter.calibrate(size, written.usage.prompt_tokens, model)


def _done(task: _Asked, choice: Choice, backend: ChatBackend, packed: context.Packed, written: _Written) -> Done:
    checked = citations.check(written.text, citations.spans(packed.passages))
    usage = written.usage or Usage(packed.tokens, task.services.counter.count(written.text, choice.model))
    broken = f"The answer broke off: {written.error.cause}" if written.error else ""
    return Done(
        answer=sanitize(checked.text),
        citations=checked.citations,
        removed_citations=checked.removed,
        intent=task.routed.intent,
        backend=backend.name,
        model=choice.model,
        cached=False,
        usage=usage,
        index=task.findings.state,
        notice=_notice(task, broken, *packed.notices),
        broken=bool(broken),
    )


async def _digest(task: _Asked, why: str, *, retrieved: bool = False) -> AsyncGenerator[Event, None]:
    """`retrieved`: the hits have not been told yet."""
    if retrieved:
        yield Retrieved(task.findings.hits, 0, 0)
    written = await until_cancelled(
        task.run(lambda: digest.write(task.question, task.routed.intent, task.findings, task.reader, why)), task.cancel
    )
    for block in written.blocks:
        yield Token(block)
    yield Done(
        answer="".join(written.blocks),
        citations=written.citations,
        removed_citations=0,
        intent=task.routed.intent,
        backend="none",
        model="",
        cached=False,
        usage=Usage(0, 0),
        index=task.findings.state,
        notice=_notice(task, why),
    )


def _notice(task: _Asked, *reasons: str) -> str:
    return " ".join(part for part in (*reasons, *task.findings.notices, _seen(task.findings)) if part)


def _seen(findings: Findings) -> str:
    """Said whenever an answer has not seen the whole workspace."""
    state = findings.state
    if state.files == 0 or state.indexed == 0:
        return "Nothing is indexed yet."
    if state.indexed < state.files:
        return f"The index is still being built: {state.indexed} of {state.files} files were seen."
    if state.stale:
        return f"{state.stale} files have changed since they were indexed."
    return ""
