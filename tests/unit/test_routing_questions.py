"""The labelled questions are many, of all kinds and styles, and what is tested with was not learned from.

`late` are those that were written when the router was done: nothing of it was chosen by them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from dt6_lsp.assistant.events import INTENTS
from tools.train_router import ROOT, Question, questions

ASKED = questions()
STYLES = ("sentence", "terse", "lines")
MOST_SHARED = 0.75  # of the words of two questions together


def split(name: str) -> list[Question]:
    return [each for each in ASKED if each.split == name]


def words(question: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", question.lower()))


@pytest.mark.parametrize("name", ["train", "test"])
def test_each_half_has_all_kinds_and_all_styles(name: str) -> None:
    half = split(name)
    assert len(half) >= 420
    by_intent = Counter(each.intent for each in half)
    assert set(by_intent) == set(INTENTS)
    assert min(by_intent.values()) >= 0.6 * len(half) / len(INTENTS)
    by_style = Counter(each.style for each in half)
    assert set(by_style) == set(STYLES)
    assert by_style["terse"] >= len(half) / 3


def test_styles_are_what_they_are_called() -> None:
    for each in ASKED:
        assert ("\n" in each.query) == (each.style == "lines"), each
        if each.style == "terse":
            assert len(each.query.split()) <= 5, each


def test_no_question_of_one_half_is_nearly_in_the_other() -> None:
    learned = [(each.query, words(each.query)) for each in split("train")]
    for each in (*split("test"), *split("late")):
        own = words(each.query)
        near = [
            query
            for query, other in learned
            if len(own & other) > MOST_SHARED * len(own | other) or query.casefold() == each.query.casefold()
        ]
        assert not near, (each.query, near)


def test_no_question_is_there_twice() -> None:
    assert len({each.query.casefold() for each in ASKED}) == len(ASKED)


@pytest.mark.slow
def test_training_gives_the_weights_that_ship_byte_for_byte() -> None:
    """On one thread: over matrices this small two of BLAS mostly wait for one another, which takes twice the time."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tools.train_router", "--check"]
    checked = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "weights.json is what training gives.\n", "")
