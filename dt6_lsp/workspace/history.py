"""How often files changed, as the newest commits of a git repository tell it.

git is asked once, with bounds on time, output and commits; where there is no git, no repository, or one that git
refuses, there is no history, and nobody is told. A repository's own settings are read by git, so whatever they could
make it run (a pager, a diff program, a check of signatures, a transport) is turned off.
Not here: what changes much (`assistant.architecture`).
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken
from dt6_lsp.settings.sources import environment_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMITS = 500
SECONDS = 3.0
MOST_BYTES = 4_000_000
_MARK = b"\x01"
_LONGEST_PATH = 4_096
_NOTHING_RUNS = (
    "-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "-c", "core.pager=", "-c", "diff.external=",
    "-c", "core.hooksPath=/dev/null", "-c", "log.mailmap=false", "-c", "log.follow=false",
    "-c", "blame.ignoreRevsFile=",
)  # fmt: skip
_LOG = (
    "log", f"--max-count={COMMITS}", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
    "--numstat", "-z", "--format=%x01", "--relative", "--", ".",
)  # fmt: skip
_QUIET = {"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_CEILING_DIRECTORIES")


@dataclass(frozen=True, slots=True)
class Churn:
    """`commits` that changed the file, of the newest ones, and the lines that they added and removed (0 for binary)."""

    path: str
    commits: int
    added: int
    removed: int


class History:
    """The history of one root, asked for again only when its repository has moved: saving a file makes no commit."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stamp: tuple[int, int] | None = None
        self._known: list[Churn] = []

    def churn(self, cancel: CancelToken) -> list[Churn]:
        stamp = moved(self._root)
        if stamp is None or stamp != self._stamp:
            self._known = churn(self._root, cancel)
            self._stamp = stamp
        return self._known


def moved(root: Path) -> tuple[int, int] | None:
    """What differs after each commit, checkout or pull: the log of HEAD. None where it is not in the usual place, which
    is that of the root or of a folder around it."""
    for folder in (root, *root.parents):
        with suppress(OSError):
            found = (_git_folder(folder / ".git") / "logs" / "HEAD").stat()
            return found.st_size, found.st_mtime_ns
    return None


def _git_folder(git: Path) -> Path:
    """A second worktree of a repository has a file there, which names the folder."""
    if not git.is_file():
        return git
    with git.open("rb") as file:
        named = file.read(_LONGEST_PATH).decode("utf-8", "surrogateescape")
    return git.parent / named.removeprefix("gitdir:").strip()


def within(folder: str, change: Churn) -> Churn:
    """As seen from what holds the root by this name ("" for the root itself)."""
    return replace(change, path=f"{folder}/{change.path}") if folder else change


def churn(
    root: Path, cancel: CancelToken | None = None, *, git: str | None = None, seconds: float = SECONDS
) -> list[Churn]:
    """By commits, the most first; paths relative to `root` with `/`, also of files that are gone. Blocking. Empty when
    git has not ended in time: half a history would give another answer each time."""
    said, cut = ask(root, _LOG, cancel or CancelToken(), git=git, seconds=seconds)
    said = said[: said.rfind(_MARK)] if cut else said
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path, added, removed in _changes(said):
        row = found[path]
        row[0], row[1], row[2] = row[0] + 1, row[1] + added, row[2] + removed
    changes = [Churn(path, *row) for path, row in found.items()]
    return sorted(changes, key=lambda each: (-each.commits, -each.added - each.removed, each.path))


def ask(
    root: Path, words: Sequence[str], cancel: CancelToken, *, git: str | None = None, seconds: float = SECONDS
) -> tuple[bytes, bool]:
    """What git says to these words in the folder `root`, and whether that is only its beginning. Nothing where it is
    not installed, refuses, or has not ended in time. Blocking."""
    program = git or _git(root)
    if not program:
        return b"", False
    return _run([program, "--no-pager", "-C", str(root), *_NOTHING_RUNS, *words], cancel, seconds)


def _git(root: Path) -> str:
    """The git that is installed; never one that lies in the workspace or is found by the current folder."""
    found = shutil.which("git")
    if not found or not Path(found).is_absolute() or Path(found).is_relative_to(root):
        return ""
    return found


def _run(command: list[str], cancel: CancelToken, seconds: float) -> tuple[bytes, bool]:
    """What it writes, its beginning if that is much; nothing when it fails or has to be ended."""
    cancel.raise_if_cancelled()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment_with(_QUIET, _ELSEWHERE),
        )
    except OSError:
        return b"", False
    ended = threading.Event()

    def end() -> None:
        ended.set()
        process.kill()

    forget = cancel.on_cancel(end)
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        with process:
            assert process.stdout is not None
            said = process.stdout.read(MOST_BYTES)
            cut = len(said) == MOST_BYTES
            if cut:
                process.kill()
        cancel.raise_if_cancelled()
    finally:
        timer.cancel()
        forget()
    if ended.is_set() or (process.returncode and not cut):
        return b"", False
    return said, cut


def _changes(said: bytes) -> Iterator[tuple[str, int, int]]:
    for record in said.replace(_MARK, b"").split(b"\0"):
        numbers = record.strip(b"\n").split(b"\t", 2)
        if len(numbers) == 3:
            added, removed, path = numbers
            yield path.decode("utf-8", "surrogateescape"), _number(added), _number(removed)


def _number(written: bytes) -> int:
    return int(written) if written.isdigit() else 0  # "-" for a binary file
