"""What a model gets to read: packed into its token budget, the most important first.

The system's words and the question are always in, then what the user selected or named (cut only where that alone
passes the budget, and said so), then hits in rank order, joined where they touch. A hit takes at most half of the room
that is left: a large window holds them whole, a small one the best lines of several files in place of all of one. What
did not fit is counted.
Not here: what is retrieved, how it is worded (`prompts`), which lines are best (`cutting`), and redaction, which
happened when the text was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.cutting import Cutter
from dt6_lsp.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.index.model import Hit
    from dt6_lsp.models.base import Message

MESSAGE_TOKENS = 8  # what a chat template adds around one message
_LEAST = 32  # tokens below which a piece is not worth having
_SHORTEST_HIT = 96  # tokens that a hit may take in any case, with the marks around it: half a dozen lines
_CUT = "\n[... cut: too long for the model's context ...]\n"


Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole lines of one file. `note` says why it is there, where that is not search."""

    path: str
    start_line: int
    end_line: int
    text: str
    note: str = ""

    @property
    def source(self) -> str:
        return f"{self.path}:{self.start_line}-{self.end_line}" if self.start_line else self.path

    def holds(self, hit: Hit) -> bool:
        return self.path == hit.path and self.start_line <= hit.start_line and hit.end_line <= self.end_line


@dataclass(frozen=True, slots=True)
class Packed:
    """`hits` are those that are in, as far as they are; `tokens` counts all messages as `count` does; `notices` are
    sentences about what the user gave and had to be cut."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    hits: tuple[Hit, ...]
    dropped: int
    tokens: int
    notices: tuple[str, ...] = ()


def budget(window: int, answer: int) -> int:
    """Tokens for the prompt: the window less what the answer may take, which is half of it at most."""
    return window - min(answer, window // 2)


def pack(
    question: str, intent: Intent, given: Sequence[Passage], hits: Sequence[Hit], count: Count, room: int
) -> Packed:
    """`given` is what the user selected or named. `ModelError` when not even the question's beginning fits."""
    asked, notices = _fit_question(question, intent, count, room)
    fixed, cut = _fit_given(asked, intent, given, count, room)
    taken: list[Hit] = []
    left = room - _tokens(prompts.messages(asked, intent, fixed), count)
    cutter = Cutter(asked, hits)
    for hit in hits:
        if any(passage.holds(hit) for passage in fixed):
            taken.append(hit)
            continue
        fitting, cost = _fit_hit(hit, cutter, count, left)
        if fitting is not None:
            taken.append(fitting)
            left -= cost
    return _settled(asked, intent, fixed, taken, len(hits), count, room, (*notices, *cut))


def _fit_hit(hit: Hit, cutter: Cutter, count: Count, left: int) -> tuple[Hit | None, int]:
    """The hit, or its best lines, in half of what is left, and what it costs; a short one may have all of it."""
    most = min(left, max(left // 2, _SHORTEST_HIT))
    cost = _cost(hit, count)
    if cost <= most:
        return hit, cost
    if most < _SHORTEST_HIT:
        return None, 0
    marks = _cost(replace(hit, text=""), count)
    cut = cutter.cut(hit, lambda text: count(prompts.escape(text)), most - marks)
    return cut, 0 if cut is None else _cost(cut, count)


def _cost(hit: Hit, count: Count) -> int:
    return count(prompts.excerpt(_passage(hit))) + 2


def _settled(
    asked: str,
    intent: Intent,
    fixed: Sequence[Passage],
    taken: list[Hit],
    found: int,
    count: Count,
    room: int,
    notices: tuple[str, ...],
) -> Packed:
    """Pieces were counted one by one; the whole is counted once more, and the last hits go while it is too much."""
    while True:
        passages = (*fixed, *joined([hit for hit in taken if not any(passage.holds(hit) for passage in fixed)]))
        messages = prompts.messages(asked, intent, passages)
        tokens = _tokens(messages, count)
        if tokens <= room or not taken:
            return Packed(messages, passages, tuple(taken), found - len(taken), tokens, notices)
        taken = taken[:-1]


def joined(hits: Sequence[Hit]) -> list[Passage]:
    """One passage for each run of hits that touch in a file; files by their best hit, lines in order within a file."""
    paths = list(dict.fromkeys(hit.path for hit in hits))
    result: list[Passage] = []
    for path in paths:
        run: list[Passage] = []
        for hit in sorted((hit for hit in hits if hit.path == path), key=lambda hit: hit.start_line):
            if run and hit.start_line == run[-1].end_line + 1:
                run[-1] = replace(run[-1], end_line=hit.end_line, text=f"{run[-1].text}\n{hit.text.rstrip()}")
            elif not run or hit.start_line > run[-1].end_line:
                run.append(_passage(hit))
        result.extend(run)
    return result


def _passage(hit: Hit) -> Passage:
    return Passage(hit.path, hit.start_line, hit.end_line, hit.text.rstrip("\r\n"))


def _tokens(messages: Sequence[Message], count: Count) -> int:
    return sum(count(message.content) + MESSAGE_TOKENS for message in messages)


def _fit_question(question: str, intent: Intent, count: Count, room: int) -> tuple[str, tuple[str, ...]]:
    if _tokens(prompts.messages(question, intent, ()), count) <= room:
        return question, ()

    def tokens(kept: int) -> int:
        return _tokens(prompts.messages(_ends(question, kept), intent, ()), count)

    kept = _most(len(question), lambda size: tokens(size) <= room)
    if kept < _LEAST:
        raise ModelError(
            f"The model's context of {room} tokens for a question is too small for DT6's instructions.",
            "Choose a model with a larger context, or raise chat.context_tokens.",
        )
    return _ends(question, kept), ("The question was too long for the model; its middle was left out.",)


def _fit_given(
    asked: str, intent: Intent, given: Sequence[Passage], count: Count, room: int
) -> tuple[list[Passage], list[str]]:
    """All of it, or each cut to its share of the room, which passes on what it leaves to the next."""
    if _tokens(prompts.messages(asked, intent, given), count) <= room:
        return list(given), []
    fitted: list[Passage] = []
    notices: list[str] = []
    for number, passage in enumerate(given):
        left = room - _tokens(prompts.messages(asked, intent, fitted), count)
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
    kept = _most(len(lines), lambda size: fits(first(size)))
    if kept:
        return first(kept)
    head = replace(first(1), note=passage.note)
    size = _most(len(head.text), lambda size: fits(replace(head, text=head.text[:size])))
    return replace(head, text=head.text[:size]) if size else None


def _ends(text: str, kept: int) -> str:
    """The beginning and the end of a text, `kept` characters of it."""
    if kept >= len(text):
        return text
    head = kept - kept // 3
    return text[:head] + _CUT + text[len(text) - (kept - head) :]


def _most(highest: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `highest` that fits, by halving; 0 when none does."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
