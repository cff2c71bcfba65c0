"""A diagram of parts as Mermaid text: at most fourteen boxes, arrows from a part to what it imports.

Names of a workspace go in as labels, in which everything that Mermaid could read as more than a letter is written by
its number. Where there are many arrows, those that follow from others are left out, which the text beside it says.
Not here: what the parts are (`parts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.algorithms import distances
from dt6_lsp.assistant.sanitize import fenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.architecture.parts import Structure

MOST_NODES = 14
_READABLE = 20  # arrows; beyond, those that follow from others are left out
_LABEL = 40  # characters of a name
_PLAIN = re.compile(r"[^\w ./@+-]")


@dataclass(frozen=True, slots=True)
class Diagram:
    """`text` is fenced Markdown; `reduced` when arrows that follow from others are not in it."""

    text: str
    reduced: bool


def diagram(structure: Structure, shown: Sequence[str]) -> Diagram | None:
    """The parts `shown` (the first fourteen of them); None when no arrow would be in it."""
    names = sorted(shown[:MOST_NODES], key=lambda name: (-structure.level[name], name))
    arrows = [(link.source, link.target) for link in structure.links if {link.source, link.target} <= set(names)]
    if not arrows:
        return None
    kept = _reduced(arrows) if len(arrows) > _READABLE else arrows
    lines = ["graph TD", *(f'  n{place}["{label(name)}"]' for place, name in enumerate(names))]
    order = {name: place for place, name in enumerate(names)}
    for source, target in sorted(kept, key=lambda arrow: (order[arrow[0]], order[arrow[1]])):
        lines.append(f"  n{order[source]} --> n{order[target]}")
    return Diagram(fenced("\n".join(lines), "mermaid"), len(kept) < len(arrows))


def label(name: str) -> str:
    end = name[-_LABEL:]
    short = name if len(name) <= _LABEL else f"...{end[max(0, end.find('/')) :]}"
    return _PLAIN.sub(lambda mark: f"#{ord(mark[0])};", short)


def _reduced(arrows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without those that another way leads along: one by one, so that what reaches what stays the same in cycles,
    too."""
    kept = list(arrows)
    for arrow in arrows:
        others: dict[str, list[str]] = {}
        for source, target in kept:
            if (source, target) != arrow:
                others.setdefault(source, []).append(target)
        if arrow[1] in distances((arrow[0],), others):
            kept.remove(arrow)
    return kept
