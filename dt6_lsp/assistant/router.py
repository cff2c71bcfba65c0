"""What kind of question it is, told from its surface at once: no model is asked.

Each clue is a row of a table: a pattern, the intent that it speaks for, how loudly, and the words for people. Scores
are added by intent and turned into probabilities by softmax.
Not here: what is then retrieved (`pipeline`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import Routed
from dt6_lsp.assistant.mentions import identifiers

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent


@dataclass(frozen=True, slots=True)
class Clue:
    intent: Intent
    weight: float
    why: str
    pattern: re.Pattern[str]


def _clue(intent: Intent, weight: float, why: str, pattern: str) -> Clue:
    return Clue(intent, weight, why, re.compile(pattern, re.IGNORECASE | re.MULTILINE))


CLUES = (
    _clue("debug", 4.0, "it holds a stack trace",
          r"Traceback \(most recent|^\s+File \".+\", line \d+|^\s+at \S+.*[(:]\S+:\d+|panicked at|^goroutine \d+"
          r"|Caused by:|Segmentation fault|core dumped"),
    _clue("debug", 3.5, "it names an error",
          r"\b[A-Z]\w*(?:Error|Exception|Panic)\b|\berror[: \[]\s*[A-Z]*\d{2,}|\berrno\b"),
    _clue("debug", 1.7, "it speaks of something that fails",
          r"\b(?:fails?|failing|failed|crash\w*|broken|bug|bugs|debug|hangs?|stuck|wrong|doesn'?t work|not working"
          r"|exception|error|leak\w*|race condition|deadlock|flaky|regression)\b"),
    _clue("debug", 2.2, "it asks why something does not happen",
          r"^\s*why\b.*\b(?:not|n't|never|still|no longer)\b"),
    _clue("arch", 3.0, "it asks how the whole is organised",
          r"\b(?:architecture|architectural|codebase|code base|big picture|high[- ]level|overview|layers?|layering"
          r"|organi[sz]ed|organi[sz]ation|structured|module structure|project structure|entry ?points?)\b"),
    _clue("arch", 2.6, "it asks about parts and how they depend on one another",
          r"\b(?:components|main modules|packages|subsystems?|depend(?:s|encies|ency)? (?:on|between)|fit together"
          r"|data flow|main parts|tour)\b"),
    _clue("docs", 3.0, "it asks for documentation",
          r"\b(?:docs?|documentation|documented|readme|changelog|release notes|licen[sc]e|contribut\w+|tutorial)\b"),
    _clue("docs", 2.0, "it asks how to set up or use it",
          r"\bhow (?:do|can|should) (?:i|we|you|one)\b.*\b(?:install|set ?up|configure|run|start|build|use|upgrade"
          r"|deploy|contribute|test)\b"
          r"|\b(?:installation|getting started|quick ?start|requirements|command[- ]line options?)\b"),
    _clue("docs", 1.2, "it asks what is supported",
          r"\b(?:supported|supports?|which versions?|compatib\w+|settings?)\b"),
    _clue("code", 1.6, "it asks how or where the code does something",
          r"\b(?:how (?:is|are|does|did|do(?! (?:i|we|you)\b))|where (?:is|are|does|do)|who (?:calls|uses)"
          r"|what (?:does|calls|happens|is|are)|which (?:function|class|method|file|module))\b"),
    _clue("code", 1.4, "it speaks of code",
          r"\b(?:function|method|class|implement\w*|definition|defined|called|callers?|returns?|parameters?"
          r"|arguments?|constructor|interface|enum|struct|trait|variable|constant|algorithm|parsed?|loop)\b"),
    _clue("general", 2.5, "it is small talk",
          r"^\s*(?:hi|hello|hey|thanks?|thank you|good (?:morning|evening))\b[\s!.,]*"),
    _clue("general", 1.5, "it asks for general knowledge",
          r"\b(?:best practice|in general|difference between|pros and cons|what is the meaning|joke|weather)\b"),
)  # fmt: skip

NAMES_CODE = 1.8  # for an identifier in the question
PRIOR: dict[Intent, float] = {"code": 0.9, "docs": 0.0, "debug": 0.0, "arch": 0.0, "general": 0.6}
_ERROR_NAME = re.compile(r"(?:Error|Exception|Panic)$")
_LONGEST_LINE = 300  # characters of a pasted line that are looked at: some clues are quadratic in it
_UNKNOWN = "nothing in it speaks for another kind"


def route(question: str) -> Routed:
    """The likeliest intent, its probability, and the strongest reasons in words."""
    question = "\n".join(line[:_LONGEST_LINE] for line in question.splitlines() if line.strip())
    scores = dict(PRIOR)
    reasons: list[tuple[float, Intent, str]] = []
    for clue in CLUES:
        if clue.pattern.search(question):
            reasons.append((clue.weight, clue.intent, clue.why))
    named = [name for name in identifiers(question) if not _ERROR_NAME.search(name)]
    if named:
        reasons.append((NAMES_CODE, "code", f"it names `{named[0]}`"))
    for weight, intent, _ in reasons:
        scores[intent] += weight
    best = max(scores, key=lambda intent: scores[intent])
    total = sum(math.exp(score) for score in scores.values())
    return Routed(best, math.exp(scores[best]) / total, _why(best, reasons))


def _why(best: Intent, reasons: list[tuple[float, Intent, str]]) -> str:
    spoken = sorted((reason for reason in reasons if reason[1] == best), key=lambda reason: -reason[0])
    return " and ".join(why for _, _, why in spoken[:2]) or _UNKNOWN
