"""What a model gets to read: packed into its token budget, the most important first.

What must be in comes first (`fitting`). Then chunks in rank order, joined where they touch; a chunk takes at most half
of the room that is left: a large window holds them whole, a small one the best lines of several files in place of all
of one. Then the other parts, by the shares of `parts`. What did not fit is counted, by part.
Not here: what is retrieved, how it is worded (`prompts`), which lines are best (`cutting`), and redaction, which
happened when the text was read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.conversation import cost_of, fit_turns
from dt6_lsp.assistant.cutting import Cutter
from dt6_lsp.assistant.events import LeftOut
from dt6_lsp.assistant.fence import escape, quoted
from dt6_lsp.assistant.fitting import MESSAGE_TOKENS, ends, first_lines, fit_given, fit_question, most, tokens_of
from dt6_lsp.assistant.parts import Packed, Parts, Passage, Shared, room_of
from dt6_lsp.assistant.passages import in_reading_order, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.parts import Count
    from dt6_lsp.assistant.turns import Turn
    from dt6_lsp.index.model import Hit
    from dt6_lsp.models.base import Message
    from dt6_lsp.models.orchestrator import Choice
    from dt6_lsp.settings import Settings

__all__ = ["MESSAGE_TOKENS", "Packed", "Parts", "Passage", "budget", "pack", "window"]

_SHORTEST_HIT = 96  # tokens that a hit may take in any case, with the marks around it: half a dozen lines


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What goes in, so far. `turns` as `fit_turns` has them."""

    question: str
    given: tuple[Passage, ...]
    hits: tuple[Hit, ...] = ()
    map_text: str = ""
    turns: tuple[Turn, ...] = ()
    summary: str = ""
    cut_turns: int = 0

    def chunks(self) -> list[Passage]:
        return joined(self.hits, self.given)

    def less(self) -> _Chosen | None:
        """Without its least important piece; None when only what must be in is left."""
        if self.summary:
            return replace(self, summary="")
        if self.turns:
            return replace(self, turns=self.turns[1:])
        if self.map_text:
            return replace(self, map_text="")
        return replace(self, hits=self.hits[:-1]) if self.hits else None


def window(settings: Settings, choice: Choice) -> int:
    """Tokens that prompt and answer may take together: what the user wants, or what the model holds."""
    return min(settings.chat.context_tokens, choice.context_tokens or settings.chat.context_tokens)


