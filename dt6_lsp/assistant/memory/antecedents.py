"""Whether a question itself names what a later word of it ("it", "their") stands for.

Told by the forms in which English names a thing: a name of code, an article with its noun, the subject after an
auxiliary or a conjunction. A plural is no "it", a singular no "they". Not here: which words those are (`phrases`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.assistant.mentions import identifiers, places

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = re.IGNORECASE
_PLURAL_WORDS = frozenset({"they", "them", "their", "those", "these"})
_OWNERS = frozenset({"its", "their"})


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_NO_THING = _words(  # stand where a noun could, and name none
    "i we you he she it they me us him her them this that these those there one ones anyone anything something someone",
    "everything nothing nobody everybody anybody who what which where why how when else the a an any some all not to",
    "be been being also still really actually ever always never only just even called used defined tested set made",
    "done happening exactly my your our its their his of in on for with from by about and or but if so than then",
    "es das sie er man ich wir du denn die der den dem ein eine",
)
_VAGUE = _words(  # name no thing that "it" could be: "is there a way to call it?"
    "way ways reason reasons chance place places time point lot bit case example examples problem issue idea thing",
    "things test tests difference purpose use meaning caller callers same rest other kind sort",
)
_STOPS = _words(  # end a noun phrase
    "of for in on to from with by that which who is are was were does do did has have can will would should and or but",
    "when if while as than at into before after get gets call calls use uses",
)
_SINGULAR_S = ("ss", "us", "is", "as", "https", "tls", "os")
_DETERMINER = re.compile(
    r"\b(?:the|an?|this|these|those|each|every|any|all|some|no|another|our|my|your|two|three|several|many|most|multiple|both"
    r"|der|die|das|den|dem|ein|eine|einen|einer)\s+(?=((?:[\w'/-]+\s*){1,3}))",
    _FLAGS,
)
_SUBJECT = re.compile(
    r"\b(?:do|does|did)\s+([\w-]+)"
    r"|(?<!^)(?<!\bwhat )(?<!\bwho )\b(?:is|are|was|were|can|could|will|would|should|has|have|must|may|might)"
    r"\s+([\w-]+(?:\s+\w+s\b)?)"
    r"|^(?:is|are|were|can|could|will|would|should|has|have)\s+([\w-]+)"
    r"|\b(?:when|if|while|once|after|before|until|because|unless|whether|that)\s+([\w-]+)"
    r"|\b(?:i|we|you)\s+\w+\s+([\w-]+)(?=[,.;])"
    r"|^(?:explain|describe|show|show me|list|find|compare|tell me about|index|run)\s+([\w-]+)",
    _FLAGS,
)
_ASKED_FOR = re.compile(r"\b(?:which|what|whose|how many)\s+([\w-]+)", _FLAGS)
_PROPER = re.compile(r"(?<=[\w,;:)`] )(?!I\b)[A-ZÄÖÜ][\w+.-]*\w")
_PREPOSITIONS = _words("of for behind in to about with from on around between than inside like by at von für zu")
_SET = _words("set used called defined made tested stored")


def has_antecedent(before: str, word: str) -> bool:
    """Whether `before`, which the question says first, names something that `word` can stand for."""
    first = word.split()[0].lower()
    if identifiers(before) or places(before) or _PROPER.search(before):
        return True
    nouns = [*_named(before, owner=first in _OWNERS), *_subjects(before)]
    if first in _OWNERS | _PLURAL_WORDS:
        asked = (match[1].lower() for match in _ASKED_FOR.finditer(before))
        nouns += [noun for noun in asked if noun not in _STOPS | _NO_THING]
    return any(_is_plural(noun) == (first in _PLURAL_WORDS) for noun in nouns)


def _named(before: str, *, owner: bool) -> Iterator[str]:
    """Words after an article. What is only the relation to what follows ("the callers of it") is no thing; an `owner`
    may stand there ("all keys with their values")."""
    for match in _DETERMINER.finditer(before):
        phrase = _phrase(match[1])
        rest = before[match.start(1) :].split()[len(phrase) :]
        relation = not owner and len(rest) > 0 and rest[-1].lower() in _PREPOSITIONS and _SET.issuperset(rest[:-1])
        if not relation and not _VAGUE.intersection(phrase):
            yield from phrase


def _phrase(text: str) -> list[str]:
    words = []
    for word in text.lower().split():
        if word in _STOPS or word in _NO_THING:
            break
        words.append(word)
    return words


def _subjects(before: str) -> Iterator[str]:
    for match in _SUBJECT.finditer(before):
        noun = next(filter(None, match.groups())).lower().split()[-1]
        gerund = noun.endswith("ing") and not before[match.end() :].strip()  # "before calling it"
        if noun not in _NO_THING | _VAGUE and not gerund and not noun.endswith("ed"):
            yield noun


def _is_plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(_SINGULAR_S)
