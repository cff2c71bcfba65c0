"""Whether a question leans on what was said before, told from its surface: how it begins, what is missing, and words
such as "that" for which it names nothing itself.

In doubt a question stands by itself: a follow-up that is missed is asked again, one that is imagined answers something
else. Not here: the forms (`phrases`), what such a word may stand for inside a question (`antecedents`), and what it
then means (`followups`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dt6_lsp.assistant.memory.antecedents import has_antecedent
from dt6_lsp.assistant.memory.phrases import (
    ANYWHERE,
    AUX,
    CONDITION,
    CONNECTIVE,
    FLAGS,
    MEANINGLESS,
    OF_EDITOR,
    POINTERS,
    POLITE,
    THANKS,
    WHAT_ABOUT,
    WHOLE,
)

_MOST_WORDS = 30  # what is longer explains itself, or is a log
_MOST_LINES = 3
_FRAGMENT = 5  # words after an "and" that need no verb
_CONDITION = 8
_SHOWN = re.compile(r"\n\s*\S|\b(?:this|these)\b[^:]{0,40}:\s*\S", FLAGS)  # what "this" is stands below it
_STATEMENT = re.compile(r"^(?:it|this|they|these|es|das)\b(?:\s+\S+){4,}[^?]*$", FLAGS)  # of a program that misbehaves
_HERE = re.compile(rf"\bthis {OF_EDITOR}\b", FLAGS)
_ASKS_ITSELF = re.compile(
    r"^(?:what|where|who|why|how|which|when|whose|was|wo|wer|warum|wie|welche\w*|wann|wozu|show|list|give|explain|find"
    rf"|tell|describe|compare|print|write|zeig\w*|nenn\w*|erkl\w*)\b|\b{AUX}\b|\b(?:wird|werden|ist|sind|hat|kann)\b",
    FLAGS,
)


@dataclass(frozen=True, slots=True)
class Cue:
    """`kind` says how the gap is filled: the `word` at start..end stands for something that was named, what begins
    there takes its place (`what-about`), or the `rest` of the question is the one before."""

    kind: Literal["word", "what-about", "rest"]
    why: str
    start: int = 0
    end: int = 0


def cue(question: str, *, selected: bool = False, open_file: bool = False) -> Cue | None:
    """What shows that the question leans on those before; None where it stands by itself. Something `selected` is what
    "this" means, and so is code below the question; with an `open_file` "this function" is there."""
    text = question.strip()
    if not text or len(text.split()) > _MOST_WORDS or text.count("\n") >= _MOST_LINES:
        return None
    begins = POLITE.match(text)
    start = begins.end() if begins else 0
    if about := WHAT_ABOUT.match(text[start:]):
        why = "it asks about something else in place of what was asked before"
        return Cue("what-about", why, start + about.end(), len(text))
    if selected or _SHOWN.search(text):
        return _pointed(text)
    return _whole(text[start:]) or _continued(text, start) or _pointed(text) or _word(text, open_file=open_file)


def _whole(text: str) -> Cue | None:
    plain = THANKS.sub("", text).rstrip(" !.…")
    for form in (plain, plain.rstrip("? ")):
        for pattern, why in WHOLE:
            if form and pattern.fullmatch(form):
                return Cue("rest", why)
    return None


def _continued(text: str, start: int) -> Cue | None:
    """ "And errors?", "and if it is empty?": what follows asks nothing itself. Where it does, the other cues decide."""
    begins = CONNECTIVE.match(text[start:])
    if begins is None:
        return None
    rest = text[start + begins.end() :]
    if whole := _whole(rest):
        return whole
    words = len(rest.strip("?!. ").split())
    condition = CONDITION.match(rest) is not None and words <= _CONDITION
    fragment = 0 < words <= _FRAGMENT and _ASKS_ITSELF.search(rest) is None
    if not (condition or fragment):
        return None
    return Cue("what-about", "it goes on from the question before", start + begins.end(), len(text))


def _pointed(text: str) -> Cue | None:
    return next((Cue("rest", why) for pattern, why in ANYWHERE if pattern.search(text)), None)


def _word(text: str, *, open_file: bool) -> Cue | None:
    """The first word that stands for something, where nothing before it in the question is what it stands for."""
    if _STATEMENT.match(text):
        return None
    hidden = MEANINGLESS.sub(_blank, text)
    if open_file:
        hidden = _HERE.sub(_blank, hidden)
    found = [match.span(match.lastgroup or 0) for pattern in POINTERS for match in pattern.finditer(hidden)]
    for start, end in sorted(found):
        word = text[start:end]
        if not has_antecedent(text[:start], word):
            return Cue("word", f'it says "{word}" and does not name what that is', start, end)
    return None


def _blank(match: re.Match[str]) -> str:
    return "·" * len(match[0])
