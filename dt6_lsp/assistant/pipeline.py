"""From a question to an answer: route, retrieve, pack, stream, check citations. Without a model, a digest.

Not here: protocol types, threads of its own, and the texts of prompts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.events import Failed
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.events import Event
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.orchestrator import Choice
    from dt6_lsp.settings import Settings


class Hub(Protocol):
    """Knows who writes answers now."""

    async def choose(self) -> Choice: ...

    async def close(self) -> None: ...


class Counter(Protocol):
    """Counts tokens; learns from what servers report."""

    def count(self, text: str) -> int: ...

    def calibrate(self, characters: int, tokens: int) -> None: ...


async def answer(
    question: str,
    reader: Reader,
    hub: Hub,
    counter: Counter,
    settings: Settings,
    cancel: CancelToken,
    context: AskContext = AskContext(),  # noqa: B008 - frozen
    *,
    run: Blocking,
) -> AsyncGenerator[Event, None]:
    if not question.strip():
        raise SettingError("The question is empty.", "Say what you want to know.")
    yield Failed("Answers are not built yet.", "")
