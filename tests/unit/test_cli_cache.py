"""`dt6-lsp cache`: which answers are kept, forgetting them, and whether two questions are taken for the same."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cli import main
from dt6_lsp.cli.terminal import Terminal
from tests.servers.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture(name="shop")
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A workspace, and a model that cites the same lines of it twice, and others once."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pay.py").write_text(
        "def pay(card):\n    return send(card)\n\n\ndef send(card):\n    return card\n"
    )
    monkeypatch.chdir(tmp_path / "shop")
    said = "It sends the card (`pay.py:1-2`), see `pay.py:5-6`; that is all it does (`pay.py:1-2`)."
    with ModelServer(answer=lambda _: said) as server:
        monkeypatch.setenv("DT6_CHAT_BACKEND", "ollama")
        monkeypatch.setenv("DT6_OLLAMA_URL", server.url)
        monkeypatch.setenv("DT6_ROUTING_CONFIRM_SECONDS", "0")
        yield server


def test_what_is_kept_is_listed_alike_for_people_and_programs_until_it_is_cleared(
    shop: ModelServer, capsys: Capture
) -> None:
    assert main(["cache", "list"]) == 0
    assert capsys.readouterr().out == "No answer is kept.\n"
    for question in ("What does pay do?", "What does send do?"):
        assert main(["ask", question]) == 0
        assert capsys.readouterr().out.count("pay.py:1-2\n") == 1, "a source is told once"

    assert main(["cache", "list", "--json"]) == 0
    newest, oldest = json.loads(capsys.readouterr().out)
    assert [newest["question"], oldest["question"]] == ["What does send do?", "What does pay do?"]
    assert (oldest["backend"], oldest["model"]) == ("ollama", "llama3.2:latest")
    assert [(each["start_line"], each["end_line"]) for each in oldest["citations"]] == [(1, 2), (5, 6)]
    assert "It sends the card" in oldest["answer"]
    assert datetime.fromisoformat(oldest["made"]) <= datetime.fromisoformat(newest["made"])

    assert main(["cache", "list"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["kept", "model", "sources", "question"]
    sources = [row.split()[3] for row in rows]
    assert sources == [str(len(each["citations"])) for each in (newest, oldest)]

    assert main(["cache", "clear", "--json"]) == 0
    gone = json.loads(capsys.readouterr().out)
    assert gone["answers"] == 2
    assert gone["bytes"] > 0
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "0 answers forgotten.\n"
    assert main(["cache", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    asked = len(shop.chats)
    assert main(["ask", "What does pay do?"]) == 0
    assert len(shop.chats) == asked + 1, "what was cleared is written anew"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["compare"], "takes two questions, or --pairs"),
        (["compare", "one"], "takes two questions, or --pairs"),
        (["compare", "one", "two", "--pairs", "-"], "takes two questions, or --pairs"),
        (["compare", "--pairs", "absent.jsonl"], "absent.jsonl can't be read"),
        (["list", "one"], "`cache list` takes no questions."),
        (["clear", "--pairs", "-"], "`cache clear` takes no questions."),
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
