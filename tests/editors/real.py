"""Real editors for tests: where they are, what they are started with, and what they are seen to do.

Where an editor is not installed its tests are skipped; with DT6_REQUIRE_EDITORS=1, as CI sets it, they fail. Screens
are kept in the folder `shots`, which git ignores.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.lsp.harness import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
SHOTS = HERE / "shots"
PATIENCE_SECONDS = 120
REQUIRED = os.environ.get("DT6_REQUIRE_EDITORS") == "1"  # now: tests run without the variables of whoever runs them


def missing(what: str, mend: str) -> NoReturn:
    reason = f"{what} is not installed. {mend}"
    if REQUIRED:
        pytest.fail(f"{reason} DT6_REQUIRE_EDITORS says that it must be.")
    pytest.skip(reason)


def program(name: str, mend: str, *, folder: Path | None = None) -> Path:
    """The program on the PATH, or in `folder`; without one the test ends here."""
    found = shutil.which(name, path=None if folder is None else str(folder))
    return Path(found) if found else missing(name, mend)


def editor_environment(state: Path, **more: str) -> dict[str, str]:
    """A user of their own, with the server of this checkout on the PATH, and no settings."""
    home = state / "home"
    folders = {
        name: home / name.lower() for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    SHOTS.mkdir(exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {
        "HOME": str(home),
        "PATH": path,
        "SHOTS": str(SHOTS),
        **{name: str(folder) for name, folder in folders.items()},
    }
    return environment(state, **own, **more)


def run_in_terminal(command: Sequence[str], env: dict[str, str], cwd: Path) -> None:
    """Run an editor that has a screen and tells in the file REPORT what it did. A failure when it did not end by
    itself, with code 0, after telling that it is done."""
    report = cwd.parent / "report.txt"
    report.touch()
    with _terminal() as (slave, written):
        own = {**env, "REPORT": str(report), "TERM": "xterm-256color"}
        editor = subprocess.Popen(
            command, env=own, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        code = _code(editor)
    said = report.read_text(encoding="utf-8")
    assert (code, said[-6:]) == (0, "\ndone\n"), f"{said}\nThe screen last got:\n{bytes(written[-4000:])!r}"


@contextmanager
def _terminal() -> Iterator[tuple[int, bytearray]]:
    """A terminal of 100 columns and 30 rows, and what is written to it."""
    import pty  # late: there is none on Windows
    import termios

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (30, 100))
    screen = bytearray()
    reader = threading.Thread(target=_drain, args=(master, screen))
    reader.start()
    try:
        yield slave, screen
    finally:
        os.close(slave)
        reader.join()
        os.close(master)


def _drain(master: int, screen: bytearray) -> None:
    with contextlib.suppress(OSError):  # how Linux tells that nobody holds the terminal any more
        while written := os.read(master, 65536):
            screen += written


def _code(editor: subprocess.Popen[bytes]) -> int | str:
    try:
        return editor.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        editor.kill()
        editor.wait()
        return "ended by force, as it did not end by itself"
