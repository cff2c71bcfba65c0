"""The clauses of a question, each with its words in one order.

`ordered("where is §0 called")` and `ordered("where do we call §0")` are both `where: call §0`; `where does §0 call` is
not. Only what is sure is moved: a passive is one when a participle ends a phrase after a form of "be" or "get".
Not here: other words for the same thing (`wording.toml`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.cache.lexicon import Lexicon

_KINDS = frozenset(
    [
        "where",
        "why",
        "how",
        "when",
        "who",
        "what",
        "which",
        "whose",
        "whom",
        "whether",
        "exists",
        "explain",
        "difference",
    ]
)
_BE = frozenset(["is", "are", "was", "were", "am", "be", "been", "being"])
_GET = frozenset(["get", "gets", "got", "getting"])
_DO = frozenset(["do", "does", "did"])
_PAST = frozenset(["was", "were", "did", "been", "had"])
_MODAL = frozenset(["can", "could", "will", "would", "shall", "should", "may", "might", "must"])
_ARTICLES = frozenset(["the", "a", "an", "our", "my", "your"])
_ALIKE = {"which": "what", "whom": "who"}
_AMOUNTS = frozenset(["many", "much", "often", "long", "large", "fast", "far", "deep", "high", "small"])


@dataclass(slots=True)
class _Clause:
    """`gap` is what is asked for where that is a noun: the one who does it, or what it is done to."""

    start: str = ""
    words: list[str] = field(default_factory=list)
    gap: str = ""
    marks: list[str] = field(default_factory=list)
    verb: int = -1  # where in `words` the verb is, when that is known
    subject: list[str] = field(default_factory=list)


class Clauses:
    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def ordered(self, text: str) -> list[str]:
        """All parts of the question; what separates clauses is a part, too."""
        if text.startswith("difference ") and " | " in text:
            sides = text.removeprefix("difference ").split(" | ")
            return ["difference:", *sorted(" ".join(self._phrases(side.split())) for side in sides)]
        parts: list[str] = []
        for position, words in enumerate(self._split(text.split())):
            parts += self._clause(words, first=position == 0)
        return parts

    def _split(self, words: Sequence[str]) -> list[list[str]]:
        """Cut before each conjunction that is not the question word itself."""
        clauses: list[list[str]] = [[]]
        for position, word in enumerate(words):
            leads = word in self._lexicon.conjunctions and word not in (",", ";")
            if position and (word in (",", ";") or leads) and clauses[-1]:
                clauses.append([])
            if word not in (",", ";"):
                clauses[-1].append(word)
            elif position + 1 < len(words):
                clauses[-1].append(",")
        return [clause for clause in clauses if clause]

    def _clause(self, words: list[str], *, first: bool) -> list[str]:
        clause = _Clause()
        words = list(words)
        if words and (words[0] in _KINDS if first else words[0] in self._lexicon.conjunctions):
            clause.start = _ALIKE.get(words[0], words[0])
            words.pop(0)
        if clause.start == "how" and words and words[0] in _AMOUNTS:
            clause.start = f"how {words.pop(0)}"
        if first and clause.start == "how" and words[:1] == ["to"]:
            words.pop(0)
            clause.words, clause.verb = words, 0
        else:
            self._unaided(clause, words, first=first)
        return self._told(clause)

    def _unaided(self, clause: _Clause, words: list[str], *, first: bool) -> None:
        """Without auxiliaries, and with the verb before what it is done to."""
        place = next((at for at, word in enumerate(words) if word in _BE | _GET | _DO | _MODAL), None)
        if place is None:
            clause.words = self._without_dummy(words)
            clause.gap = "subject" if clause.start in ("what", "who") else ""
            clause.verb = 0 if clause.gap and clause.words[:1] and clause.words[0] in self._lexicon.bases else -1
            return
        before, after = words[:place], words[place:]
        aids: list[str] = []
        while after and after[0] in _BE | _DO | _MODAL | {"not"}:
            aids.append(after.pop(0))
        if first and not clause.start and not before:
            clause.start = "whether"
        clause.marks += self._marks(aids, clause)
        asked = clause.start in ("what", "who")
        if not asked:
            before, after = [], [*before, *after]
        after = self._later_aids(clause, after, aids)
        clause.subject = before
        if not (set(aids) & (_BE | _GET) and self._passive(clause, after, asked=asked)):
            self._active(clause, after, aids, asked=asked)

    def _marks(self, aids: Sequence[str], clause: _Clause) -> list[str]:
        """What auxiliaries say beside whose they are: that it was, may or should be."""
        marks = ["past" for aid in aids if aid in _PAST][:1] + ["not"] * ("not" in aids)
        free = clause.start.split(" ")[0] in ("where", "how", "when")
        marks += [aid for aid in aids if aid in _MODAL and not (aid == "can" and free)]
        return marks

    def _later_aids(self, clause: _Clause, words: list[str], aids: list[str]) -> list[str]:
        """ "does X get called", "can X be called", "isn't X called": what belongs to the verb, out of the way of it."""
        kept = []
        for at, word in enumerate(words):
            follows = words[at + 1] if at + 1 < len(words) else ""
            if word in ("be", "been", "being") or (word in _GET and follows in self._lexicon.participles):
                aids.append("be")
                clause.marks += ["past"] if word in _PAST and "past" not in clause.marks else []
            else:
                kept.append(word)
        return kept

    def _passive(self, clause: _Clause, words: list[str], *, asked: bool) -> bool:
        for at, word in enumerate(words):
            ends = at + 1 == len(words) or words[at + 1] in self._lexicon.prepositions
            has_subject = any(each not in _ARTICLES for each in words[:at])
            if word not in self._lexicon.participles or not ends or not (has_subject or asked):
                continue
            rest, agent = _by(words[at + 1 :], self._lexicon)
            patient = words[:at]
            if asked and has_subject and rest[-1:] == ["by"]:
                clause.gap, agent, rest, clause.subject = "subject", clause.subject, rest[:-1], []
            elif asked and not has_subject:
                clause.gap = "object"
            elif asked and not clause.subject:
                return False
            agent = [] if agent and agent[-1] in self._lexicon.dummies else agent
            clause.words = [*agent, word, *patient, *rest]
            clause.verb = len(agent)
            return True
        return False

    def _active(self, clause: _Clause, words: list[str], aids: Sequence[str], *, asked: bool) -> None:
        done = bool(set(aids) & _DO) or (bool(set(aids) & _MODAL) and "be" not in aids)
        gerund = next((at for at, word in enumerate(words) if word in self._lexicon.gerunds), None)
        rest = self._without_dummy(words)
        if done and asked:
            clause.gap = "object"
        elif asked and gerund is not None and not done:
            clause.gap = "object" if gerund else "subject"
            rest[gerund - len(words)] = self._lexicon.bases[words[gerund]]
        elif asked:
            clause.gap = "is"
        elif gerund is not None and gerund and set(aids) & _BE:
            rest[gerund - len(words)] = self._lexicon.bases[words[gerund]]
        clause.words = rest
        clause.verb = 0 if len(rest) < len(words) else self._sure_verb(rest) if done else -1

    def _sure_verb(self, words: Sequence[str]) -> int:
        """The only verb that an article follows: "does the router pick an intent". -1 where that is not sure."""
        followed = [
            at for at in range(1, len(words) - 1) if words[at + 1] in _ARTICLES and words[at] in self._lexicon.bases
        ]
        return followed[0] if len(followed) == 1 else -1

    def _without_dummy(self, words: list[str]) -> list[str]:
        """Who asks does not matter: "where do we call X"."""
        if words and (words[0] in self._lexicon.dummies or words[0] in ("dt", "it")):
            return words[1:]
        return words

    def _told(self, clause: _Clause) -> list[str]:
        words = clause.words
        negated = "not" in words or "not" in clause.marks
        if 0 <= clause.verb < len(words):
            words = [*words[: clause.verb], "=" + self._lexicon.verb(words[clause.verb]), *words[clause.verb + 1 :]]
        words = [word for word in words if word not in ("not", "dt")]
        definite = "the" if clause.gap == "is" and words[:1] and words[0] in _ARTICLES - {"a", "an"} else ""
        start = " ".join(filter(None, (clause.start, clause.gap, definite)))
        marks = ["not"] * negated + [mark for mark in clause.marks if mark != "not"]
        subject = self._phrases(clause.subject)
        subject += ["|"] * bool(subject and clause.gap != "subject")
        return [f"{start}:", *marks, *subject, *self._phrases(words)]

    def _phrases(self, words: Sequence[str]) -> list[str]:
        """The words up to the first preposition, then what each preposition brings, in alphabetical order."""
        groups: list[list[str]] = [[]]
        for word in words:
            if word in self._lexicon.prepositions and word != "of":
                groups.append([self._lexicon.same_words.get(word, word)])
            else:
                groups[-1].append(word)
        told = [self._noun_phrase(group) for group in groups]
        return [word for group in (told[0], *sorted(told[1:])) for word in group]

    def _noun_phrase(self, words: Sequence[str]) -> list[str]:
        """ "The limit of the retries" as the retries' limit; without articles."""
        words = list(words)
        while "of" in words:
            at = len(words) - 1 - words[::-1].index("of")
            head = next((place for place in range(at - 1, -1, -1) if words[place] in _ARTICLES), max(at - 1, 0))
            words = [*words[:head], *words[at + 1 :], *words[head:at]]
        kept = [word for word in words if word not in self._lexicon.neutral and word != "'s"]
        return [self._said(word) for word in kept]

    def _said(self, word: str) -> str:
        if word.startswith("="):
            return word[1:]
        return word if re.search(r"§", word) else self._lexicon.word(word)


def _by(words: Sequence[str], lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """What follows a participle, and who did it, where that is said by "by"."""
    if "by" not in words[:-1]:
        return list(words), []
    start = words.index("by")
    end = next((at for at in range(start + 1, len(words)) if words[at] in lexicon.prepositions), len(words))
    agent = list(words[start + 1 : end])
    return [*words[:start], *words[end:]], agent
