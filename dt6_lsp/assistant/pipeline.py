"""From a question to an answer: route, retrieve, pack, stream from a model, check citations. Without a model, a digest.

A model that fails before its first token is replaced by the digest, with a notice that says why; one that breaks off
keeps what it wrote. Nothing here blocks: `run` takes what does to a thread.
Not here: protocol types, threads, prompt texts.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant import citations, context, digest
from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.asking_models import Written, ask_models
from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.cache.serving import Asking, served
from dt6_lsp.assistant.confirming import confirmed
from dt6_lsp.assistant.conversation import turns_room
from dt6_lsp.assistant.events import Done, Failed, Resolved, Retrieved, Token
from dt6_lsp.assistant.images import image_tokens, not_seen, read_images, with_images
from dt6_lsp.assistant.mapping import appended, citable, map_text, needs_map, with_map
from dt6_lsp.assistant.memory.folding import Summariser, fold
from dt6_lsp.assistant.retrieval import retrieve
from dt6_lsp.assistant.sanitize import sanitize
from dt6_lsp.assistant.turns import History
from dt6_lsp.errors import Dt6Error, ModelError, SettingError
from dt6_lsp.models.base import ChatRequest, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.events import Event, Routed
    from dt6_lsp.assistant.memory.followups import Meant
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.assistant.services import Counter, Hub, Services
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.base import ChatBackend, Image
    from dt6_lsp.models.orchestrator import Choice


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with all that answering it needs."""

    meant: Meant
    routed: Routed
    findings: Findings
    reader: Reader
    services: Services
    cancel: CancelToken
    run: Blocking
    conversation: str = ""
    images: tuple[Image, ...] = ()

    @property
    def question(self) -> str:
        """As it stands by itself."""
        return self.meant.question


async def answer(
    question: str,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    context: AskContext = AskContext(),  # noqa: B008 - frozen
    *,
    run: Blocking,
) -> AsyncGenerator[Event, None]:
    """Resolved for a follow-up, Routed, Retrieved, Tokens, then Done; Failed as the last where the index can't be
    read. A follow-up is routed as it was understood: "why?" alone is of no kind."""
    asked = question.strip()
    if not asked:
        raise SettingError("The question is empty.", "Say what you want to know.")
    cancel.raise_if_cancelled()
    images = await until_cancelled(run(lambda: read_images(context.images)), cancel) if context.images else ()
    conversation = services.memory.conversation(context.conversation)
    meant = await until_cancelled(run(lambda: services.memory.resolve(asked, conversation, context)), cancel)
    if meant.follows:
        yield Resolved(meant.question, meant.why)
    routed = await _routed(meant.question, services, cancel, run)
    yield routed
    try:
        near = replace(context, path=context.path or meant.near)
        search = _found(meant.question, routed, reader, services, near, cancel, run)
        reading = asyncio.gather(search, _choose(services.hub, routed.intent))
        findings, choice = await until_cancelled(reading, cancel)
        task = _Asked(meant, routed, findings, reader, services, cancel, run, conversation, images)
        async with aclosing(_answered(task, choice, near)) as events:
            async for event in events:
                yield await _remembered(task, event) if isinstance(event, Done) else event
    except Dt6Error as error:
        yield Failed(error.cause, error.mend)


async def _routed(question: str, services: Services, cancel: CancelToken, run: Blocking) -> Routed:
    """Told on this machine; where two intents are nearly as likely, a model may say which."""
    routed = await until_cancelled(run(lambda: services.router.route(question)), cancel)
    seconds = services.settings.routing.confirm_seconds
    return await confirmed(routed, question, services.hub, services.counter, cancel, seconds)


async def _remembered(task: _Asked, done: Done) -> Done:
    """Kept before it is told, so that the next question of the conversation finds it, however soon it comes."""
    memory, meant = task.services.memory, task.meant
    keep = task.run(lambda: memory.remember(task.conversation, meant, done, task.reader))
    await until_cancelled(keep, task.cancel)
    resolved = meant.question if meant.follows else ""
    return replace(done, conversation=task.conversation, resolved=resolved, route=task.routed)


async def _found(
    asked: str,
    routed: Routed,
    reader: Reader,
    services: Services,
    context: AskContext,
    cancel: CancelToken,
    run: Blocking,
) -> Findings:
    """What is known of the whole is gathered first where it is needed, by one thread however many ask at once."""
    if needs_map(asked, routed.intent, context):
        await services.gathering.call(lambda: services.atlas.of(reader, cancel), cancel, run)
    return await run(lambda: _retrieve(asked, routed, reader, services, context, cancel))


def _retrieve(
    asked: str, routed: Routed, reader: Reader, services: Services, context: AskContext, cancel: CancelToken
) -> Findings:
    with services.metrics.time("ask.search.seconds"):
        found = retrieve(asked, routed.intent, reader, context)
        return with_map(found, asked, routed.intent, reader, services, context, cancel)


async def _choose(hub: Hub, intent: str) -> Choice | ModelError:
    try:
        return await hub.choose(intent)
    except ModelError as error:
        return error


def _answered(task: _Asked, choice: Choice | ModelError, context: AskContext) -> AsyncGenerator[Event, None]:
    """A model's answer may be one that is kept."""
    if isinstance(choice, ModelError) or choice.backend is None:
        return _written(task, choice)
    services = task.services
    most = services.settings.chat.max_answer_tokens
    asking = Asking(task.question, context, task.findings, task.reader, choice.backend, choice.model, most)

    def write(cancel: CancelToken) -> AsyncGenerator[Event, None]:
        return _written(replace(task, cancel=cancel), choice)

    return served(asking, services.answers, services.flights, write, task.cancel, task.run)


