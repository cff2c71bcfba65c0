"""A question that leans on those before is told, and said so that it stands by itself; all others are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.memory.cues import cue
from dt6_lsp.assistant.memory.followups import Meant, resolve
from dt6_lsp.assistant.memory.model import Cited, Remembered
from tests.followup_cases import Case, cases, score

HOW = "How does read_all work?"


def turn(
    question: str = HOW, names: tuple[str, ...] = ("read_all",), *, path: str = "app/io.py", conversation: str = "one"
) -> Remembered:
    cited = (Cited(path, 1, 3, ""),) if path else ()
    return Remembered(conversation, 0.0, question, question, "It opens it.", "code", "", names, cited)


def meant(question: str, *turns: Remembered) -> str:
    return resolve(question, turns or (turn(),)).question


@pytest.mark.parametrize("case", [*cases("dev"), *cases("fresh")], ids=lambda case: case.question)
def test_what_leans_on_the_turns_before_is_told(case: Case) -> None:
    assert case.told == case.follows


def test_questions_that_the_rules_were_not_made_from_are_told_as_well() -> None:
    held = score(cases("held"))
    assert held.precision >= 0.95
    assert held.recall >= 0.95


def test_without_a_turn_before_every_question_stands_alone() -> None:
    assert resolve("and where is that called?", ()) == Meant("and where is that called?", "and where is that called?")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("and where is that called?", "Where is `read_all` called?"),
        ("show me its tests", "Show me `read_all`'s tests"),
        ("und wo wird das aufgerufen?", "Wo wird `read_all` aufgerufen?"),
        ("does it use read_some?", "Does `read_all` use read_some?"),
        ("what calls that function?", "What calls `read_all`?"),
        ("what about write_all?", "How does `write_all` work?"),
        ("and `Disk.write_all`?", "How does `Disk.write_all` work?"),
        ("what about the async version?", "How does read_all work? What about the async version?"),
        ("why?", "How does read_all work? Why?"),
        ("callers?", "How does read_all work? Callers?"),
    ],
)
def test_a_follow_up_is_said_so_that_it_stands_by_itself(question: str, said: str) -> None:
    assert meant(question) == said


def test_names_that_only_the_answer_cites_are_meant_where_the_question_had_none() -> None:
    before = turn("How is a file read?", ("Disk.read",))
    assert meant("where is that called?", before) == "Where is `Disk.read` called?"


def test_without_any_name_the_question_before_is_said_again() -> None:
    before = turn("How is the retry limit decided?", (), path="")
    assert meant("and where is that tested?", before) == ("How is the retry limit decided? And where is that tested?")


def test_a_plural_means_all_that_the_question_named() -> None:
    before = turn("How do read_all and read_some differ?", ("read_all", "read_some"))
    assert meant("who calls them?", before) == "Who calls `read_all` and `read_some`?"


def test_the_latest_turn_that_names_something_is_meant() -> None:
    turns = (turn(), turn("How does fetch work?", ("fetch",)), turn("thanks", (), path=""))
    assert meant("where is it called?", *turns) == "Where is `fetch` called?"


def test_a_chain_of_follow_ups_does_not_grow_without_end() -> None:
    asked = HOW
    for _ in range(30):
        asked = meant("why?", turn(asked))
    assert len(asked) < 300
    assert "read_all" in asked


def test_the_file_of_the_conversation_is_told_for_search() -> None:
    assert resolve("why?", [turn()]).near == "app/io.py"
    assert resolve(HOW, [turn()]).near == ""


def test_a_model_reads_both_what_was_said_and_what_was_understood() -> None:
    assert resolve("why?", [turn()]).for_model == "why?\n(In this conversation: How does read_all work? Why?)"
    assert resolve(HOW, [turn()]).for_model == HOW


def test_a_pasted_log_is_no_follow_up() -> None:
    assert cue("and it fails with\n" + "  File it.py, line 3\n" * 40) is None


@given(st.text(max_size=300))
def test_any_text_is_left_as_it_is_or_resolved_with_a_reason(question: str) -> None:
    result = resolve(question, [turn()])
    assert result.said == question
    assert result.follows or result.question == question
    assert result.question.strip() or not question.strip()
