"""What answering needs beside the index and the question itself. Built once, in app.py; each part is one field.

Not here: what the parts do, and the order in which they are asked (`pipeline`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dt6_lsp.assistant.architecture.facts import Atlas
from dt6_lsp.assistant.blocking import OneAtATime
from dt6_lsp.assistant.cache.answers import Answers
from dt6_lsp.assistant.cache.flights import Flights
from dt6_lsp.assistant.memory.folding import Folding
from dt6_lsp.assistant.memory.memory import Memory
from dt6_lsp.assistant.router import Router, packaged_router
from dt6_lsp.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.models.orchestrator import Choice, ServerModels
    from dt6_lsp.settings import Settings


class Hub(Protocol):
    """Knows who writes answers now."""

    async def choose(self, intent: str = "", after: Choice | None = None, because: str = "") -> Choice:
        """Who answers questions of this intent; `after` one that failed, and `because` of what, who comes next."""
        ...

    def absence(self) -> str:
        """Why nobody would write now, as far as that is known without asking any server; "" where somebody may."""
        ...

    def forget(self) -> None:
        """The model that was chosen has failed: look anew at the next question."""
        ...

    async def switch(self, backend: str = "", model: str = "") -> Choice:
        """From now on this model answers; without a name, whom the settings name. Raises when it can't."""
        ...

    async def reconfigure(self, settings: Settings) -> None:
        """Other settings from now on; answers that are being written go on."""
        ...

    async def models(self) -> list[ServerModels]: ...

    async def close(self) -> None: ...


class Counter(Protocol):
    """Counts tokens as a model does; learns from what servers report."""

    def count(self, text: str, model: str = "") -> int:
        """Rather too many than too few."""
        ...

    def estimate(self, messages: Sequence[str], model: str = "") -> int:
        """What the server will most likely count for a prompt."""
        ...

    def calibrate(self, messages: Sequence[str], tokens: int, model: str = "") -> None:
        """Blocks for a moment where what is learned is kept."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    hub: Hub
    counter: Counter
    metrics: Metrics = field(default_factory=Metrics)
    memory: Memory = field(default_factory=Memory)
    atlas: Atlas = field(default_factory=Atlas)
    gathering: OneAtATime = field(default_factory=OneAtATime)
    folding: Folding = field(default_factory=Folding)
    router: Router = field(default_factory=packaged_router)
    answers: Answers = field(default_factory=Answers)
    flights: Flights = field(default_factory=Flights)
