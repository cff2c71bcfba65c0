"""Which questions the import graph answers, told from their words: what depends on X, what breaks if X changes, how A
reaches B, cycles, layers, entry points, what is central, what changes most, and the whole.

The forms are data, `forms.txt`. No model is asked. Not here: what the parties of a question are (`targets`), and what
kind of question anything else is (`router`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

Sort = Literal[
    "dependents", "impact", "dependencies", "between", "reach", "cycles", "layers", "entries", "central", "churn",
    "whole",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """`x` and `y` as the question words them, "" where it names none. `modules`: it asks for files or packages, so a
    plain word is more likely one of those than a symbol."""

    sort: Sort
    x: str = ""
    y: str = ""
    modules: bool = False


@dataclass(frozen=True, slots=True)
class Forms:
    """`pieces` are patterns by name."""

    pieces: dict[str, str]
    rows: tuple[tuple[Sort, re.Pattern[str]], ...]


_ROW = re.compile(r"^(?P<name>\w+)(?P<mark> = |: )(?P<pattern>.+)$", re.MULTILINE)
_PIECE = re.compile(r"<([A-Z]+)>")
_POLITE = re.compile(
    r"^(?:(?:hey|hi|so|ok|okay|and|now|please|well|but)[, ]+"
    r"|(?:can|could|would|will) you (?:please )?(?:tell|show|explain|list|give|find)(?: to)?(?: me| us)? ?"
    r"|(?:tell|show) (?:me|us) |(?:i(?:'d| would)? (?:want|like|need) to know|do you know|i wonder) )+",
    re.IGNORECASE,
)
_HOW_CODE_DEALS = re.compile(  # with cycles: a question about code, not about the graph
    r"\bhow\b.{0,60}\b(?:detect|handl|prevent|avoid|found|find|break|broken|resolv|report|test)\w*"
    r"|\bwhere\b.{0,40}\b(?:detect|handl|check)\w*|\blife ?cycle",
    re.IGNORECASE,
)
_LONGEST = 400  # characters: longer texts are pasted, and not of these forms


def asked(question: str) -> Asked | None:
    """None for a question that is of none of the forms."""
    plain = " ".join(question.split()).strip(" ?.!;:").replace("’", "'")
    plain = _POLITE.sub("", plain)
    if not plain or len(plain) > _LONGEST:
        return None
    forms = _forms()
    for sort, pattern in forms.rows:
        match = pattern.search(plain)
        if match is None or (sort == "cycles" and _HOW_CODE_DEALS.search(plain)):
            continue
        parties = {name: words.strip(" ,'\"?") for name, words in match.groupdict().items() if words}
        if sort in ("whole", "cycles", "layers") and _is_whole(parties.get("x", ""), forms):
            parties = {}
        return Asked(sort, parties.get("x", ""), parties.get("y", ""), _asks_for_modules(plain, forms))
    return None


def _is_whole(words: str, forms: Forms) -> bool:
    """Whether a party is only another word for the workspace."""
    return all(re.fullmatch(forms.pieces["WHOLE"], word, re.IGNORECASE) for word in words.split())


def _asks_for_modules(question: str, forms: Forms) -> bool:
    places = forms.pieces["PLACES"]
    return re.search(rf"\b(?:which|what|all|list|how many) (?:other )?{places}\b|\bimport", question, re.I) is not None


def _sort(name: str) -> Sort:
    if name not in get_args(Sort):
        raise ValueError(f"forms.txt has a form of no known sort: {name}")
    return cast("Sort", name)


@cache
def _forms() -> Forms:
    text = (resources.files("dt6_lsp.assistant.architecture") / "forms.txt").read_text(encoding="utf-8")
    pieces: dict[str, str] = {}
    rows: list[tuple[Sort, re.Pattern[str]]] = []
    for row in _ROW.finditer(text):
        pattern = _PIECE.sub(lambda piece: pieces[piece[1]], row["pattern"])
        if row["mark"] == " = ":
            pieces[row["name"]] = pattern
        else:
            rows.append((_sort(row["name"]), re.compile(pattern, re.IGNORECASE)))
    return Forms(pieces, tuple(rows))
