"""What a workspace was asked so far, in numbers for people: made from the measures that `measuring` names.

Right, and zero, before the first question. Not here: rendering.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.metrics import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.metrics import Measure

STAGES = ("route", "search", "pack", "retrieved", "first_token", "total")


@dataclass(frozen=True, slots=True)
class AskStats:
    """`stages` are seconds, by name, each from the question but `search` and `pack`, which are by themselves;
    `cache_share` is of all that was answered, from 0 to 1. Tokens are of answers that a model wrote anew."""

    answered: int = 0
    failed: int = 0
    cancelled: int = 0
    broken: int = 0
    cached: int = 0
    cache_share: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    removed_citations: int = 0
    backends: Mapping[str, int] = field(default_factory=dict)
    intents: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, Measure] = field(default_factory=lambda: dict.fromkeys(STAGES, NONE))


def ask_stats(metrics: Mapping[str, Measure]) -> AskStats:
    def number(name: str) -> int:
        return int(metrics.get(f"ask.{name}", NONE).total)

    def by(kind: str) -> dict[str, int]:
        start = f"ask.{kind}."
        return {name.removeprefix(start): each.count for name, each in metrics.items() if name.startswith(start)}

    answered, cached = number("answered"), number("cached")
    return AskStats(
        answered=answered,
        failed=number("failed"),
        cancelled=number("cancelled"),
        broken=number("broken"),
        cached=cached,
        cache_share=cached / answered if answered else 0.0,
        prompt_tokens=number("prompt_tokens"),
        completion_tokens=number("completion_tokens"),
        removed_citations=number("removed_citations"),
        backends=by("backend"),
        intents=by("intent"),
        stages={stage: metrics.get(f"ask.{stage}.seconds", NONE) for stage in STAGES},
    )
