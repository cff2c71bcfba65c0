"""`dt6-lsp route`: shows intent, reasons and plan, of one question or of many; opens nothing and asks nobody."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.cli.terminal import Terminal
from tests.unit.cli_fixtures import Cli

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
KEYS = {"query", "intent", "probability", "ms", "why", "plan", "model"}
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nKeyError: 1'


@pytest.fixture(name="cli")
def _cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)
    return Cli()


def lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_person_sees_intent_reasons_plan_and_model(cli: Cli, capsys: Capture) -> None:
    assert cli("route", "How", "do", "I", "install", "this?", "--set", "intents.docs=big@ollama") == 0
    out = capsys.readouterr().out
    assert out.startswith("docs  ")
    assert f"looks at  {PLANS['docs'].words}" in out
    assert "it speaks of setting it up" in out
    assert "model     big, by ollama" in out


def test_nothing_is_opened_and_nobody_asked(cli: Cli) -> None:
    assert cli("route", "where is parse_headers defined?") == 0
    assert cli.engine.settings is None
    assert cli.engine.asked == []


def test_one_question_as_json(cli: Cli, capsys: Capture) -> None:
    assert cli("route", "--json", "--set", "chat.backend=none", "Where is parse_headers defined?") == 0
    (found,) = lines(capsys)
    assert set(found) == KEYS
    assert (found["query"], found["intent"], found["model"]) == ("Where is parse_headers defined?", "code", "none")
    assert 0.5 < found["probability"] <= 1
    assert found["ms"] > 0


def test_many_questions_as_lines_of_json_in_order(cli: Cli, capsys: Capture, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text(f'hello there\n\n{json.dumps(TRACE)}\n"unclosed\n"two" words "here"\n', encoding="utf-8")
    assert cli("route", "--json", "--queries", str(queries)) == 0
    found = lines(capsys)
    assert [each["query"] for each in found] == ["hello there", TRACE, '"unclosed', '"two" words "here"']
    assert [each["intent"] for each in found[:2]] == ["general", "debug"]
    assert all(set(each) == KEYS for each in found)


def test_questions_come_from_stdin_too(cli: Cli, capsys: Capture) -> None:
    assert (
        cli("route", "--queries", "-", "--json", terminal=Terminal(source=io.StringIO("what depends on core/\n"))) == 0
    )
    (found,) = lines(capsys)
    assert (found["query"], found["intent"]) == ("what depends on core/", "arch")


def test_many_questions_are_a_table_for_people(cli: Cli, capsys: Capture, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("hello there\n" + json.dumps("why does it crash?\n" + "x" * 500) + "\n", encoding="utf-8")
    assert cli("route", "--queries", str(queries)) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["intent", "sure", "query", "because"]
    assert [row.split()[0] for row in rows] == ["general", "debug"]
    assert max(map(len, rows)) < 250


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "There is no query."),
        (["x", "--queries", "-"], "Both a query and --queries were given."),
        (["--queries", "gone.txt"], "There is no file gone.txt"),
        (["--queries", "."], ". is a folder, not a file of queries. Give an existing file"),
    ],
)
def test_misuse_is_told_in_a_line(cli: Cli, capsys: Capture, words: list[str], said: str) -> None:
    assert cli("route", *words) == 2
    assert said in capsys.readouterr().err
