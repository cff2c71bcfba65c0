"""Which commit changed the lines of a file last, as git tells it of the newest commit.

Never of the files on disk: to compare those git would run the filters that a repository's settings name. So what is
not committed is told from what is by the text of the lines.
Not here: how git is run without running anything of a repository's (`history`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dt6_lsp.workspace.history import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

_MOST_BYTES = 600_000  # of what git says of the lines, a third of which is about commits: they are kept in memory
_BLAME = ("blame", "--porcelain", "--no-textconv", "--encoding=UTF-8", "HEAD", "--")
_LAST = ("--literal-pathspecs", "log", "-1", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
         "--encoding=UTF-8", "--format=%H%x00%at%x00%s", "--")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commit:
    """`when` is the author's date, in seconds since 1970."""

    id: str
    when: int
    subject: str

    @property
    def date(self) -> str:
        """The day, in UTC: what a commit says may be no time at all."""
        try:
            return datetime.fromtimestamp(self.when, UTC).date().isoformat()
        except (ValueError, OverflowError, OSError):
            return "at an unknown time"


@dataclass(frozen=True, slots=True)
class Blame:
    """`last` touched the file last. `lines` are those of the newest commit, each with the commit that made it; none
    where git took too long over them, or they are very many."""

    last: Commit
    lines: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()

    def of(self, block: Sequence[str]) -> Commit | None:
        """The last commit that made one of these lines, which follow one another somewhere; None where they do not."""
        wanted = tuple(line.rstrip("\r\n") for line in block)
        size = len(wanted)
        for start, line in enumerate(self.lines):
            if size and line == wanted[0] and self.lines[start : start + size] == wanted:
                return max(self.commits[start : start + size], key=lambda commit: commit.when)
        return None


def blame(root: Path, path: str, cancel: CancelToken) -> Blame | None:
    """Of the file at `path` (relative to `root`, with `/`); None where git knows nothing of it. Blocking: twice the
    limit of `history` at most."""
    last = _last(ask(root, (*_LAST, path), cancel)[0])
    if last is None:
        return None
    said, cut = ask(root, (*_BLAME, path), cancel)
    lines = [] if cut or len(said) > _MOST_BYTES else _lines(said)
    return Blame(last, tuple(line for line, _ in lines), tuple(commit for _, commit in lines))


def _last(said: bytes) -> Commit | None:
    number, _, rest = _text(said).strip("\n").partition("\0")
    when, _, subject = rest.partition("\0")
    return Commit(number, int(when), subject) if when.isdigit() else None


def _lines(said: bytes) -> list[tuple[str, Commit]]:
    """Git's porcelain: the number of a commit, what is to be said of it (the first time only), a tab and the line."""
    commits: dict[str, Commit] = {}
    found: list[tuple[str, Commit]] = []
    number = ""
    about: dict[str, str] = {}
    for line in _text(said).split("\n"):
        if line.startswith("\t"):
            if number not in commits:
                commits[number] = Commit(number, int(about["author-time"]), about["summary"])
            found.append((line[1:].rstrip("\r"), commits[number]))
            number, about = "", {}
        elif not number:
            number = line.partition(" ")[0]
        else:
            name, _, value = line.partition(" ")
            about[name] = value
    return found


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
