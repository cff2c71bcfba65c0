"""An answer that is kept, or else one that is written now, once for all who ask the same meanwhile, and then kept.

Kept is what a model wrote to its end, over an index that was whole, from text that is saved; never a digest, which is
made anew as quickly, never what broke off, and never what leans on a conversation: who asks elsewhere was not in it.
Not here: what is the same question, and what may be served (`answers`).
"""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.cache.answers import Scope
from dt6_lsp.assistant.cache.evidence import evidence
from dt6_lsp.assistant.events import Done, Retrieved, Token
from dt6_lsp.models.base import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from dt6_lsp.assistant.ask_context import AskContext
    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.cache.answers import Answers, Found, Wanted
    from dt6_lsp.assistant.cache.flights import Flights
    from dt6_lsp.assistant.events import Event
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Hit, Reader
    from dt6_lsp.models.base import ChatBackend

    Write = Callable[[CancelToken], AsyncGenerator[Event, None]]

_PIECE = re.compile(r"\S*\s+|\S+")


@dataclass(frozen=True, slots=True)
class Asking:
    """One question as it came, with what was found for it and who would answer."""

    question: str
    context: AskContext
    findings: Findings
    reader: Reader
    backend: ChatBackend
    model: str
    answer_tokens: int


async def served(
    asking: Asking, answers: Answers, flights: Flights, write: Write, cancel: CancelToken, run: Blocking
) -> AsyncGenerator[Event, None]:
    """Retrieved, Tokens, Done: of the kept answer where there is one, else as `write` makes them."""
    wanted = _wanted(asking, answers)
    if wanted is None:
        events = write(cancel)
    elif found := await _found(asking, wanted, answers, cancel, run):
        events = _told(found, asking.findings)
    elif asking.context.use_cache:
        key = f"{wanted.identity} {asking.context.conversation}"  # whose turns the model may be told
        events = flights.follow(key, lambda own: _kept(asking, wanted, answers, write(own), run), cancel)
    else:
        events = _kept(asking, wanted, answers, write(cancel), run)
    async with aclosing(events):
        async for event in events:
            yield event


def _wanted(asking: Asking, answers: Answers) -> Wanted | None:
    """None where no answer may be kept or served: over text that is not saved, an index that lags behind or images, or
    to what may point at something that was said before."""
    if not answers.on or asking.reader.unsaved or asking.findings.state.stale or asking.context.images:
        return None
    found, context = asking.findings, asking.context
    drawn = "\n\n".join(found.map.blocks) if found.map is not None else ""
    plain = Scope(asking.backend.name, asking.backend.url, asking.model, found.given, drawn, asking.answer_tokens)
    wanted = answers.wanted(asking.question, plain)
    if wanted is None or not wanted.meaning.points:
        return wanted
    if context.conversation and not context.selection.strip():
        return None
    place = f"{context.path}:{context.start_line}-{context.end_line}"
    return answers.wanted(asking.question, replace(plain, place=place))


async def _found(asking: Asking, wanted: Wanted, answers: Answers, cancel: CancelToken, run: Blocking) -> Found | None:
    if not asking.context.use_cache:
        return None
    indexed = asking.findings.state.indexed
    return await until_cancelled(run(lambda: answers.find(wanted, indexed, asking.reader)), cancel)


async def _told(found: Found, findings: Findings) -> AsyncGenerator[Event, None]:
    """As a model would have told it, at once. It cost no tokens, and saw what it cites as it is now."""
    entry = found.entry
    yield Retrieved(found.hits, 0, 0)
    for piece in _PIECE.findall(entry.answer):
        yield Token(piece)
    yield Done(
        answer=entry.answer,
        citations=entry.citations,
        removed_citations=0,
        intent=entry.intent,
        backend=entry.backend,
        model=entry.model,
        cached=True,
        usage=Usage(0, 0),
        index=findings.state,
        notice=" ".join(findings.notices),
    )


async def _kept(
    asking: Asking, wanted: Wanted, answers: Answers, events: AsyncGenerator[Event, None], run: Blocking
) -> AsyncGenerator[Event, None]:
    """The same events; the answer is kept before its end is told, so that the next question finds it."""
    hits: tuple[Hit, ...] = ()
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Retrieved):
                hits = event.hits
            elif isinstance(event, Done) and _is_worth_keeping(event):
                await run(_keeping(asking, wanted, answers, event, hits))
            yield event


def _is_worth_keeping(done: Done) -> bool:
    whole = done.index.indexed == done.index.files and not done.index.stale
    return whole and not (done.broken or done.cached or done.leans) and done.backend != "none"


def _keeping(asking: Asking, wanted: Wanted, answers: Answers, done: Done, hits: tuple[Hit, ...]) -> Callable[[], bool]:
    """Not where another model had to write it, or what it read has changed while it wrote."""
    found = asking.findings
    mapped = found.map is not None  # what it says is a part of the identity
    read = {(hit.path, hit.start_line, hit.end_line, hit.text) for hit in (*found.hits, *found.wide)}

    def seen(chunk: Hit) -> bool:
        known = (chunk.path, chunk.start_line, chunk.end_line, chunk.text) in read
        return mapped or known or any(passage.holds(chunk) for passage in found.given)

    def keep() -> bool:
        if (done.backend, done.model) != (asking.backend.name, asking.model):
            return False
        proof = evidence(done.citations or hits, asking.reader, seen)
        return proof is not None and answers.keep(wanted, done, proof)

    return keep
