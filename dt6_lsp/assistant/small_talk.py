"""Greetings, thanks, and questions about the assistant itself, which no search of a workspace answers.

Not here: what kind of question anything else is (`router`).
"""

from __future__ import annotations

import re

SAYS = (
    "DT6 answers questions about this workspace: where something is, how it works, what depends on it, what a change "
    "breaks, or why a stack trace came."
)
_SAID = (
    r"hi+|hello|hey+|hiya|yo|howdy|greetings|good (?:morning|afternoon|evening|night|day)|how are you(?: doing)?"
    r"|thanks?|thank you|thank u|thx|ty|cheers|much appreciated|bye|goodbye|see you|ok(?:ay)?|cool|nice|great|perfect"
    r"|awesome|lol|got it|sounds good|well done|good (?:job|bot)|never ?mind|sorry"
    r"|(?:who|what) are you|what (?:can|do|could) you (?:do|answer|know|help(?: me)? with)|how can you help(?: me)?"
    r"|what (?:can|may|could|should) i ask"
)
_ADDED = (
    r"there|dt6|all|everyone|again|a lot|so much|very much|a bunch|then|you|that|for that|for the help|please|today"
    r"|here"
)
_ONLY = re.compile(rf"\W*(?:{_SAID})(?:\W+(?:{_SAID}|{_ADDED}))*\W*", re.IGNORECASE)
_LONGEST = 80


def is_small_talk(question: str) -> bool:
    """Whether there is nothing in it but that."""
    return len(question) <= _LONGEST and _ONLY.fullmatch(question) is not None
