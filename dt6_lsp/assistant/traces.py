"""What a pasted stack trace or a tool's message says in words: what went wrong, and where it happened, innermost first.

Not here: the places that it names (`mentions`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.mentions import Place

_MOST_LINES = 4
_LONGEST_LINE = 300
_LINES_LOOKED_AT = 400
_PYTHON = "Traceback (most recent call last)"
_SAYS_WHAT = re.compile(
    r"\b\w*(?:Error|Exception|Panic|Failure|Warning)\b(?:\[\w+\])?[:,(]|\berror(?:\[\w+\])?:|\bpanic(?:ked)?\b|\bfatal\b"
    r"|Caused by:|\bFAILED\b|\bassert\w*\b|^E\s{2,}|\*\* \(",
    re.IGNORECASE,
)
_FRAME = re.compile(r"^\s*(?:at\s|File \"|#\d+\s|\d+:\s|from \S+:\d+)|:\d+:in [`']|^goroutine \d+")
_PARTS = re.compile(r"(?:[A-Za-z]:)?[\\/][\w.\\/@+-]+[\\/]|0x[0-9a-f]+|\bfile://\S*/")


def error_query(question: str) -> str:
    """The lines that say what went wrong, without addresses and folders; "" where there is none, or nothing else."""
    lines = [line.strip()[:_LONGEST_LINE] for line in question.splitlines()[:_LINES_LOOKED_AT] if line.strip()]
    if len(lines) < 2:
        return ""
    said = [line for line in lines if _SAYS_WHAT.search(line) and not _FRAME.search(line) and _PYTHON not in line]
    return " ".join(" ".join(_PARTS.sub(" ", line) for line in said[-_MOST_LINES:]).split())


def innermost_first(question: str, places: Sequence[Place]) -> tuple[Place, ...]:
    """Python writes the innermost call last, everybody else first."""
    return tuple(reversed(places)) if _PYTHON in question else tuple(places)
