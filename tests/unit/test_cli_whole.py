"""The command line over the real engine, on a small workspace: from nothing to an answer with citations."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from dt6_lsp.cli import main
from tests.index_fixtures import ledger
from tests.servers.model_server import Installed, ModelServer

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]

RETRY = '''"""Talks to the billing service."""

MAX_ATTEMPTS = 5


def charge(card, amount):
    """Charge a card; the request is repeated with growing pauses when the service is busy."""
    for attempt in range(MAX_ATTEMPTS):
        if send(card, amount):
            return True
        pause(2 ** attempt)
    return False
'''


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "billing.py").write_text(RETRY)
    (root / "src" / "mail.py").write_text("def send_receipt(address):\n    return address\n")
    (root / "README.md").write_text("# Shop\n\nSells things.\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("DT6_CHAT_BACKEND", "none")
    return root


def printed(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def test_from_nothing_to_an_answer(shop: Path, capsys: Capture) -> None:
    assert main(["ask", "--json", "How often is charging a card repeated?"]) == 0
    answer = printed(capsys)
    assert answer["backend"] == "none"
    assert "src/billing.py" in {each["path"] for each in answer["citations"]}
    assert answer["index"] == {"files": 3, "indexed": 3, "stale": 0}

    assert main(["index", "--json"]) == 0
    report = printed(capsys)
    assert (report["files"], report["languages"]) == (3, {"python": 2, "markdown": 1})
    assert report["vectors_synced"] == report["chunks"] > 0
    assert report["embedding"]["dimension"] > 0

    (shop / "src" / "mail.py").write_text("def deliver_parcel(street):\n    return street\n")
    assert main(["search", "deliver parcel", "--json", "-n", "1"]) == 0
    assert [hit["symbol"] for hit in printed(capsys)] == ["deliver_parcel"]

    assert main(["stats", "--json"]) == 0
    assert printed(capsys)["roots"][0]["files"] == 3


def test_a_conversation_goes_on_where_that_is_asked_for_and_can_be_forgotten(shop: Path, capsys: Capture) -> None:
    follow_up = "and where is it defined?"
    assert main(["ask", "--json", "What does send_receipt do?"]) == 0
    first = printed(capsys)
    assert main(["ask", "--json", "--continue", follow_up]) == 0
    second = printed(capsys)
    assert second["conversation"] == first["conversation"]
    assert second["resolved"] == "Where is `send_receipt` defined?"
    assert "src/mail.py" in {each["path"] for each in second["citations"]}

    assert main(["ask", "--json", follow_up]) == 0
    alone = printed(capsys)
    assert alone["conversation"] not in ("", first["conversation"])
    assert alone["resolved"] == ""
    assert main(["ask", "--conversation", first["conversation"], follow_up]) == 0
    assert "Taken as: Where is `send_receipt` defined?" in capsys.readouterr().err

    assert main(["forget", "--conversation", first["conversation"], "--json"]) == 0
    assert {name: count for name, count in printed(capsys).items() if name != "bytes"} == {
        "turns": 3, "conversations": 1,
    }  # fmt: skip
    assert main(["forget", "--all"]) == 0
    assert capsys.readouterr().out == "Forgot 1 question of 1 conversation.\n"
    assert main(["ask", "--json", "--continue", follow_up]) == 0
    said = capsys.readouterr()
    assert "There is no conversation yet" in said.err
    assert json.loads(said.out)["resolved"] == ""


def test_a_conversation_that_there_is_not_is_said_to_be_none(shop: Path, capsys: Capture) -> None:
    assert main(["ask", "--conversation", "mine", "--json", "What does send_receipt do?"]) == 0
    said = capsys.readouterr()
    assert "There is no conversation mine; this question begins it." in said.err
    assert json.loads(said.out)["conversation"] == "mine"
    assert main(["ask", "--conversation", "mine", "and where is it defined?"]) == 0
    assert "There is no conversation" not in capsys.readouterr().err
    assert main(["ask", "--conversation", "no name", "why?"]) == 2
    assert "begins it" not in capsys.readouterr().err

    assert main(["forget", "--conversation", "zzz"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.startswith("dt6-lsp: There is no conversation zzz")) == ("", True)
    assert main(["forget", "--conversation", "mine"]) == 0
    assert capsys.readouterr().out == "Forgot 2 questions of 1 conversation.\n"
    assert main(["forget", "--conversation", "mine", "--json"]) == 1
    assert main(["forget", "--all"]) == 0, "nothing is left to forget, and that is what was wanted"


def test_what_is_not_remembered_can_t_be_gone_on_with(shop: Path, capsys: Capture) -> None:
    assert main(["ask", "--set", "memory.keep=false", "--continue", "why?"]) == 2
    assert "memory.keep is off" in capsys.readouterr().err
    (shop / ".dt6.toml").write_text("[memory]\nkeep = false\n")
    assert main(["ask", "--json", "What does send_receipt do?"]) == 0
    assert printed(capsys)["conversation"] == ""
    assert main(["forget"]) == 2
    assert main(["forget", "--all", "--conversation", "x"]) == 2


def test_doctor_finds_everything_in_order(shop: Path, capsys: Capture) -> None:
    assert main(["doctor", "--json"]) == 0
    states = {each["what"]: each["state"] for each in printed(capsys)}
    assert {"Settings", "Full-text search", "Grammars", "Embedding", "ChromaDB", "Workspace"} <= {
        what for what, state in states.items() if state == "works"
    }
    assert states["Index"] == "limited"


def test_the_index_of_a_newer_version_is_told_of_and_left_alone(shop: Path, own_folders: Path, capsys: Capture) -> None:
    assert main(["index", "--no-wait-sync"]) == 0
    (file,) = own_folders.rglob("ledger.sqlite3")
    with ledger(file.parent) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    before = file.read_bytes()
    capsys.readouterr()
    for command in (["stats"], ["search", "--no-update", "charge"]):
        assert main(command) == 1
        said = capsys.readouterr().err
        assert "newer DT6 (format 999" in said
        assert "`dt6-lsp index`" in said
        assert said.count("\n") == 1
    assert main(["doctor"]) == 1
    assert "FAIL Index: The ledger in" in capsys.readouterr().out
    assert main(["gc"]) == 0
    assert "left alone. The ledger in" in capsys.readouterr().out
    assert file.read_bytes() == before
    assert main(["index", "--no-wait-sync"]) == 0
    assert "newer DT6" in capsys.readouterr().err


def test_doctor_finds_what_is_broken(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "occupied").touch()
    monkeypatch.setenv("DT6_OLLAMA_URL", "nonsense")
    assert main(["doctor", "-w", "absent", "--data-dir", "occupied"]) == 1
    out = capsys.readouterr().out
    assert "FAIL Workspace" in out
    assert "FAIL Data folder" in out
    assert "FAIL Settings: DT6_OLLAMA_URL: ollama.url must be an address" in out


def test_models_says_what_is_not_there(shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DT6_OLLAMA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DT6_OPENAI_URL", "https://models.example.org/v1")
    assert main(["models", "--json"]) == 0
    said = printed(capsys)
    assert [server["reachable"] for server in said["servers"]] == [False, False]
    assert "privacy.allowed_hosts" in said["servers"][1]["problem"]
    assert said["choice"]["backend"] == "none"


def test_models_says_what_they_can_and_who_answers_what(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = Installed("eyes:latest", ("completion", "vision"), 32_768)
    with ModelServer([Installed("small:latest"), eyes], [Installed("big")]) as server:
        monkeypatch.setenv("DT6_OLLAMA_URL", server.url)
        monkeypatch.setenv("DT6_BACKENDS_GPU_URL", server.openai_url)
        monkeypatch.setenv("DT6_CHAT_BACKEND", "auto")
        monkeypatch.setenv("DT6_CHAT_FALLBACK", "eyes,gpu")
        monkeypatch.setenv("DT6_INTENTS_ARCH", "big@gpu")
        assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^small:latest +2\.0 GB +8,192 +completion +answers$", out, re.MULTILINE)
    assert re.search(r"^eyes:latest +2\.0 GB +32,768 +completion, vision$", out, re.MULTILINE)
    assert "gpu at http://127.0.0.1:" in out
    assert "Questions of the kind arch: big (gpu)." in out
    assert "Who stands in: eyes (ollama), then the first model of gpu." in out


def test_models_and_doctor_tell_of_a_backend_that_there_is_not(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([Installed("small:latest"), Installed("qwen@q4:latest")]) as server:
        monkeypatch.setenv("DT6_OLLAMA_URL", server.url)
        monkeypatch.setenv("DT6_CHAT_BACKEND", "ollama")
        monkeypatch.setenv("DT6_INTENTS_ARCH", "x@gpu")
        monkeypatch.setenv("DT6_INTENTS_DOCS", "qwen@q4")
        said = "intents.arch names 'x@gpu', but ollama lists no such model, and the settings have no backend 'gpu'."
        mend = "Add it as a table [backends.gpu], or name one that there is."
        assert main(["models"]) == 0
        assert f"dt6-lsp: {said} {mend}\n" == capsys.readouterr().err
        assert main(["doctor", "--json"]) == 1
        (broken,) = [each for each in printed(capsys) if each["state"] == "broken"]
        assert (broken["said"], broken["mend"]) == (said, mend)
        monkeypatch.setenv("DT6_INTENTS_ARCH", "")
        monkeypatch.setenv("DT6_COMPLETION_MODEL", "x@gpu")
        assert main(["models"]) == 0
        assert f"dt6-lsp: {said.replace('intents.arch', 'completion.model')} {mend}\n" == capsys.readouterr().err
        monkeypatch.setenv("DT6_BACKENDS_GPU_URL", server.openai_url)
        assert main(["models"]) == 0
        assert capsys.readouterr().err == ""
        assert main(["doctor"]) == 0


def test_models_tells_once_of_a_server_that_two_models_would_need(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DT6_OLLAMA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DT6_CHAT_BACKEND", "auto")
    monkeypatch.setenv("DT6_CHAT_FALLBACK", "smaller")
    assert main(["models"]) == 0
    said = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Answers are written without"))
    assert said.count("can't be reached") == 1


@pytest.mark.parametrize("command", [["index"], ["search", "x"], ["ask", "x"], ["stats"]])
def test_a_workspace_that_is_not_there_is_one_line(shop: Path, capsys: Capture, command: list[str]) -> None:
    for name in ("absent", "README.md"):
        assert main([*command, "-w", name]) == 1
        err = capsys.readouterr().err
        assert err.startswith("dt6-lsp: ")
        assert err.count("\n") == 1


def test_an_empty_workspace_and_one_emptied_by_a_rule_say_so(shop: Path, capsys: Capture) -> None:
    (shop / "empty").mkdir()
    assert main(["index", "empty"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    (shop / ".gitignore").write_text("*\n")
    assert main(["index"]) == 1
    assert ".gitignore" in capsys.readouterr().err
