"""Pairs of questions as developers ask them, by which the response cache is measured.

`different.jsonl`: near in words and not the same (another symbol, number, file, direction ...; `differ` says what), so
a hit would serve a wrong answer. `same.jsonl`: two ways to ask one thing. Each pair is in one `half`: on "tuned" the
rules were made, "held" was only counted. The last 85 held pairs of the one and the last 60 of the other were written
without sight of the rules, when those were made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Pair:
    a: str
    b: str
    half: Literal["tuned", "held"]
    differ: str = ""  # "" where both ask the same


def different() -> list[Pair]:
    return _read("different.jsonl")


def same() -> list[Pair]:
    return _read("same.jsonl")


def _read(name: str) -> list[Pair]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [Pair(**json.loads(line)) for line in text.splitlines()]
