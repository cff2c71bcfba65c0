"""The map of the workspace in an answer: found with the rest where the question is one for it, in the prompt as data,
and its diagram below what the model wrote, since models draw badly.

Not here: what the map says (`architecture`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.atlas import map_for
from dt6_lsp.assistant.architecture.overview import TOKENS
from dt6_lsp.assistant.architecture.questions import asked
from dt6_lsp.assistant.architecture.telling import place_text
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.plans import PLANS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dt6_lsp.assistant.architecture.atlas import Map
    from dt6_lsp.assistant.ask_context import AskContext
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.base import Message


def map_text(found: Map | None) -> str:
    """What a model gets to read: all but the diagram, which tells it nothing that the table does not."""
    return "" if found is None else "\n\n".join(block for block in found.blocks if block != found.diagram)


def citable(found: Map | None, messages: Iterable[Message]) -> list[Passage]:
    """The places of the map that the prompt shows, as far as the map was not cut."""
    if found is None:
        return []
    read = "\n".join(message.content for message in messages)
    return [
        Passage(place.path, place.start_line, place.end_line, "")
        for place in found.citations
        if place_text(place) in read
    ]


def appended(found: Map | None, *, complete: bool) -> str:
    """What follows the model's words; nothing where they broke off."""
    return f"\n\n{found.diagram}\n" if found is not None and found.diagram and complete else ""


def needs_map(question: str, intent: Intent, context: AskContext) -> bool:
    """Whether the workspace is looked at as a whole, which takes seconds the first time."""
    return context.map_tokens > 0 or PLANS[intent].map or asked(question) is not None


def with_map(
    findings: Findings,
    question: str,
    intent: Intent,
    reader: Reader,
    services: Services,
    context: AskContext,
    cancel: CancelToken,
) -> Findings:
    """Blocking: it may gather what is known of the workspace first."""
    room = context.map_tokens or TOKENS

    def fits(text: str) -> bool:
        return services.counter.count(text) <= room

    wanted: Intent = "arch" if context.map_tokens else intent
    found = map_for(question, wanted, reader, services.atlas, fits, near=context.path, cancel=cancel)
    return findings if found is None else replace(findings, map=found)
