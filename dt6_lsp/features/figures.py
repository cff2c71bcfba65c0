"""Figures about a workspace as faces show them: who answers, which models there are, and what was done.

Not here: counting, and the JSON of it (`contracts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.assistant.asked import AskStats
from dt6_lsp.assistant.memory.model import Kept
from dt6_lsp.index.model import IndexState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.index.model import IndexStats
    from dt6_lsp.metrics import Measure
    from dt6_lsp.models.orchestrator import Choice, ServerModels


@dataclass(frozen=True, slots=True)
class ChatStats:
    """Who would write an answer now. `backend` is "none" and `why` a sentence when nobody would."""

    backend: str
    model: str
    url: str
    context_tokens: int
    why: str


@dataclass(frozen=True, slots=True)
class Stats:
    """`roots` in the order of the workspace's folders; `index` says how fresh they are; `asks` and `metrics`
    (by name) are of all that this workspace was ever asked, `memory` of the conversations that are remembered,
    `answers_bytes` of answers that were written to files, for all workspaces."""

    roots: tuple[IndexStats, ...]
    chat: ChatStats
    index: IndexState = field(default_factory=lambda: IndexState(0, 0, 0))
    asks: AskStats = field(default_factory=AskStats)
    metrics: Mapping[str, Measure] = field(default_factory=dict)
    answers_bytes: int = 0
    memory: Kept = field(default_factory=lambda: Kept(0, 0, 0))


@dataclass(frozen=True, slots=True)
class Models:
    """`servers` in the order of the settings, also those that can't be reached; `chat` is who would answer now."""

    servers: tuple[ServerModels, ...]
    chat: ChatStats


def chat_stats(choice: Choice) -> ChatStats:
    name, url = (choice.backend.name, choice.backend.url) if choice.backend else ("none", "")
    return ChatStats(name, choice.model, url, choice.context_tokens, choice.why)
