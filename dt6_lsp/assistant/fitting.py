"""What must be in a prompt, cut where it alone would pass the room: the question, and what the user selected or named.

Every cut is told in a sentence. Not here: what may be left out (`context`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dt6_lsp.assistant.parts import Count, Passage
    from dt6_lsp.models.base import Message

MESSAGE_TOKENS = 8  # what a chat template adds around one message
LEAST = 32  # tokens below which a piece is not worth having
_CUT = "\n[... cut: too long for the model's context ...]\n"


def tokens_of(messages: Sequence[Message], count: Count) -> int:
    return sum(count(message.content) + MESSAGE_TOKENS for message in messages)


def fit_question(question: str, intent: str, count: Count, room: int) -> tuple[str, tuple[str, ...]]:
    """The question, or its two ends. `ModelError` when not even its beginning fits."""

    def tokens(asked: str) -> int:
        return tokens_of(prompts.messages(asked, intent, ()), count)

    if tokens(question) <= room:
        return question, ()
    kept = most(len(question), lambda size: tokens(ends(question, size)) <= room)
    if kept < LEAST:
        raise ModelError(
            f"The model's context of {room} tokens for a question is too small for DT6's instructions.",
            "Choose a model with a larger context, or raise chat.context_tokens.",
        )
    return ends(question, kept), ("The question was too long for the model; its middle was left out.",)


def fit_given(
    asked: str, intent: str, given: Sequence[Passage], count: Count, room: int
) -> tuple[list[Passage], list[str]]:
    """All of it, or each cut to its share of the room, which passes on what it leaves to the next."""
    if tokens_of(prompts.messages(asked, intent, given), count) <= room:
        return list(given), []
    fitted: list[Passage] = []
    notices: list[str] = []
    for number, passage in enumerate(given):
        left = room - tokens_of(prompts.messages(asked, intent, fitted), count)
        share = left // (len(given) - number)
        short = _shortened(passage, count, share)
        if short is None:
            notices.append(f"{passage.source} did not fit into the model's context.")
            continue
        fitted.append(short)
        if short is not passage:
            notices.append(f"{passage.source} was cut to {short.source} to fit into the model's context.")
    return fitted, notices


def _shortened(passage: Passage, count: Count, share: int) -> Passage | None:
    lines = passage.text.splitlines()

    def first(kept: int) -> Passage:
        text = "\n".join(lines[:kept])
        end = passage.start_line + kept - 1 if passage.start_line else 0
        return replace(passage, text=text, end_line=max(end, passage.start_line))

    def fits(candidate: Passage) -> bool:
        return count(prompts.excerpt(candidate)) + 2 <= share

    if fits(passage):
        return passage
    kept = most(len(lines), lambda size: fits(first(size)))
    if kept:
        return first(kept)
    head = replace(first(1), note=passage.note)
    size = most(len(head.text), lambda size: fits(replace(head, text=head.text[:size])))
    return replace(head, text=head.text[:size]) if size else None


def first_lines(text: str, cost: Count, room: int) -> str:
    """As many of the first lines as cost no more than `room`; "" when that is none."""
    lines = text.splitlines()
    return "\n".join(lines[: most(len(lines), lambda size: cost("\n".join(lines[:size])) <= room)])


def ends(text: str, kept: int) -> str:
    """The beginning and the end of a text, `kept` characters of it."""
    if kept >= len(text):
        return text
    head = kept - kept // 3
    return text[:head] + _CUT + text[len(text) - (kept - head) :]


def most(highest: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `highest` that fits, by halving; 0 when none does."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
