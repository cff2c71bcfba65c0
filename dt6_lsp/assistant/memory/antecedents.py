"""Whether a question itself names what a later word of it ("it", "their") stands for.

Told by the forms in which English names a thing: a name of code, an article with its noun, the subject after an
auxiliary or a conjunction. A plural is no "it", a singular no "they". Not here: which words those are (`cues`).
"""

from __future__ import annotations

import re

from dt6_lsp.assistant.mentions import identifiers, places

_FLAGS = re.IGNORECASE
_PLURAL_WORDS = frozenset({"they", "them", "their", "those", "these"})
_NO_THING = frozenset(  # words that stand where a noun could, and name none
    "i we you he she it they this that these those there one ones anyone anything something someone everything nothing"
    " nobody everybody anybody who what which where why how when else the a an any some all not to be been being also"
    " still really actually ever always never only just even called used defined tested set made done happening exactly"
    " my your our its their his her of in on for with from by about and or but if so than then"
    " es das sie er man ich wir du denn die der den dem ein eine".split()
)
_VAGUE = frozenset(
    "way ways reason reasons chance place places time point lot bit case example examples problem issue idea thing things"
    " test tests difference purpose use meaning caller callers same rest other kind sort".split()
)
_DETERMINER = re.compile(
    r"\b(?:the|an?|each|every|any|all|some|no|another|our|my|your|two|three|several|many|most|multiple|both"
    r"|der|die|das|den|dem|ein|eine|einen|einer)\s+((?:[\w'/-]+\s*){1,3})",
    _FLAGS,
)
_SUBJECT = re.compile(
    r"\b(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have|must|may|might)\s+([\w-]+)"
    r"|\b(?:when|if|while|once|after|before|until|because|unless|whether|that)\s+([\w-]+)"
    r"|^(?:explain|describe|show|show me|list|find|compare|tell me about|index|run)\s+([\w-]+)",
    _FLAGS,
)
_PROPER = re.compile(r"(?<=[\w,;:)`] )(?!I\b)[A-ZÄÖÜ][\w+.-]*\w")
_PREPOSITION = re.compile(r"\b(?:of|for|behind|in|to|about|with|from|on|around|between|than|inside|like|by|at|von|f[uü]r|zu)\s*$", _FLAGS)
_SINGULAR_S = ("ss", "us", "is", "chroma", "redis", "alias", "https", "tls", "os")
_STOPS = frozenset(
    "of for in on to from with by that which who is are was were does do did has have can will would should and or but"
    " when if while as than at into before after get gets call calls use uses".split()
)


def has_antecedent(before: str, word: str, after: str) -> bool:
    """Whether `before` names something that `word` can stand for; `after` is the rest of the question."""
    plural = word.split()[0].lower() in _PLURAL_WORDS
    if identifiers(before) or places(before) or _PROPER.search(before):
        return True
    return any(_plural(noun) == plural for noun in _nouns(before))


def _nouns(before: str) -> list[str]:
    """The last words of noun phrases. One that is only the relation to what follows ("the callers of it") is none."""
    found = []
    for match in _DETERMINER.finditer(before):
        words = _phrase(match[1])
        relation = _PREPOSITION.search(before) and _only_preposition(before[match.start(1) :], words)
        if words and words[-1] not in _VAGUE and not relation:
            found.append(words[-1])
    for match in _SUBJECT.finditer(before):
        noun = next(filter(None, match.groups())).lower()
        gerund = noun.endswith("ing") and not before[match.end() :].strip()
        if noun not in _NO_THING and noun not in _VAGUE and not gerund and not noun.endswith("ed"):
            found.append(noun)
    return found


def _phrase(text: str) -> list[str]:
    words = []
    for word in text.lower().split():
        if word in _STOPS or word in _NO_THING:
            break
        words.append(word)
    return words


def _only_preposition(text: str, words: list[str]) -> bool:
    """Whether nothing stands between the phrase and the word but a preposition."""
    return len(text.split()) <= len(words) + 1


def _plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(_SINGULAR_S)
