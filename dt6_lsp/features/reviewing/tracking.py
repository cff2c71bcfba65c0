"""Findings that follow their lines while a text is edited. One whose lines change is gone.

Not here: where they are shown.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.features.reviewing.model import Finding

_MOST_COMPARED = 400  # lines between the first and the last that changed; of more, none is looked for


def moved(findings: Sequence[Finding], before: str, after: str) -> tuple[Finding, ...]:
    """Those of the text `before` whose lines stand together in `after`, where they stand there."""
    if before == after or not findings:
        return tuple(findings)
    now = _now(lines_of(before), lines_of(after))
    kept = []
    for finding in findings:
        places = [now.get(line) for line in range(finding.start_line, finding.end_line + 1)]
        first = places[0]
        if first is not None and places == list(range(first, first + len(places))):
            kept.append(replace(finding, start_line=first, end_line=first + len(places) - 1))
    return tuple(kept)


def _now(before: Sequence[str], after: Sequence[str]) -> Mapping[int, int]:
    """Where each line (from 1) that is still there stands now."""
    least = min(len(before), len(after))
    head = next((at for at in range(least) if before[at] != after[at]), least)
    rest = least - head
    tail = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    shift = len(after) - len(before)
    now = {at + 1: at + 1 for at in range(head)}
    now |= {at + 1: at + 1 + shift for at in range(len(before) - tail, len(before))}
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) <= _MOST_COMPARED:
        for at, to, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            now |= {head + at + step + 1: head + to + step + 1 for step in range(size)}
    return now