async def _written(task: _Asked, choice: Choice | ModelError) -> AsyncGenerator[Event, None]:
    """The model's answer, or the digest where there is no model or it fails before it has written a word."""
    if isinstance(choice, ModelError):
        events = _digest(task, str(choice))
    elif choice.backend is None:
        events = _digest(task, choice.why, retrieved=True)
    else:
        events = _from_model(task, choice)
    async with aclosing(events):
        async for event in events:
            yield event


async def _from_model(task: _Asked, choice: Choice) -> AsyncGenerator[Event, None]:
    hub, intent, written = task.services.hub, task.routed.intent, Written(choice)
    asked = ask_models(hub, intent, partial(_packed, task), partial(_request, task), task.cancel, written)
    async with aclosing(asked) as tokens:
        async for token in tokens:
            yield token
    if written.packed is None or written.choice.backend is None:
        async for event in _digest(task, written.choice.why, retrieved=written.packed is None):
            yield event
        return
    if not task.images:  # whose tokens nobody counts but the server
        await task.run(lambda: _calibrate(task.services.counter, written))
    _fold_later(task, written.choice, written.choice.backend)
    if drawn := appended(task.findings.map, complete=written.error is None):
        yield Token(drawn)
    yield _done(task, written.choice, written.choice.backend, written.packed, written)


async def _packed(task: _Asked, choice: Choice) -> context.Packed:
    return await until_cancelled(task.run(lambda: _pack(task, choice)), task.cancel)


def _pack(task: _Asked, choice: Choice) -> context.Packed:
    window = context.window(task.services.settings, choice)
    room = context.budget(window, task.services.settings.chat.max_answer_tokens) - image_tokens(task.images, choice)
    counter = task.services.counter
    with task.services.metrics.time("ask.pack.seconds"):
        packed = context.pack(_parts(task), partial(counter.count, model=choice.model), room)
        return replace(packed, expected=counter.estimate(packed.texts, choice.model))


def _parts(task: _Asked) -> context.Parts:
    found, said = task.findings, _said_before(task)
    return context.Parts(
        task.meant.for_model, task.routed.intent, found.given, found.hits, map_text=map_text(found.map), history=said
    )


def _said_before(task: _Asked) -> History:
    """Nothing of other conversations for the first question of one: it stands by itself, and an answer that leans on
    nothing can be kept for whoever asks the same."""
    said = task.services.memory.history(task.conversation, task.meant, task.reader)
    begins = not (said.turns or said.summary)
    return History() if begins else replace(said, older=task.services.answers.others(task.question, said.older))


def _fold_later(task: _Asked, choice: Choice, backend: ChatBackend) -> None:
    """The model that has answered shortens a conversation that has become long, when nobody waits for it."""
    services, window = task.services, context.window(task.services.settings, choice)
    room = turns_room(context.budget(window, services.settings.chat.max_answer_tokens))
    by = Summariser(backend, choice.model, window, room, partial(services.counter.count, model=choice.model))
    if task.conversation:
        services.folding.after_this(partial(fold, services.memory, task.conversation, by, task.reader, task.run))


def _request(task: _Asked, choice: Choice, packed: context.Packed) -> ChatRequest:
    window = context.window(task.services.settings, choice)
    answer_tokens = min(task.services.settings.chat.max_answer_tokens, window // 2)
    needed = min(window, packed.tokens + answer_tokens + image_tokens(task.images, choice))
    messages = with_images(packed.messages, task.images)
    return ChatRequest(choice.model, messages, context_tokens=needed, max_tokens=answer_tokens)


def _calibrate(counter: Counter, written: Written) -> None:
    if written.usage is not None and written.packed is not None:
        counter.calibrate(written.packed.texts, written.usage.prompt_tokens, written.choice.model)


def _done(task: _Asked, choice: Choice, backend: ChatBackend, packed: context.Packed, written: Written) -> Done:
    shown = citable(task.findings.map, packed.messages)
    checked = citations.check(written.text, citations.spans((*packed.passages, *shown)))
    drawn = appended(task.findings.map, complete=written.error is None)
    usage = written.usage or Usage(packed.expected, task.services.counter.count(written.text, choice.model))
    broken = f"The answer broke off: {written.error.cause}" if written.error else ""
    return Done(
        answer=sanitize(checked.text) + drawn,
        citations=checked.citations,
        removed_citations=checked.removed,
        intent=task.routed.intent,
        backend=backend.name,
        model=choice.model,
        cached=False,
        usage=usage,
        index=task.findings.state,
        notice=_notice(task, choice.why, broken, *packed.notices),
        broken=bool(broken),
        left_out=packed.left_out,
        leans=packed.leans or task.meant.follows,
    )


async def _digest(task: _Asked, why: str, *, retrieved: bool = False) -> AsyncGenerator[Event, None]:
    """`retrieved`: the hits have not been told yet."""
    if retrieved:
        yield Retrieved(task.findings.hits, 0, 0)
    notice = _notice(task, why, not_seen(task.images))
    written = await until_cancelled(
        task.run(lambda: digest.write(task.question, task.routed.intent, task.findings, task.reader, notice)),
        task.cancel,
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
        notice=notice,
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
