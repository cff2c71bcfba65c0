"""Questions that were labelled by hand: whether each leans on the conversation before it.

`dev` was looked at while the rules were made; `held` was written before that, and is only counted. `fresh` was written
when the rules were done: precision was 1.00 and recall .80 at first sight; then what it showed was mended.
Not here: the rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.assistant.memory.cues import cue

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILE = Path(__file__).parent / "followups" / "cases.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    question: str
    follows: bool
    split: str
    selected: bool = False
    open_file: bool = False

    @property
    def told(self) -> bool:
        return cue(self.question, selected=self.selected, open_file=self.open_file) is not None


@dataclass(frozen=True, slots=True)
class Score:
    right: int  # follow-ups that were told as such
    imagined: int
    missed: int
    alone: int  # questions that were left alone, rightly

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.imagined)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def cases(split: str) -> list[Case]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [Case(**each) for each in found if each["split"] == split]


def score(given: Iterable[Case]) -> Score:
    outcomes = [(case.follows, case.told) for case in given]
    return Score(*(outcomes.count(pair) for pair in ((True, True), (False, True), (True, False), (False, False))))
