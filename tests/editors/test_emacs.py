"""DT6 in a real Emacs, by way of Eglot."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.editors.real import HERE, PATIENCE_SECONDS, PROJECT, editor_environment, missing, program
from tests.lsp.harness import make_workspace
from tests.servers.model_server import Installed, ModelServer, Reply, Stall

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SCENARIOS = HERE / "emacs"
ANSWER = "It keeps the port [app/server.py:7-9]."
FOLDER = PROJECT / "editors" / "emacs"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
ALONE, WITH_DT6, SETTINGS = re.findall(r"```elisp\n(.*?)```", README, re.DOTALL)
DOCSTRING = "```\nStarts a server on port 8000.\n```"
NO_MODEL = '(:chat (:backend "none"))'


@pytest.fixture
def emacs() -> Path:
    found = program("emacs", "`apt-get install emacs-nox elpa-eglot` does.")
    if subprocess.run([found, "--batch", "--eval", "(require 'eglot)"], capture_output=True, check=False).returncode:
        missing("Emacs' package eglot", "`apt-get install elpa-eglot` does.")
    return found


def run(emacs: Path, scenario: str, tmp_path: Path, setup: str, settings: str, **more: str) -> None:
    """The steps of a scenario in an editor that was set up as the README says."""
    work = make_workspace(tmp_path / "work")
    subprocess.run(["git", "init", "-q", work], check=True)
    env = editor_environment(tmp_path / "state", HARNESS=str(SCENARIOS / "harness.el"), **more)
    init = tmp_path / "init.el"
    own = SETTINGS.replace('(:chat (:model "qwen2.5-coder:7b"))', settings)
    init.write_text(setup.replace("~/src/dt6/editors/emacs", str(FOLDER)) + own)
    command = [str(emacs), "--batch", "-l", str(init), "-l", str(SCENARIOS / f"{scenario}.el")]
    ended = subprocess.run(
        command, env=env, cwd=work, capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL
    )
    assert (ended.returncode, ended.stdout[-6:]) == (0, "\ndone\n"), f"{ended.stdout}\n{ended.stderr}"


def test_emacs_compiles_it_without_a_warning(emacs: Path, tmp_path: Path) -> None:
    source = shutil.copy(FOLDER / "dt6.el", tmp_path)
    strict = ["--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", source]
    compiled = subprocess.run([emacs, "--batch", *strict], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert compiled.returncode == 0, compiled.stderr


def test_without_a_model(emacs: Path, tmp_path: Path) -> None:
    run(emacs, "without_model", tmp_path, WITH_DT6, NO_MODEL)


def test_eglot_alone(emacs: Path, tmp_path: Path) -> None:
    run(emacs, "eglot_alone", tmp_path, ALONE, NO_MODEL)


def test_with_a_model(emacs: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"

    def answer(_prompt: str) -> str:
        asked.touch()
        return ANSWER

    with ModelServer([Installed("first:latest")], answer=answer) as server:
        server.enqueue(Reply(ANSWER), Reply(ANSWER), Stall(2), Reply(DOCSTRING), path="/api/chat")
        chat = f'(:chat (:backend "ollama" :model "first") :ollama (:url "{server.url}") :routing (:confirm_seconds 0))'
        run(emacs, "with_model", tmp_path, WITH_DT6, chat, ASKED=str(asked))
        assert [chat.wait_ended() and chat.closed_early for chat in server.chats] == [False, False, True, False]
        assert "self.port = port" in server.chats[0].prompt, "the lines of the region"