def budget(window: int, answer: int) -> int:
    """Tokens for the prompt: the window less what the answer may take, which is half of it at most."""
    return window - min(answer, window // 2)


def pack(parts: Parts, count: Count, room: int) -> Packed:
    """`ModelError` when not even the question's beginning fits."""
    asked, shortened = fit_question(parts.question, parts.intent, count, room)
    given, cut = fit_given(asked, parts.intent, parts.given, count, room)
    chosen = _Chosen(asked, tuple(given))
    left = room - tokens_of(prompts.messages(asked, parts.intent, given), count)
    chosen = _filled(chosen, parts, count, left)
    while True:  # pieces were counted one by one; the whole is counted once more
        chunks = chosen.chunks()
        messages = _messages(chosen, parts, chunks)
        tokens = tokens_of(messages, count)
        smaller = chosen.less() if tokens > room else None
        if smaller is None:
            break
        chosen = smaller
    return Packed(
        messages,
        (*given, *chunks),
        chosen.hits,
        len(parts.hits) - len(chosen.hits),
        tokens,
        tuple(_left_out(parts, chosen)),
        (*shortened, *cut),
        leans=bool(chosen.turns or chosen.summary),
    )


def _messages(chosen: _Chosen, parts: Parts, chunks: Sequence[Passage]) -> tuple[Message, ...]:
    return prompts.messages(
        chosen.question,
        parts.intent,
        in_reading_order(chunks, chosen.given),
        map_text=chosen.map_text,
        summary=chosen.summary,
        turns=chosen.turns,
    )


def _filled(chosen: _Chosen, parts: Parts, count: Count, room: int) -> _Chosen:
    """With all that may be left out, each part in the room that it has."""
    wants = _wants(parts, count)

    def mine(part: Shared, left: int) -> int:
        return room_of(part, wants, room, left, parts.intent)

    left = room
    hits, spent = _fit_hits(parts, chosen, count, mine("chunks", left))
    left -= spent
    shown_map = _fit(parts.map_text, prompts.MAP, count, mine("map", left), whole_lines=True)
    left -= _quoted_cost(shown_map, prompts.MAP, count)
    turns, cut_turns = fit_turns(parts.history, count, mine("turns", left))
    left -= sum(cost_of(said, count) for said in turns)
    summary = _fit(parts.history.summary, prompts.SUMMARY, count, mine("summary", left), whole_lines=False)
    return replace(chosen, hits=hits, map_text=shown_map, turns=turns, summary=summary, cut_turns=cut_turns)


def _wants(parts: Parts, count: Count) -> dict[Shared, int]:
    """What the parts after the chunks would take whole."""
    said = (*parts.history.turns, *parts.history.older)
    return {
        "map": _quoted_cost(parts.map_text, prompts.MAP, count),
        "turns": sum(cost_of(each, count) for each in said),
        "summary": _quoted_cost(parts.history.summary, prompts.SUMMARY, count),
    }


def _fit_hits(parts: Parts, chosen: _Chosen, count: Count, room: int) -> tuple[tuple[Hit, ...], int]:
    """The hits that go in, whole or their best lines, and what they cost; what is given holds some, at no cost."""
    taken: list[Hit] = []
    left = room
    cutter = Cutter(chosen.question, parts.hits)
    for hit in parts.hits:
        if any(passage.holds(hit) for passage in chosen.given):
            taken.append(hit)
            continue
        fitting, cost = _fit_hit(hit, cutter, count, left)
        if fitting is not None:
            taken.append(fitting)
            left -= cost
    return tuple(taken), room - left


def _fit_hit(hit: Hit, cutter: Cutter, count: Count, left: int) -> tuple[Hit | None, int]:
    """The hit, or its best lines, in half of what is left, and what it costs; a short one may have all of it."""
    most_of_it = min(left, max(left // 2, _SHORTEST_HIT))
    cost = _cost(hit, count)
    if cost <= most_of_it:
        return hit, cost
    if most_of_it < _SHORTEST_HIT:
        return None, 0
    marks = _cost(replace(hit, text=""), count)
    cut = cutter.cut(hit, lambda text: count(escape(text)), most_of_it - marks)
    return cut, 0 if cut is None else _cost(cut, count)


def _cost(hit: Hit, count: Count) -> int:
    return count(prompts.excerpt(Passage(hit.path, hit.start_line, hit.end_line, hit.text.rstrip("\r\n")))) + 2


def _fit(text: str, note: str, count: Count, room: int, *, whole_lines: bool) -> str:
    """A text without a source, its end left out where it does not fit."""
    if _quoted_cost(text, note, count) <= room:
        return text
    if whole_lines:
        return first_lines(text, lambda part: _quoted_cost(part, note, count), room)
    kept = most(len(text), lambda size: _quoted_cost(ends(text, size), note, count) <= room)
    return ends(text, kept) if kept else ""


def _quoted_cost(text: str, note: str, count: Count) -> int:
    return count(quoted(text, note=note)) + 2 if text else 0


def _left_out(parts: Parts, chosen: _Chosen) -> list[LeftOut]:
    """What is not in the prompt, or not whole, by part in the order of importance."""
    offered = {(hit.path, hit.start_line, hit.end_line) for hit in parts.hits}
    cut_hits = sum((hit.path, hit.start_line, hit.end_line) not in offered for hit in chosen.hits)
    cut_given = sum(passage not in parts.given for passage in chosen.given)
    said = len(parts.history.turns) + len(parts.history.older)
    found = (
        LeftOut("question", 0, int(chosen.question != parts.question)),
        LeftOut("given", len(parts.given) - len(chosen.given), cut_given),
        LeftOut("chunks", len(parts.hits) - len(chosen.hits), cut_hits),
        LeftOut("map", *_of_one(parts.map_text, chosen.map_text)),
        LeftOut("turns", said - len(chosen.turns), min(chosen.cut_turns, len(chosen.turns))),
        LeftOut("summary", *_of_one(parts.history.summary, chosen.summary)),
    )
    return [each for each in found if each.whole or each.cut]


def _of_one(offered: str, shown: str) -> tuple[int, int]:
    return int(bool(offered) and not shown), int(bool(shown) and shown != offered)
