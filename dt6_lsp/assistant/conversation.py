"""What of a conversation goes into a prompt, and what of it is folded into a summary.

A conversation that has outgrown its share goes down to three quarters of it, the oldest turns first: so the next few
turns find room, and nothing is folded again with every question. With a model, what goes is folded into the summary,
after an answer and never on the way to one; without one it is only left out, as it is in a prompt that has no room.
Not here: where turns and summaries are kept (`memory`), and when `summarise` is called (`pipeline`).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.fitting import LEAST, ends, most, tokens_of
from dt6_lsp.assistant.parts import KEPT
from dt6_lsp.errors import ModelError
from dt6_lsp.models.base import ChatRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.parts import Count
    from dt6_lsp.assistant.turns import History, Turn
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.models.base import ChatBackend

DOWN_TO = 0.75
SUMMARY_TOKENS = 300
SUMMARY_SECONDS = 60.0  # nobody waits for it, but a model that never ends must not be held


def cost_of(said: Turn, count: Count) -> int:
    return count(prompts.turn(said)) + 2


def fit_turns(history: History, count: Count, room: int) -> tuple[tuple[Turn, ...], int]:
    """The turns that go in, those found by meaning first, then the latest, oldest first; and how many of them are cut:
    the last one is, where it alone is too long."""
    latest = history.turns[fold_count(history.turns, count, room) :]
    cut = 0
    if history.turns and not latest:
        short = _shortened(history.turns[-1], count, room)
        latest, cut = ((short,), 1) if short is not None else ((), 0)
    left = room - sum(cost_of(said, count) for said in latest)
    older: list[Turn] = []
    for said in history.older:
        cost = cost_of(said, count)
        if cost <= left:
            older.append(said)
            left -= cost
    return (*older, *latest), cut


def fold_count(turns: Sequence[Turn], count: Count, room: int) -> int:
    """How many of the oldest turns have to go: none while all fit, else so many that the rest takes `DOWN_TO` of it."""
    costs = [cost_of(said, count) for said in turns]
    if sum(costs) <= room:
        return 0
    spent, kept = 0, 0
    for cost in reversed(costs):
        spent += cost
        if spent > DOWN_TO * room:
            break
        kept += 1
    return len(turns) - kept


def turns_room(room: int) -> int:
    """Tokens that turns may take of a prompt's `room` in any case: what `fold_count` is to be asked with."""
    return int(KEPT["turns"] * room)


def _shortened(said: Turn, count: Count, room: int) -> Turn | None:
    """The middle of the answer goes, then that of the question."""

    def fits(candidate: Turn) -> bool:
        return cost_of(candidate, count) <= room

    size = most(len(said.answer), lambda kept: fits(replace(said, answer=ends(said.answer, kept))))
    short = replace(said, answer=ends(said.answer, size))
    if size < LEAST:
        asked = most(len(said.question), lambda kept: fits(replace(short, question=ends(said.question, kept))))
        short = replace(short, question=ends(said.question, asked))
    return short if fits(short) else None


async def summarise(
    summary: str,
    turns: Sequence[Turn],
    backend: ChatBackend,
    model: str,
    count: Count,
    window: int,
    cancel: CancelToken,
) -> str:
    """One summary of an earlier one and of the turns that go; "" where the model fails, is too slow or has no room."""
    messages = prompts.to_summarise(summary, turns)
    needed = tokens_of(messages, count) + SUMMARY_TOKENS
    if not turns or needed > window:
        return ""
    request = ChatRequest(model, messages, context_tokens=needed, max_tokens=SUMMARY_TOKENS)
    try:
        async with asyncio.timeout(SUMMARY_SECONDS):
            return await _whole(backend, request, cancel)
    except (ModelError, TimeoutError):
        return ""


async def _whole(backend: ChatBackend, request: ChatRequest, cancel: CancelToken) -> str:
    async with aclosing(backend.stream(request, cancel)) as deltas:
        return "".join([delta.text async for delta in deltas]).strip()
