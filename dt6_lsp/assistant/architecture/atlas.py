"""The map of a workspace as it bears on a question: the answer where the graph gives one, else the overview.

`map_for` is all that answering asks of this package: text that fits a budget, and the places in it that may be cited.
Not here: gathering what is known (`facts`), and the words of each answer (`overview`, `replies`, `lists`, `routes`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.lists import Lists
from dt6_lsp.assistant.architecture.overview import overview
from dt6_lsp.assistant.architecture.questions import asked
from dt6_lsp.assistant.architecture.replies import Replies
from dt6_lsp.assistant.architecture.routes import Route, entry_named, is_anything
from dt6_lsp.assistant.architecture.targets import Target, Unclear, Unknown, resolve, resolve_noun
from dt6_lsp.assistant.architecture.telling import Told
from dt6_lsp.assistant.mentions import identifiers, matching, places
from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dt6_lsp.assistant.architecture.facts import Atlas, Facts
    from dt6_lsp.assistant.architecture.questions import Asked
    from dt6_lsp.assistant.events import Citation, Intent
    from dt6_lsp.index.model import Reader

_NEAREST = 6  # definitions of one name that a question is taken to be about


@dataclass(frozen=True, slots=True)
class Map:
    """`text` is Markdown that fits; `answers`: it is the answer to a question of a known form, not a map beside one."""

    blocks: tuple[str, ...]
    citations: tuple[Citation, ...]
    answers: bool

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)

    @property
    def diagram(self) -> str:
        """The block that is one; "" where there is none."""
        return next((block for block in self.blocks if block.startswith("```mermaid")), "")


def map_for(
    question: str,
    intent: Intent,
    reader: Reader,
    atlas: Atlas,
    fits: Callable[[str], bool],
    *,
    near: str = "",
    cancel: CancelToken | None = None,
) -> Map | None:
    """None for a question that is not about the architecture. `near` is the open file, around which ranking begins."""
    form = asked(question)
    if form is None and not PLANS[intent].map:
        return None
    facts = atlas.of(reader, cancel or CancelToken())
    told = _answer(form, intent, facts, reader, fits) if form is not None else None
    if told is not None:
        while len(told.blocks) > 1 and not fits(told.text):
            told = told.without_last()
        return Map(told.blocks, told.citations, answers=True)
    if not PLANS[intent].map:
        return None
    whole = overview(facts, reader, "", favoured(question, facts, reader, near), fits)
    return Map(whole.blocks, whole.citations, answers=form is not None)


def favoured(question: str, facts: Facts, reader: Reader, near: str = "") -> dict[str, float]:
    """Where ranking begins: files that the question names, or that define what it names, and the open file."""
    weights: defaultdict[str, float] = defaultdict(float)
    for place in places(question):
        known = matching(place.path, list(facts.names.files))
        if known is not None:
            weights[known] += 1.0
    for name in identifiers(question):
        for item in reader.definitions(name, limit=_NEAREST):
            weights[item.path] += 1.0 / _NEAREST
    if near in set(facts.code):
        weights[near] += 0.5
    return dict(weights)


def _answer(form: Asked, intent: Intent, facts: Facts, reader: Reader, fits: Callable[[str], bool]) -> Told | None:
    """None where the question is of no known form after all: a party that nothing is called by, in a question that
    does not sound like one about the architecture."""
    x = _party(form.x, form, facts, reader)
    y = _party(form.y, form, facts, reader)
    if form.sort == "reach" and form.x and (is_anything(form.x) or entry_named(form.x, facts.entries)):
        x = None
    if form.sort in _LISTS and isinstance(x, Unknown) and not _is_name(form.x):
        x = None  # "cycles between layers" names no part
    for party in (x, y):
        if isinstance(party, Unclear):
            return Replies(facts, reader).unclear(party)
        if isinstance(party, Unknown):
            if form.sort == "whole":
                return _unknown_whole(party, facts, reader, fits) if intent == "arch" else None
            return Replies(facts, reader).unknown(party) if intent == "arch" or _is_name(party.name) else None
    if form.sort == "whole" and isinstance(x, Target) and x.definition is not None:
        return Replies(facts, reader).dependents(x) if intent == "arch" else None
    assert not isinstance(x, Unknown | Unclear)
    assert not isinstance(y, Unknown | Unclear)
    return _told(form, x, y, facts, reader, fits)


def _unknown_whole(party: Unknown, facts: Facts, reader: Reader, fits: Callable[[str], bool]) -> Told:
    """What is said of a folder that is not there, then the whole."""
    said = Replies(facts, reader).unknown(party)
    whole = overview(facts, reader, "", {}, lambda text: fits(f"{said.text}\n\n{text}"))
    return Told((*said.parts, *whole.parts))


def _told(
    form: Asked, x: Target | None, y: Target | None, facts: Facts, reader: Reader, fits: Callable[[str], bool]
) -> Told | None:
    if form.sort in _LISTS:
        lists = Lists(facts, reader)
        return _LISTS[form.sort](lists, x)
    if form.sort == "whole":
        return _overview(x, facts, reader, fits, {})
    if form.sort == "reach":
        return Route(facts, reader, x, y, incoming=form.x).told() if y is not None else None
    replies = Replies(facts, reader)
    if form.sort == "between":
        return replies.between(x, y) if x is not None and y is not None else None
    return _ABOUT_ONE[form.sort](replies, x) if x is not None else None


_LISTS: Mapping[str, Callable[[Lists, Target | None], Told]] = {
    "cycles": Lists.cycles,
    "layers": Lists.layers,
    "entries": lambda lists, _: lists.entries(),
    "central": lambda lists, _: lists.central({}),
    "churn": lambda lists, _: lists.churn(),
}
_ABOUT_ONE: Mapping[str, Callable[[Replies, Target], Told]] = {
    "dependents": Replies.dependents,
    "impact": Replies.impact,
    "dependencies": Replies.dependencies,
}


def _overview(
    target: Target | None, facts: Facts, reader: Reader, fits: Callable[[str], bool], weights: dict[str, float]
) -> Told:
    if target is None:
        return overview(facts, reader, "", weights, fits)
    if target.sort == "folder":
        return overview(facts, reader, target.name, weights, fits)
    out, into = Replies(facts, reader).dependencies(target), Replies(facts, reader).dependents(target)
    return Told((*out.parts, *into.parts))  # of one file there are no parts to tell


def _party(words: str, form: Asked, facts: Facts, reader: Reader) -> Target | Unknown | Unclear | None:
    if not words:
        return None
    entry = entry_named(words, facts.entries)
    if entry is not None and form.sort != "reach":
        return Target("file", entry.path, (entry.path,))
    noun = resolve_noun(words, facts.names, reader) if form.sort == "reach" else None
    return noun or resolve(words, facts.names, reader, modules=form.modules)


def _is_name(words: str) -> bool:
    """Whether somebody who writes this means a name, and is not only talking."""
    return bool(identifiers(words)) or "/" in words or ("." in words and " " not in words)
