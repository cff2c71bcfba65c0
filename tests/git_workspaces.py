"""Random lives of a real git repository: edits, renames, moved folders, ignore rules, branches. Steps are data, so that
the property test and `python -m tests.benchmarks.truth` live the same lives."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import WorkspaceError
from tests.index_fixtures import function, opened, rows, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dt6_lsp.index.index import Index

Step = tuple[str, str, str]

PATIENCE = 30.0
SETTLE: Step = ("settle", "", "")
BRANCH_FILES = 120  # that differ between the two branches of a repository

FOLDERS = st.sampled_from(["pkg", "pkg/deep", "lib", "build", "out/gen", "node_modules/dep"])
NAMES = """a.py b.py pkg/a.py pkg/deep/c.md pkg/__init__.py lib/x.py lib/x.log lib/pyvenv.cfg build/gen.py
    build/__init__.py out/gen/o.py node_modules/dep/index.js package.json notes.txt"""
FILES = st.sampled_from(NAMES.split())
IGNORES = st.sampled_from([".gitignore", ".dt6ignore", "lib/.gitignore", "pkg/.dt6ignore", ".git/info/exclude"])
RULES = st.sampled_from(
    ["", "*.log\n", "lib/\n", "*.md\n!c.md\n", "!build/\n", "/pkg/*\n!/pkg/deep/\n", "!out/**\n", "a.py\n"]
)
TEXTS = st.sampled_from(["", "one", "two", "three", "four"])
STEPS = st.one_of(
    st.tuples(st.just("write"), FILES, TEXTS),
    st.tuples(st.just("swap"), FILES, TEXTS),
    st.tuples(st.just("delete"), FILES, st.just("")),
    st.tuples(st.just("move"), FILES, FILES),
    st.tuples(st.just("move"), FOLDERS, FOLDERS),
    st.tuples(st.just("remove"), FOLDERS, st.just("")),
    st.tuples(st.just("ignore"), IGNORES, RULES),
    st.tuples(st.just("link"), FILES, st.sampled_from(["pkg", "..", "a.py"])),
    st.tuples(st.just("git"), st.sampled_from(["checkout", "commit", "stash", "clean", "undo"]), st.just("")),
    st.just(SETTLE),
)
LIVES = st.lists(STEPS, min_size=1, max_size=14)


def git(root: Path, *arguments: str) -> None:
    """What git refuses (nothing to commit, a branch in the way of a changed file) is a step that does nothing."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", "-c", "gc.auto=0")
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)}
    subprocess.run(["git", "-C", str(root), *identity, *arguments], env={**os.environ, **nobody}, capture_output=True)


def make_repository(root: Path) -> None:
    """Two branches that differ in many files, with folders that only one of them has."""
    write(root, {"always.py": function("always"), "pkg/a.py": function("one"), "lib/x.py": function("two")})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "main")
    git(root, "checkout", "-qb", "other")
    write(root, {f"wide/{number % 7}/f{number}.py": f"def f{number}(): ...\n" for number in range(BRANCH_FILES)})
    write(root, {"pkg/a.py": function("three"), "build/gen.py": function("four")})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "other")
    git(root, "checkout", "-q", "main")


def do(root: Path, step: Step) -> None:
    """One step. What the file system refuses (a folder in the way) does nothing."""
    kind, path, detail = step
    with suppress(OSError):
        if kind == "git":
            _do_git(root, path)
        elif kind != "settle":
            _DO[kind](root, path, detail)


def _write(root: Path, path: str, word: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(function(word) if word else "", encoding="utf-8")


def _swap(root: Path, path: str, word: str) -> None:
    """As editors save: a new file takes the place of the old one."""
    _write(root, path + "~", word)
    os.replace(root / (path + "~"), root / path)


def _move(root: Path, path: str, to: str) -> None:
    (root / to).parent.mkdir(parents=True, exist_ok=True)
    os.rename(root / path, root / to)


def _ignore(root: Path, path: str, text: str) -> None:
    if not text:
        (root / path).unlink()
        return
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def _link(root: Path, path: str, to: str) -> None:
    (root / path).unlink(missing_ok=True)
    (root / path).symlink_to(root / to)


_DO = {
    "write": _write,
    "swap": _swap,
    "delete": lambda root, path, _: (root / path).unlink(),
    "move": _move,
    "remove": lambda root, path, _: shutil.rmtree(root / path),
    "ignore": _ignore,
    "link": _link,
}


def _do_git(root: Path, what: str) -> None:
    if what == "checkout":
        head = (root / ".git" / "HEAD").read_text(encoding="utf-8")
        git(root, "checkout", "-qf", "main" if head.strip().endswith("other") else "other")
    elif what == "commit":
        git(root, "add", "-A")
        git(root, "commit", "-qm", "more")
    else:
        git(root, *{"stash": ("stash", "-qu"), "clean": ("clean", "-qfdx"), "undo": ("reset", "-q", "--hard")}[what])


class Follower:
    """An index that is told of changes by its watcher alone, as the engine does it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stop = CancelToken()
        self._updated = threading.Condition()
        self.updates = 0
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        for batch in self._index.changes(self._stop):
            update(self._index, batch)
            with self._updated:
                self.updates += 1
                self._updated.notify_all()

    def wait(self, updates: int) -> bool:
        """Until so many updates have ended; False when they do not within a long time."""
        with self._updated:
            return self._updated.wait_for(lambda: self.updates >= updates, PATIENCE)

    def close(self) -> None:
        self._stop.cancel()
        self._thread.join()


def update(index: Index, paths: frozenset[str] | None = None) -> None:
    with suppress(WorkspaceError):  # nothing in it is to be indexed: that is a workspace, too
        index.update(paths=paths)


@contextmanager
def following(root: Path, store: Path) -> Iterator[Follower]:
    with opened(root, store) as index:
        follower = Follower(index)
        try:
            assert follower.wait(1)
            yield follower
        finally:
            follower.close()


def fresh_rows(root: Path, store: Path) -> dict[str, list[tuple[object, ...]]]:
    with opened(root, store) as index:
        update(index)
    found = rows(store)
    shutil.rmtree(store)
    return found


def live(folder: Path, steps: Sequence[Step]) -> str:
    """Lives a life with a watched index beside it; "" when the index ends equal to a fresh one, and was so whenever
    things had settled; else how it differs."""
    root = folder / "work"
    make_repository(root)
    with following(root, folder / "followed") as follower:
        for number, step in enumerate([*steps, SETTLE]):
            do(root, step)
            if step == SETTLE and (problem := _unsettled(folder, follower)):
                return f"after step {number}: {problem}"
    return ""


def _unsettled(folder: Path, follower: Follower) -> str:
    expected = fresh_rows(folder / "work", folder / "fresh")
    seen = follower.updates
    while (found := rows(folder / "followed")) != expected:
        if not follower.wait(seen + 1):
            return difference(found, expected)
        seen = follower.updates
    return ""


def difference(found: dict[str, list[tuple[object, ...]]], expected: dict[str, list[tuple[object, ...]]]) -> str:
    """Paths and names, not texts."""
    told = []
    for table in expected:
        wanted, had = set(expected[table]), set(found[table])
        for word, ones in (("lacks", wanted - had), ("has", had - wanted)):
            told += [f"{table} {word} {row[:2]}" for row in sorted(ones, key=str)[:5]]
    return "; ".join(told)
