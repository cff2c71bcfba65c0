"""Whether one question may be served the answer of another, and why not.

Similarity can't tell: questions that differ in one name, one number or one "not" are as near to each other as two ways
to ask the same. So two questions are the same when nothing that either says is without its counterpart: equal parts in
equal order once the wording is taken out (`meaning`), and the same names to the letter. What can't be shown to be equal
is not. The similarity is told beside it, for people.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dt6_lsp.assistant.cache.meaning import Meaning

    Labels = frozenset[tuple[str, str]]

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence's middle: "both ask the same", or what keeps them apart."""

    same: bool
    reason: str


def judge(one: Meaning, other: Meaning) -> Verdict:
    why = _difference(one, other)
    return Verdict(not why, why or "both ask the same")


def _difference(one: Meaning, other: Meaning) -> str:
    if one.names != other.names:
        return f"they name different things: {_apart(one.names, other.names)}"
    if called := called_differently(one.labels, other.labels):
        return f"{called} is called {' and '.join(sorted(_of(called, one.labels) | _of(called, other.labels)))}"
    if one.parts == other.parts:
        return "" if one.parts else "nothing is asked"
    if one.parts[:1] != other.parts[:1]:
        return f"another kind of question: {_kind(one)} / {_kind(other)}"
    if one.parts.count("not") != other.parts.count("not"):
        return "only one of them says not"
    if Counter(one.parts) != Counter(other.parts):
        return f"words without a counterpart: {_apart(one.parts, other.parts)}"
    return "the same words in other roles"


def called_differently(one: Labels, other: Labels) -> str:
    """A name that both call something, and not the same: the class Foo is not the file Foo."""
    both = {name for name, _ in one} & {name for name, _ in other}
    return next((name for name in sorted(both) if _of(name, one) != _of(name, other)), "")


def _of(name: str, labels: Labels) -> set[str]:
    return {label for named, label in labels if named == name}


def _kind(meaning: Meaning) -> str:
    return next(iter(meaning.parts), "").removesuffix(":") or "none"


def _apart(one: Iterable[str], other: Iterable[str]) -> str:
    here, there = Counter(one), Counter(other)
    return f"{_listed((here - there).elements())} / {_listed((there - here).elements())}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(list(words)[:_SHOWN]) or "nothing"
