"""`dt6-lsp cache`: whether two questions are taken for the same."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cli import main
from dt6_lsp.cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]

PAIRS = """{"a": "Where is a_b set?", "b": "Where do we set a_b?"}

{"a": "Where is a_b set?", "b": "Where is a_c set?", "note": "another symbol"}
"""


def test_pairs_get_a_line_of_json_each(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "pairs.jsonl").write_text(PAIRS, encoding="utf-8")
    assert main(["cache", "compare", "--pairs", str(tmp_path / "pairs.jsonl"), "--json"]) == 0
    same, apart = map(json.loads, capsys.readouterr().out.splitlines())
    assert (same["hit"], same["reason"]) == (True, "both ask the same")
    assert (apart["hit"], apart["reason"]) == (False, "they name different things: a_b / a_c")
    assert 0.3 < same["similarity"] <= 1.0


def test_pairs_come_from_stdin_too_and_a_person_gets_a_sum(capsys: Capture) -> None:
    assert main(["cache", "compare", "--pairs", "-"], None, Terminal(source=io.StringIO(PAIRS))) == 0
    out = capsys.readouterr().out
    assert "Where is a_b set?  |  Where is a_c set?\n" in out
    assert out.endswith("1 of 2 pairs would be served the other's answer.\n")


def test_two_questions_are_compared_as_they_stand(capsys: Capture) -> None:
    assert main(["cache", "compare", "Who calls a_b?", "Why is a_b called?"]) == 0
    assert "another kind of question: what subject / why" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["compare"], "takes two questions, or --pairs"),
        (["compare", "one"], "takes two questions, or --pairs"),
        (["compare", "one", "two", "--pairs", "-"], "takes two questions, or --pairs"),
        (["compare", "--pairs", "absent.jsonl"], "absent.jsonl can't be read"),
        (["forget"], "invalid choice: 'forget'"),
    ],
)
def test_misuse_is_said(argv: list[str], said: str, capsys: Capture) -> None:
    assert main(["cache", *argv]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"), [("nonsense", "is no JSON"), ('{"a": 1}', "has no two questions"), ("[]", "has no two questions")]
)
def test_a_line_that_is_no_pair_is_named(line: str, said: str, capsys: Capture) -> None:
    terminal = Terminal(source=io.StringIO(f"\n{line}\n"))
    assert main(["cache", "compare", "--pairs", "-"], None, terminal) == 2
    assert f"Line 2 of stdin {said}" in capsys.readouterr().err
