"""A review: what a model writes is checked against the lines, and findings follow their lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import ModelError, WorkspaceError
from dt6_lsp.features.actions.changes import apply
from dt6_lsp.features.reviewing.choosing import changes
from dt6_lsp.features.reviewing.model import Finding, Reviewed, Target, mended
from dt6_lsp.features.reviewing.reply import read
from dt6_lsp.features.reviewing.reviewing import PIECE_CHARACTERS, PIECE_LINES, pieces, review
from dt6_lsp.features.reviewing.tracking import moved
from dt6_lsp.text import lines_of
from tests.unit.assistant_fixtures import FakeChat, FakeReader, Script, at_once, nobody, services, somebody

TEXT = (
    "def close(till):\n"
    "    money = till.count()\n"
    "    if money = 0:\n"
    "        return\n"
    "\n"
    "\n"
    "def open(till):\n"
    "    file = till.read()\n"
    "    return file\n"
)
VALID = TEXT.replace("money = 0", "money == 0")
TARGET = Target("till.py", VALID, 1, 9)


def finding(**changed: Any) -> dict[str, Any]:
    usual = {
        "line": 8,
        "quote": "    file = till.read()",
        "severity": "warning",
        "code": "unclosed",
        "message": "Open.",
    }
    return {**usual, **changed}


def lines(*findings: object) -> str:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in findings)


def check(reply: str, *expected: tuple[int, int], problems: int = 0, target: Target = TARGET) -> tuple[Finding, ...]:
    """The lines of what is found, and how much could not be used."""
    found = read(reply, target)
    assert [(each.start_line, each.end_line) for each in found.findings] == list(expected)
    assert len(found.problems) == problems
    return found.findings


def test_each_line_is_a_finding() -> None:
    first, second = check(lines(finding(), finding(line=2, quote="money = till.count()", end_line=3)), (2, 3), (8, 8))
    assert (second.severity, second.code, second.message, second.fix) == ("warning", "unclosed", "Open.", "")
    assert first.code == "unclosed"


@pytest.mark.parametrize("reply", ["", "[]", "```json\n[]\n```", "[\n]"])
def test_nothing_found_is_no_problem(reply: str) -> None:
    check(reply)


def test_fences_commas_and_a_list_are_understood() -> None:
    check(f"```json\n{lines(finding())},\n```", (8, 8))
    check(json.dumps([finding(), finding(line=9, quote="return file")], indent=2), (8, 8), (9, 9))


def test_a_finding_is_where_its_quotation_stands_whatever_it_counted() -> None:
    check(lines(finding(line=3)), (8, 8))
    check(lines(finding(line=700, end_line=701)), (8, 9))
    check(lines(finding(line=-5)), (8, 8))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (finding(quote="file = till.write()"), "No line from 1 to 9 is"),
        (finding(quote=""), "quotes nothing"),
        (finding(severity="bad"), "'bad' is no severity"),
        (finding(line="8"), "no number"),
        (finding(line=True), "no number"),
        (finding(message=" "), "no message"),
        ("It looks fine to me.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
    ],
)
def test_what_can_not_be_used_is_dropped_and_says_why(wrong: object, why: str) -> None:
    found = read(lines(wrong, finding()) if not str(wrong).startswith("[") else str(wrong), TARGET)
    assert why in found.problems[0]


def test_a_quotation_from_outside_of_the_lines_is_no_finding() -> None:
    check(lines(finding()), problems=1, target=Target("till.py", VALID, 1, 4))


def test_a_name_that_is_none_is_replaced() -> None:
    (found,) = check(lines(finding(code="<script> `x`")), (8, 8))
    assert found.code == "review"


def test_a_fix_stands_in_place_of_the_lines_as_the_file_is_written() -> None:
    crlf = Target("till.py", VALID.replace("\n", "\r\n"), 1, 9)
    (found,) = check(lines(finding(fix="with till.read() as file:\n    pass")), (8, 8), target=crlf)
    assert found.fix == "    with till.read() as file:\r\n        pass\r\n"
    after = apply(crlf.text, mended(found, crlf.text, "ollama", "m").changes)
    assert after == crlf.text.replace("    file = till.read()\r\n", found.fix)


@pytest.mark.parametrize("fix", ["file = (", "file = till.read()", "", "\n".join(["pass"] * 100), None, 3])
def test_a_fix_that_can_not_be_used_is_dropped_alone(fix: object) -> None:
    (found,) = check(lines(finding(fix=fix)), (8, 8))
    assert found.fix == ""


def test_a_secret_that_was_not_shown_is_in_no_fix() -> None:
    text = 'def key():\n    password = "s3cretYaml99x"\n    return password\n'
    target = Target("key.py", text, 1, 3)
    seen = 'password = "[secret removed]"'
    reply = lines(finding(line=2, quote=seen, fix=f"{seen}\n    log(password)"))
    (found,) = check(reply, (2, 2), target=target)
    assert "[secret removed]" not in found.fix


# --- asking -----------------------------------------------------------------------------------------------------------


async def reviewed(*replies: str, target: Target = TARGET) -> tuple[Reviewed, FakeChat]:
    chat = FakeChat()
    chat.enqueue(*(Script((reply,)) for reply in replies))
    reader = FakeReader({target.path: target.text})
    return await review(target, reader, services(somebody(chat)), CancelToken(), run=at_once), chat


async def test_the_lines_are_shown_as_data_with_where_they_are() -> None:
    found, chat = await reviewed(lines(finding()))
    prompt = "".join(message.content for message in chat.history[0].messages)
    assert "till.py:1-9" in prompt
    assert "file = till.read()" in prompt
    assert (len(found.findings), found.dropped, found.model) == (1, 0, "fake-1")


async def test_a_model_is_asked_once_more_and_told_what_was_wrong() -> None:
    found, chat = await reviewed(lines(finding(quote="invented()")), lines(finding()))
    assert len(chat.history) == 2
    assert "No line from 1 to 9 is “invented()”" in chat.history[1].messages[-1].content
    assert (len(found.findings), found.dropped) == (1, 0)


async def test_what_is_wrong_twice_is_dropped_and_counted() -> None:
    found, chat = await reviewed(lines(finding(), "so"), lines("so", "so it is"))
    assert len(chat.history) == 2
    assert (len(found.findings), found.dropped) == (1, 1), "the better of the two"


async def test_without_a_model_there_is_no_review_and_a_secret_file_is_not_sent() -> None:
    reader = FakeReader({"till.py": VALID})
    with pytest.raises(ModelError):
        await review(TARGET, reader, services(nobody()), CancelToken(), run=at_once)
    chat, secret = FakeChat(), Target(".env", "A=1\n", 1, 1)
    with pytest.raises(WorkspaceError, match="sent to no model"):
        await review(secret, reader, services(somebody(chat)), CancelToken(), run=at_once)
    assert chat.history == []


@given(st.integers(1, 900), st.integers(0, 120), st.lists(st.integers(1, 900), max_size=40))
def test_pieces_are_all_the_lines_once_and_no_larger_than_may_be(count: int, width: int, begins: list[int]) -> None:
    target = Target("a.py", "\n".join(["x" * width] * count) + "\n", 1, count)
    made = pieces(target, sorted(begins))
    assert [line for piece in made for line in range(piece.first_line, piece.last_line + 1)] == list(
        range(1, count + 1)
    )
    for piece in made:
        size = piece.last_line - piece.first_line + 1
        assert size <= PIECE_LINES
        assert size == 1 or size * (width + 1) <= PIECE_CHARACTERS + width + 1


def test_a_piece_ends_before_a_definition_begins() -> None:
    target = Target("a.py", "x\n" * 300, 1, 300)
    assert [(each.first_line, each.last_line) for each in pieces(target, [150, 290])] == [(1, 149), (150, 300)]


# --- following edits --------------------------------------------------------------------------------------------------

FOUND = (Finding(2, 3, "error", "a", "A."), Finding(8, 8, "warning", "b", "B."))


def follow(after: str) -> list[tuple[int, int]]:
    return [(each.start_line, each.end_line) for each in moved(FOUND, VALID, after)]


def test_findings_move_with_their_lines_and_die_with_them() -> None:
    assert follow("import till\n\n" + VALID) == [(4, 5), (10, 10)]
    assert follow(VALID.replace("== 0", "== 1")) == [(8, 8)]
    assert follow(VALID.replace("        return\n\n\n", "        return\n# between\n\n\n")) == [(2, 3), (9, 9)]
    assert follow(VALID.replace("count()\n", "count()\n    print(money)\n")) == [(9, 9)], "its lines are parted"
    assert follow("") == []


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12), st.data())
def test_a_finding_that_is_kept_is_of_the_same_lines(before: list[str], after: list[str], data: st.DataObject) -> None:
    if not before:
        return
    start = data.draw(st.integers(1, len(before)))
    end = data.draw(st.integers(start, len(before)))
    old, new = "\n".join(before), "\n".join(after)
    for kept in moved([Finding(start, end, "hint", "a", "A.")], old, new):
        assert lines_of(new)[kept.start_line - 1 : kept.end_line] == before[start - 1 : end]


@given(st.lists(st.sampled_from("abc"), max_size=10), st.lists(st.sampled_from("abc"), max_size=10))
def test_every_line_that_is_new_is_in_a_change(old: list[str], new: list[str]) -> None:
    runs = list(changes(old, new))
    assert all(1 <= first <= last <= len(new) for first, last in runs)
    inside = {line for first, last in runs for line in range(first, last + 1)}
    assert {at for at, line in enumerate(new, 1) if line not in old} <= inside
    assert bool(runs) == (old != new and bool(new))
