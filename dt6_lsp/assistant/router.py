"""What kind of question it is, told at once on this machine: no model is asked.

Clues on the question's surface, its words, and the vector that the built-in embedding gives it are weighed by weights
that were learned from labelled questions. It is that embedding whatever the index uses, and asked without a queue: the
weights were learned over its vectors, and it computes here in less than a millisecond. Where it is damaged, the rest
is weighed.
Not here: the clues (`routing.clues`), the arithmetic (`routing.weights`), what is retrieved for an intent (`plans`),
and asking a model where two intents are nearly as likely (`confirming`).
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import INTENTS, Routed
from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.assistant.routing.clues import CLUES
from dt6_lsp.assistant.routing.features import NAMED, read
from dt6_lsp.assistant.routing.weights import Learned, learned, softmax
from dt6_lsp.errors import EmbeddingError
from dt6_lsp.models.static import StaticEmbeddings, packaged

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.routing.features import Read
    from dt6_lsp.assistant.routing.weights import Weights

logger = logging.getLogger(__name__)

REASONS = 2
LEAST_PULL = 0.08  # what speaks less loudly is no reason
_KINDS: dict[Intent, str] = {
    "code": "about code",
    "docs": "about documentation",
    "debug": "about faults",
    "arch": "about architecture",
    "general": "that need no workspace",
}
_FORM = ("ends in ?", "several lines", "one or two words", "few words", "many words")
_QUIET = frozenset({"nothing else", "names nothing of the workspace", *_FORM})  # told where nothing else is to be told
_FORMS = frozenset(clue.name for clue in CLUES["form"])  # said after what the question is about
_UNSURE = "nothing in it speaks clearly for one kind"


class Router:
    """Safe to share between threads. `embeddings` None: what the words mean is not looked at."""

    def __init__(self, learned: Learned, embeddings: StaticEmbeddings | None) -> None:
        self._embeddings = embeddings
        self._weights = learned.surface if embeddings is None else learned.whole

    @property
    def weights(self) -> Weights:
        return self._weights

    def route(self, question: str) -> Routed:
        """The likeliest intent, the probabilities of all, and the strongest reasons in words. Never raises."""
        seen = read(question)
        vector = self._embeddings.embed_query(seen.text) if self._embeddings else None
        probabilities = softmax(self._weights.scores(seen.features, vector))
        place = max(range(len(INTENTS)), key=probabilities.__getitem__)
        intent = INTENTS[place]
        why = _why(intent, seen, self._weights, self._weights.of_meaning(vector))
        return Routed(intent, probabilities[place], why, PLANS[intent].words, tuple(probabilities))


@cache
def packaged_router() -> Router:
    """With what ships in the package; read once, as it never changes."""
    return Router(learned(), _embeddings(learned()))


def _embeddings(learned: Learned) -> StaticEmbeddings | None:
    """None, and a word in the log, where weights and vectors do not belong together."""
    try:
        static = packaged()
    except EmbeddingError as error:
        logger.warning("Questions are routed by their surface only. %s", error)
        return None
    if static.fingerprint().revision != learned.embedding:
        logger.warning("Questions are routed by their surface only: the weights are for another embedding.")
        return None
    return static


def _why(intent: Intent, seen: Read, weights: Weights, meaning: list[float]) -> str:
    """The clues that speak loudest for the intent; its words where no clue does. Clues that one would not expect of the
    intent count, but are no reasons for people."""
    own = [*(NAMED if intent == "code" else ()), *(clue.name for clue in CLUES[intent])]  # the most telling first
    strange = {clue.name for rows in CLUES.values() for clue in rows} - {*own} - _FORMS
    pulls = {name: weights.pull(f"clue {name}", 1.0, intent) for name in seen.clues if name not in strange}
    loud = [name for name in pulls if pulls[name] >= LEAST_PULL]
    loud.sort(key=lambda name: (name in _FORMS, own.index(name) if name in own else len(own), -pulls[name]))
    reasons = [name for name in loud if name not in _QUIET] or loud
    if reasons:
        return " and ".join(seen.clues[name] for name in reasons[:REASONS])
    place = INTENTS.index(intent)
    words = sum(weights.pull(name, value, intent) for name, value in seen.features.items() if name.startswith("word "))
    if words + meaning[place] - sum(meaning) / len(meaning) >= LEAST_PULL:
        return f"its words are those of questions {_KINDS[intent]}"
    return _UNSURE
