"""The English that the cache knows: verb forms, words that may stand for one another, words that say nothing.

The words are data (`lexicon.toml`). Not here: what is done with them (`meaning`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BRITISH = re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)")
_KEEP_S = frozenset(
    [
        "https",
        "css",
        "js",
        "os",
        "ios",
        "aws",
        "dns",
        "tls",
        "sass",
        "cors",
        "ops",
        "is",
        "was",
        "has",
        "does",
        "this",
        "its",
        "us",
    ]
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`bases` is from any form of a verb to its base; `participles` and `gerunds` are those forms. `same_verbs` and
    `same_words` are from a word to the one that stands for it."""

    bases: Mapping[str, str]
    participles: frozenset[str]
    gerunds: frozenset[str]
    same_verbs: Mapping[str, str]
    same_words: Mapping[str, str]
    neutral: frozenset[str]
    dummies: frozenset[str]
    numbers: Mapping[str, str]
    prepositions: frozenset[str]
    conjunctions: frozenset[str]
    any_case: frozenset[str]
    pointing: frozenset[str]

    def verb(self, word: str) -> str:
        """The base of a word that is the verb of its clause, or what stands for it."""
        base = self.bases.get(word, word)
        return self.same_verbs.get(base, base)

    def word(self, word: str) -> str:
        """Any other word: a plural counts as its singular. A participle stays: a cached index is no cache index."""
        single = word if word in self.any_case else singular(word)
        return self.same_words.get(single, single)


def load() -> Lexicon:
    text = (resources.files("dt6_lsp.assistant.cache") / "lexicon.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    bases: dict[str, str] = {}
    participles: set[str] = set()
    gerunds: set[str] = set()
    for verb in sorted(set(map(spelled, data["verbs"].split())) | set(data["irregular"])):
        past = set(data["irregular"].get(verb, ())) or _with(verb, "ed")
        participles |= past
        gerunds |= _with(verb, "ing")
        bases |= dict.fromkeys(past | _with(verb, "ing") | {_third(verb), verb}, verb)
    words = {name: frozenset(text.split()) for name, text in data["words"].items()}
    numbers = {word: str(number) for number, word in enumerate(data["words"]["number"].split())}
    return Lexicon(
        bases, frozenset(participles), frozenset(gerunds), _same(data["same"]["verbs"]), _same(data["same"]["words"]),
        words["neutral"], words["dummies"], numbers, words["prepositions"], words["conjunctions"], words["any_case"],
        words["pointing"],
    )  # fmt: skip


def spelled(word: str) -> str:
    """One spelling for British and American English ("normalise", "normalize")."""
    return _BRITISH.sub("iz", word)


def singular(word: str) -> str:
    """Only where the ending can be nothing else: better a plural that stays than two words that become one."""
    if len(word) < 4 or word in _KEEP_S or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")) and not word.endswith(("aches", "axes")):
        return word[:-2]
    return word[:-1]


def _third(verb: str) -> str:
    if verb.endswith(("s", "x", "ch", "sh")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeou" else verb + "s"


def _with(verb: str, ending: str) -> set[str]:
    """Forms by the rule; where a consonant may be doubled, both."""
    if verb.endswith("e") and not verb.endswith(("ee", "ye")):
        return {verb[:-1] + ending}
    if verb.endswith("y") and verb[-2] not in "aeou" and ending == "ed":
        return {verb[:-1] + "ied"}
    doubled = {verb + verb[-1] + ending} if re.search(r"[aeiou][bdgklmnprt]$", verb) else set[str]()
    return {verb + ending} | doubled


def _same(groups: Iterable[Any]) -> dict[str, str]:
    return {word: group[0] for group in groups for word in group}
