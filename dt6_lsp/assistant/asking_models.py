"""A model's answer: packed for the model that was chosen, streamed, and asked of the next in the user's order where one
fails before its first word. From that word on nobody else is asked: the reader would see two beginnings.

Not here: trying the same server again, and its time limits (`dt6_lsp.models.guarded`); who comes next
(`dt6_lsp.models.orchestrator`); and what is written when nobody answers (`pipeline`).
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.events import Retrieved, Token
from dt6_lsp.assistant.streaming import Harmless
from dt6_lsp.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from dt6_lsp.assistant.context import Packed
    from dt6_lsp.assistant.services import Hub
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.models.base import ChatRequest, Usage
    from dt6_lsp.models.orchestrator import Choice

    Pack = Callable[[Choice], Awaitable[Packed]]
    Request = Callable[[Choice, Packed], ChatRequest]


@dataclass(slots=True)
class Written:
    """What has been written so far, by whom, and how it ended. A choice without a backend says why nobody wrote."""

    choice: Choice
    packed: Packed | None = None
    parts: list[str] = field(default_factory=list)
    usage: Usage | None = None
    error: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(self.parts)


async def ask_models(
    hub: Hub, intent: str, pack: Pack, request: Request, cancel: CancelToken, written: Written
) -> AsyncGenerator[Retrieved | Token, None]:
    """Retrieved whenever the hits in the prompt change, and what is written, made harmless; all is noted in `written`,
    as the model wrote it."""
    while written.choice.backend is not None:
        written.error = None
        try:
            async with aclosing(_from_one(pack, request, cancel, written)) as events:
                async for event in events:
                    yield event
        except ModelError as error:
            written.error = error
            hub.forget()
        if written.text.strip():
            return
        tried = written.choice
        reason = str(written.error) if written.error else f"The model {tried.model} gave an empty answer."
        because = f"{tried.why} {reason}".strip()
        written.choice = await until_cancelled(hub.choose(intent, after=tried, because=because), cancel)


async def _from_one(
    pack: Pack, request: Request, cancel: CancelToken, written: Written
) -> AsyncGenerator[Retrieved | Token, None]:
    """Whatever ends this, the backend's stream is closed."""
    choice, before = written.choice, written.packed
    assert choice.backend is not None, "who has no backend is not asked"
    written.parts, written.usage = [], None
    packed = written.packed = await pack(choice)
    if before is None or before.hits != packed.hits:
        yield Retrieved(packed.hits, packed.dropped, packed.expected, packed.left_out)
    harmless = Harmless()
    try:
        async with aclosing(choice.backend.stream(request(choice, packed), cancel)) as deltas:
            async for delta in deltas:
                written.usage = delta.usage or written.usage
                written.parts.append(delta.text)
                if piece := harmless.feed(delta.text):
                    yield Token(piece)
    except ModelError:
        if piece := harmless.rest():
            yield Token(piece)
        raise
    cancel.raise_if_cancelled()
    if piece := harmless.rest():
        yield Token(piece)
