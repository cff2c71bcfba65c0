"""The command line: what is printed where, in which shape, with which exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.cli import main
from dt6_lsp.cli.arguments import parse
from dt6_lsp.cli.asking import _route
from dt6_lsp.cli.terminal import Terminal, clean
from dt6_lsp.engine import AskContext, Citation, Failed, IndexProgress, Routed, Token
from dt6_lsp.errors import StoreError, WorkspaceError
from tests.unit.cli_fixtures import DONE, HIT, REPORT, Cli, FakeEngine

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def run(): ...\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(here: Path) -> Cli:
    return Cli()


def printed(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


# --- shapes that programs rely on -------------------------------------------------------------------------------------


def test_index_as_json(cli: Cli, capsys: Capture) -> None:
    assert cli("index", "--json") == 0
    assert printed(capsys) == {
        "files": 2,
        "chunks": 5,
        "skipped": {"ignored": 3},
        "languages": {"python": 2},
        "embedding": {"model": "static", "dimension": 256},
        "seconds": 0.5,
        "chunks_per_second": 10.0,
        "vectors_synced": 5,
    }
    assert cli.engine.asked == [("index", (False, True))]


def test_search_as_json(cli: Cli, capsys: Capture) -> None:
    assert cli("search", "how", "to", "run", "--json", "-n", "3", "--near", "src/app.py") == 0
    assert printed(capsys) == [
        {
            "path": "src/app.py",
            "start_line": 3,
            "end_line": 9,
            "symbol": "App.run",
            "kind": "method",
            "score": 0.75,
            "text": HIT.text,
        }
    ]
    assert cli.engine.asked[-1] == ("search", ("how to run", 3, "src/app.py"))


def test_ask_as_json(cli: Cli, capsys: Capture) -> None:
    assert cli("ask", "--json", "How does it run?") == 0
    assert printed(capsys) == {
        "answer": "It runs in src/app.py:3-9.",
        "citations": [{"path": "src/app.py", "start_line": 3, "end_line": 9}],
        "intent": "code",
        "route": None,
        "backend": "none",
        "model": "",
        "cached": False,
        "conversation": "",
        "resolved": "",
        "notice": "",
        "broken": False,
        "left_out": [{"part": "chunks", "whole": 2, "cut": 0}],
        "prompt_tokens": 12,
        "completion_tokens": 7,
        "index": {"files": 2, "indexed": 2, "stale": 0},
    }


@pytest.mark.parametrize("source", ["file", "-"])
def test_many_queries_are_answered_a_line_each(cli: Cli, here: Path, source: str) -> None:
    lines = "first query\n\n  zweite Füchse \n"
    (here / "queries.txt").write_text(lines, encoding="utf-8")
    terminal = Terminal(io.StringIO(lines), io.StringIO())
    assert cli("search", "--queries", "queries.txt" if source == "file" else "-", terminal=terminal) == 0
    rows = [json.loads(line) for line in cast("io.StringIO", terminal.out).getvalue().splitlines()]
    assert [row["query"] for row in rows] == ["first query", "zweite Füchse"]
    assert [set(row) for row in rows] == [{"query", "hits", "ms"}] * 2
    assert cli.engine.asked[0][0] == "index"


# --- for people -------------------------------------------------------------------------------------------------------


def test_index_tells_what_it_did(cli: Cli, capsys: Capture) -> None:
    assert cli("index", "--rebuild", "--no-wait-sync") == 0
    out = capsys.readouterr().out
    assert "2 files in 5 chunks" in out
    assert "ignored 3" in out
    assert cli.engine.asked == [("index", (True, False))]


def test_a_hit_is_a_place_that_a_terminal_can_open(cli: Cli, here: Path, capsys: Capture) -> None:
    assert cli("search", "run") == 0
    assert "src/app.py:3-9  method App.run" in capsys.readouterr().out
    (here / "elsewhere").mkdir()
    assert cli("search", "run", "-w", "elsewhere") == 0
    assert "elsewhere/src/app.py:3-9" in capsys.readouterr().out


def test_an_answer_comes_with_its_sources(cli: Cli, capsys: Capture) -> None:
    cited = (*DONE.citations, Citation("b.py", 1, 2), *DONE.citations)
    cli.engine.events = [Token("raw"), replace(DONE, citations=cited, removed_citations=2, notice="No model runs.")]
    assert cli("ask", "How?") == 0
    out, err = capsys.readouterr()
    assert out == "It runs in src/app.py:3-9.\n\nSources:\n  src/app.py:3-9\n  b.py:1-2\n"
    assert "No model runs." in err
    assert "2 citations" in err


def test_an_answer_that_broke_off_is_shown_and_fails(cli: Cli, capsys: Capture) -> None:
    cli.engine.events = [replace(DONE, broken=True, notice="The answer broke off: the server went away.")]
    for arguments in (["ask", "How?"], ["ask", "How?", "--json"]):
        assert cli(*arguments) == 1
        out, err = capsys.readouterr()
        assert "It runs in src/app.py:3-9." in out
        assert "The answer broke off" in err


def test_files_that_the_user_names_go_into_the_question(cli: Cli, capsys: Capture) -> None:
    assert cli("ask", "How?", "--file", "src/app.py") == 0
    assert cli.engine.asked[-1] == ("ask", ("How?", AskContext(named_files=("src/app.py",))))
    cli("ask", "How?", "--image", "shot.png", "--image", "data:image/png;base64,AA==")
    images = (str(Path.cwd() / "shot.png"), "data:image/png;base64,AA==")
    assert cli.engine.asked[-1] == ("ask", ("How?", AskContext(images=images)))
    assert cli("search", "run", "--near", "src/app.py") == 0
    assert cli("search", "run", "--near", "src/absent.py") == 2
    assert cli("ask", "How?", "--file", "src/absent.py") == 2
    assert "The workspace has no file src/absent.py." in capsys.readouterr().err


@pytest.mark.parametrize("piped", [False, True])
def test_bytes_of_a_question_that_are_no_text_are_replaced(cli: Cli, piped: bool, capsys: Capture) -> None:
    asked = "why \udcff?"  # as Python gives such a byte
    for command in ("ask", "route"):
        assert cli(command, "-" if piped else asked, "--json", terminal=Terminal(source=io.StringIO(asked))) == 0
    assert cli.engine.asked[-1] == ("ask", ("why \ufffd?", AskContext()))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["query"] == "why \ufffd?"


def test_what_changed_is_indexed_first_unless_told_not_to(cli: Cli) -> None:
    cli("search", "x", "--no-update")
    assert [name for name, _ in cli.engine.asked] == ["index", "search"]  # nothing was indexed yet
    cli("search", "x", "--no-update")
    assert [name for name, _ in cli.engine.asked] == ["index", "search", "search"]
    cli("ask", "x")
    assert [name for name, _ in cli.engine.asked[3:]] == ["index", "ask"]


def test_stats_and_models_say_who_would_answer(cli: Cli, capsys: Capture) -> None:
    assert cli("stats") == 0
    out = capsys.readouterr().out
    assert "2 files, 5 chunks" in out
    assert "No Ollama is running." in out
    assert re.search(r"^Files +0\.0 MB of answers that editors opened as files, of all workspaces$", out, re.MULTILINE)
    assert re.search(r"^Questions +0 answered$", out, re.MULTILINE)
    assert re.search(r"^From cache +0 \(0%\)$", out, re.MULTILINE)
    assert re.search(r"^search +2 +100\.0 +200\.0 +200\.0 +200\.0$", out, re.MULTILINE)
    assert cli("stats", "--json") == 0
    stats = printed(capsys)
    assert stats["roots"][0]["vectors_synced"] == 4
    assert stats["asks"]["stages"]["total"] == {"count": 0, "total": 0, "p50": 0, "p95": 0, "p99": 0, "largest": 0}


def test_notices_of_the_stores_are_passed_on(cli: Cli, capsys: Capture) -> None:
    cli.engine.notices = ("The ledger was damaged; it was kept and rebuilt.",)
    assert cli("index", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["files"] == REPORT.files
    assert "The ledger was damaged" in err


@given(st.text())
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    assert all(char.isprintable() or char in "\n\t" or ord(char) >= 0xA0 for char in clean(text))


def test_escape_sequences_of_a_workspace_are_shown_not_sent(cli: Cli, capsys: Capture) -> None:
    cli.engine.hits = [replace(HIT, path="a\x1b]0;b\x07.py", text="\x1b[2J\u202egnp\n")]
    assert cli("search", "x") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "␛[2J" in out


# --- settings and misuse ----------------------------------------------------------------------------------------------


def test_common_options_stand_on_either_side(cli: Cli, here: Path) -> None:
    (here / "w").mkdir()
    cli("-w", "w", "--data-dir", "d", "--set", "chat.model=one", "search", "x", "--set", "chat.backend=none")
    assert cli.engine.root == here / "w"
    assert cli.data_dir == here / "d"
    assert cli.engine.settings is not None
    assert (cli.engine.settings.chat.model, cli.engine.settings.chat.backend) == ("one", "none")
    cli("index", "w", "--data-dir", "e")
    assert (cli.engine.root, cli.data_dir) == (here / "w", here / "e")


COMMON = (("--json",), ("--debug",), ("-w", "w"), ("--data-dir=d",), ("--set", "chat.backend=none"))


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "what", "-", "is it"),
        ("search", "one"),
        ("route", "one", "two"),
        ("cache", "compare", "one", "two"),
        ("index", "there"),
    ],
    ids=lambda words: words[0],
)
def test_common_options_stand_anywhere_also_between_words(words: tuple[str, ...]) -> None:
    """Wherever they are put, a command gets the same words and the same options."""
    expected = vars(parse([*words, *chain(*COMMON)]))
    assert (expected["json"], expected["debug"], expected["workspace"]) == (True, True, Path("w"))
    assert expected["overrides"] == ["chat.backend=none"]
    for place in range(1, len(words) + 1):
        assert vars(parse([*words[:place], *chain(*COMMON), *words[place:]])) == expected


@given(st.permutations([*COMMON, ("one",), ("two words",), ("-",), ("--file", "a")]))
def test_options_scattered_between_words_change_nothing(order: list[tuple[str, ...]]) -> None:
    words = [piece[0] for piece in order if piece[0] in ("one", "two words", "-")]
    expected = vars(parse(["ask", *chain(*COMMON), "--file", "a", *words]))
    assert expected["question"] == words
    assert vars(parse(["ask", *chain(*order)])) == expected


@pytest.mark.parametrize("command", ["stats", "models", "config", "doctor", "gc", "serve"])
def test_commands_without_words_take_common_options_on_either_side(command: str) -> None:
    after, before = (vars(parse(argv)) for argv in ([command, *chain(*COMMON)], [*chain(*COMMON), command]))
    assert after["json"]
    for name in ("json", "debug", "workspace", "data_dir", "overrides"):
        assert after[name] == before[name]


def test_what_stands_behind_two_dashes_are_words() -> None:
    args = parse(["search", "a", "-n", "3", "--", "--json", "-n"])
    assert (args.query, args.count, args.json) == (["a", "--json", "-n"], 3, False)
    assert parse(["ask", "--debug", "--", "--help"]).question == ["--help"]


@pytest.mark.parametrize("question", ["-v or --verbose: what is the difference?", "-1", "-"])
def test_a_question_may_begin_like_an_option(question: str) -> None:
    assert parse(["ask", question, "--json"]).question == [question]
    assert parse(["ask", "--json", question]).question == [question]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "There is no command."),
        (("ask", "why?", "--file"), "Argument --file: expected one argument"),
        (("ask", "why?", "--file", "--json", "now"), "Argument --file: expected one argument"),
        (("stats", "--json", "all"), "Unrecognized arguments: all"),
        (("search", "--queries", "src"), "src is a folder, not a file of queries."),
        (("serach", "x"), "dt6-lsp: `serach` is no command (did you mean search?)."),
        (("search",), "There is no query."),
        (("search", "x", "--queries", "q"), "Give one of them."),
        (("search", "--queries", "absent.txt"), "There is no file absent.txt"),
        (("search", "x", "-n", "0"), "Give --count 1 or more."),
        (("search", "x", "-n", "ten"), "invalid int value: 'ten'"),
        (("ask", "  "), "The question is empty."),
        (("index", "--rebild"), "Unrecognized arguments: --rebild"),
        (("config", "--set", "chat.modl=x"), "Did you mean chat.model?"),
    ],
)
def test_misuse_is_one_line_with_the_mend(cli: Cli, capsys: Capture, argv: tuple[str, ...], said: str) -> None:
    assert cli(*argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("dt6-lsp: ")
    assert err.count("\n") == 1
    assert cli.engine.asked == []


def test_config_names_the_source_of_each_value(cli: Cli, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DT6_CHAT_MODEL", "m")
    monkeypatch.setenv("DT6_OPENAI_API_KEY", "sk-secret")
    assert cli("config", "--json") == 0
    settings = printed(capsys)["settings"]
    assert settings["chat.model"] == {"value": "m", "source": "environment", "where": "DT6_CHAT_MODEL"}
    assert cli("config") == 0
    out = capsys.readouterr().out
    assert "environment, DT6_CHAT_MODEL" in out
    assert "sk-secret" not in out + json.dumps(settings)


# --- failures ---------------------------------------------------------------------------------------------------------


def test_an_error_is_one_line_and_the_engine_is_closed(cli: Cli, capsys: Capture) -> None:
    cli.engine.steps = [WorkspaceError("The folder is empty.", "Open another.")]
    assert cli("index") == 1
    assert capsys.readouterr().err == "dt6-lsp: The folder is empty. Open another.\n"
    assert cli.engine.closed


def test_an_answer_that_failed_is_an_error(cli: Cli, capsys: Capture) -> None:
    cli.engine.events = [Failed("The model broke off.", "Ask again.")]
    assert cli("ask", "x", "--json") == 1
    assert capsys.readouterr() == ("", "dt6-lsp: The model broke off. Ask again.\n")


def test_what_nobody_foresaw_is_one_line_too_and_a_traceback_with_debug(cli: Cli, capsys: Capture) -> None:
    cli.engine.steps = [ZeroDivisionError("by\nzero")]
    assert cli("index") == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert cli("index", "--debug") == 1
    assert "Traceback" in capsys.readouterr().err
    cli.engine.steps = [StoreError("No room.", "Make some.")]
    assert cli("--debug", "index") == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_cancels_through_the_token(cli: Cli, capsys: Capture) -> None:
    cli.engine.on_ask = lambda: signal.raise_signal(signal.SIGINT)
    assert cli("ask", "x") == 130
    assert cli.engine.closed
    assert capsys.readouterr().err == "Taken for a code question (100%).\ndt6-lsp: stopped.\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_route_is_told_in_good_english() -> None:
    assert _route(Routed("arch", 0.95, "it asks about the whole")).startswith("Taken for an arch question (95%)")
    assert _route(Routed("debug", 0.95, "")) == "Taken for a debug question (95%)."


def test_a_reader_that_leaves_early_is_no_failure(here: Path) -> None:
    command = [sys.executable, "-m", "dt6_lsp", "config"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


class FullDisk(io.StringIO):
    """Refuses once; as a real stream, it is pointed elsewhere then."""

    refused = False

    def flush(self) -> None:
        if not self.refused:
            self.refused = True
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("argv", [("config",), ("config", "--json")])
def test_output_that_can_not_be_written_is_an_error_with_its_words(argv: tuple[str, ...], here: Path) -> None:
    said = io.StringIO()
    assert main(argv, terminal=Terminal(out=FullDisk(), err=said)) == 1
    assert said.getvalue() == (
        "dt6-lsp: The output could not be written (No space left on device). Make room there, or send it elsewhere.\n"
    )


def test_a_console_of_another_code_page_shows_what_it_can(here: Path) -> None:
    (here / "日本").mkdir()
    env = environment() | {"PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-m", "dt6_lsp", "config", "-w", "日本"]
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"??" in done.stdout


def test_help_and_config_load_nothing_heavy(here: Path) -> None:
    heavy = ["numpy", "tree_sitter", "sqlite3", "chromadb", "openai", "ollama", "tiktoken", "pygls", "rich", "asyncio"]
    code = f"""
import sys
from dt6_lsp.cli import main
codes = [main(["--help"]), main(["config"])]
print(codes, [name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False)
    assert done.stderr == "[0, 0] []\n"


def environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    return dict(os.environ) | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}


# --- progress ---------------------------------------------------------------------------------------------------------


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_with_true_counts_and_live_tokens(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = Screen(), Screen()
    monkeypatch.setenv("TERM", "xterm")
    cli.engine.events = [Token("It "), Token("runs\x1b[2J."), DONE]
    assert cli("ask", "How?", terminal=Terminal(io.StringIO(), out, err)) == 0
    assert "1 of 2 files" in err.getvalue()
    assert out.getvalue().startswith("It runs␛[2J.\n")


def test_a_run_without_a_report_is_a_bug_that_is_named(capsys: Capture, here: Path) -> None:
    cli = Cli(FakeEngine(steps=[IndexProgress("scanning", 0, 0)]))
    assert cli("index") == 1
    assert "without a report" in capsys.readouterr().err
