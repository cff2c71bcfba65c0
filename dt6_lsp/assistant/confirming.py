"""Asking a model which of two nearly as likely intents a question has: in one word, within a time limit, or not at all.

Only the five words count as an answer. Whatever else happens (no model, a failure, too slow, other words) keeps what
was told on this machine.
Not here: telling it on this machine (`router`), and who would be asked (`services.Hub`).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.errors import ModelError
from dt6_lsp.models.base import ChatRequest

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent, Routed
    from dt6_lsp.assistant.services import Counter, Hub
    from dt6_lsp.cancel import CancelToken

SMALL_MARGIN = 0.2
ANSWER_TOKENS = 8
_LONGEST_ANSWER = 40  # characters; who writes more does not answer in one word
_AROUND = " \t\r\n.`*\"'"


def is_doubtful(routed: Routed) -> bool:
    return routed.margin < SMALL_MARGIN


async def confirmed(
    routed: Routed, question: str, hub: Hub, counter: Counter, cancel: CancelToken, seconds: float
) -> Routed:
    """The route with what a model said of it, where there is one to ask. `Cancelled` as soon as `cancel` says so."""
    if seconds <= 0 or not is_doubtful(routed):
        return routed
    try:
        async with asyncio.timeout(seconds):
            return await until_cancelled(_confirmed(routed, question, hub, counter, cancel), cancel)
    except (ModelError, TimeoutError):
        return routed


async def _confirmed(routed: Routed, question: str, hub: Hub, counter: Counter, cancel: CancelToken) -> Routed:
    choice = await hub.choose(routed.intent)
    if choice.backend is None:
        return routed
    messages = prompts.to_route(question)
    tokens = sum(counter.count(message.content, choice.model) for message in messages)
    request = ChatRequest(choice.model, messages, tokens + ANSWER_TOKENS, ANSWER_TOKENS, temperature=0.0)
    written = ""
    async with aclosing(choice.backend.stream(request, cancel)) as deltas:
        async for delta in deltas:
            written += delta.text
            if len(written.strip()) > _LONGEST_ANSWER:
                return routed
    said = word(written)
    return routed if said is None else _with(routed, said, choice.model)


def word(answer: str) -> Intent | None:
    """The intent that an answer is, and nothing beside it; None where it is not."""
    said = answer.strip(_AROUND).lower()
    return next((intent for intent in INTENTS if intent == said), None)


def _with(routed: Routed, said: Intent, model: str) -> Routed:
    if said == routed.intent:
        return replace(routed, why=f"{routed.why}; {model} was asked, and agrees")
    probability = routed.probabilities[INTENTS.index(said)]
    why = f"{model} was asked, and takes it for {said}; taken alone, {routed.intent} was likelier: {routed.why}"
    return replace(routed, intent=said, probability=probability, why=why, plan=PLANS[said].words)
