"""What answering took, measured from its own stream of events, so that every face and every way to an answer counts.

Not here: what only the inside knows (how long search and packing took, `pipeline`), and keeping measures (`index`).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import Done, Failed, Retrieved, Routed, Token
from dt6_lsp.cancel import Cancelled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dt6_lsp.assistant.events import Event
    from dt6_lsp.metrics import Metrics

_SINCE_START = {Routed: "ask.route.seconds", Retrieved: "ask.retrieved.seconds", Token: "ask.first_token.seconds"}


async def measured(events: AsyncGenerator[Event, None], metrics: Metrics) -> AsyncGenerator[Event, None]:
    """The same events. Counts each answer, and the seconds from the question to each kind of event's first."""
    started = time.perf_counter()
    waiting = dict(_SINCE_START)
    ended = False
    try:
        async with aclosing(events):
            async for event in events:
                if (name := waiting.pop(type(event), None)) is not None:
                    metrics.observe(name, time.perf_counter() - started)
                ended = isinstance(event, (Done, Failed))
                if isinstance(event, Done):
                    metrics.observe("ask.total.seconds", time.perf_counter() - started)
                    _answered(event, metrics)
                elif isinstance(event, Failed):
                    metrics.count("ask.failed")
                yield event
    except (Cancelled, asyncio.CancelledError, GeneratorExit):
        if not ended:
            metrics.count("ask.cancelled")
        raise


def _answered(done: Done, metrics: Metrics) -> None:
    metrics.count("ask.answered")
    metrics.count(f"ask.intent.{done.intent}")
    metrics.count(f"ask.backend.{done.backend}")
    if done.cached:
        metrics.count("ask.cached")
    elif done.backend != "none":
        metrics.count("ask.prompt_tokens", done.usage.prompt_tokens)
        metrics.count("ask.completion_tokens", done.usage.completion_tokens)
    if done.removed_citations:
        metrics.count("ask.removed_citations", done.removed_citations)
    if done.broken:
        metrics.count("ask.broken")
