"""What the watcher tells: every path that may matter, little else, everything where it can't be sure, and no more once
it is cancelled."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import CancelToken
from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.workspace.mounts import kind_of_mount
from dt6_lsp.workspace.walker import walk_folders
from dt6_lsp.workspace.watched import Change, Effect, Watched
from dt6_lsp.workspace.watcher import EVERYTHING, Notifier, system_notifier, watch
from tests.unit.workspace_fixtures import make_repository, plain, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dt6_lsp.workspace.watcher import Notify

PATIENCE = 20.0
LOOK = 0.02
ADDED, MODIFIED, DELETED = Change.ADDED, Change.MODIFIED, Change.DELETED


class Watching:
    def __init__(self, root: Path, notify: Notify) -> None:
        self.cancel = CancelToken()
        self.notices: list[str] = []
        self._batches: queue.SimpleQueue[frozenset[str]] = queue.SimpleQueue()
        self._stream = watch(root, WorkspaceSettings(), self.cancel, self.notices.append, notify, LOOK)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for batch in self._stream:
            self._batches.put(batch)

    def until(self, *paths: str) -> set[str]:
        """All that is told until these paths are."""
        told: set[str] = set()
        while not told.issuperset(paths):
            told |= self._batches.get(timeout=PATIENCE)
        return told


@contextmanager
def watching(root: Path, notify: Notify = system_notifier) -> Iterator[Watching]:
    watcher = Watching(root, notify)
    try:
        assert watcher.until(EVERYTHING) == {EVERYTHING}
        yield watcher
    finally:
        watcher.cancel.cancel()
        watcher.thread.join(PATIENCE)
        assert not watcher.thread.is_alive()


def test_changed_files_are_told_and_churn_in_ignored_folders_is_not(tmp_path: Path) -> None:
    tree(tmp_path, {**plain("src/a.py", "src/b.py", "node_modules/x/i.js"), ".gitignore": "*.log\n"})
    with watching(tmp_path) as watcher:
        tree(tmp_path, plain("node_modules/x/j.js", "src/a.log", "src/a.pyc", "src/a.py"))
        (tmp_path / "src" / "b.py").rename(tmp_path / "src" / "c.py")
        assert watcher.until("src/c.py") == {"src/a.py", "src/b.py", "src/c.py"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tree(tmp_path / "work", plain("a.py"))
    outside = tree(tmp_path / "outside", plain("b.py"))
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to(root)
    with watching(root) as watcher:
        tree(outside, plain("c.py"))
        tree(root, plain("d.py"))
        assert watcher.until("d.py") == {"d.py"}


def test_a_new_folder_is_watched_and_what_came_before_that_is_looked_for(tmp_path: Path) -> None:
    tree(tmp_path, plain("a.py"))
    with watching(tmp_path) as watcher:
        tree(tmp_path, plain("new/deep/b.py"))
        watcher.until(EVERYTHING)
        tree(tmp_path, plain("new/deep/c.py"))
        watcher.until("new/deep/c.py")


def test_a_root_that_was_away_is_watched_again(tmp_path: Path) -> None:
    root = tree(tmp_path / "work", plain("a.py"))
    with watching(root) as watcher:
        root.rename(tmp_path / "away")
        tree(root, plain("b.py"))
        watcher.until(EVERYTHING)
        tree(root, plain("c.py"))
        watcher.until("c.py")


def test_ignore_files_around_the_root_count(tmp_path: Path) -> None:
    make_repository(tmp_path)
    root = tree(tmp_path / "sub", plain("a.py"))
    with watching(root) as watcher:
        tree(tmp_path, {".gitignore": "*.md\n"})
        assert watcher.until(EVERYTHING) == {EVERYTHING}


def test_where_the_system_has_no_watches_left_changes_are_looked_for(tmp_path: Path) -> None:
    def none_left(places: Sequence[str], recursive: bool) -> Notifier:
        raise OSError("OS file watch limit reached.")

    tree(tmp_path, plain("src/a.py"))
    with watching(tmp_path, none_left) as watcher:
        tree(tmp_path, plain("src/b.py", "node_modules/c.js"))
        (tmp_path / "src" / "a.py").unlink()
        assert watcher.until("src/a.py", "src/b.py") == {"src/a.py", "src/b.py"}
        (notice,) = watcher.notices
        assert "watch limit" in notice
        assert "max_user_watches" in notice


def test_a_name_that_is_no_text_does_not_end_it(tmp_path: Path) -> None:
    with watching(tmp_path) as watcher:
        os.mkdir(os.path.join(os.fsencode(tmp_path), b"\xff"))
        watcher.until(EVERYTHING)
        tree(tmp_path, plain("a.py"))
        watcher.until("a.py")


@pytest.mark.parametrize(
    ("path", "change", "effect"),
    [
        ("src/a.py", MODIFIED, Effect.PATH),
        ("src/new.py", DELETED, Effect.PATH),
        ("src/picture.png", MODIFIED, Effect.NOTHING),
        ("gone", DELETED, Effect.PATH),
        ("src", ADDED, Effect.ANEW),
        ("src", MODIFIED, Effect.NOTHING),
        ("src/.gitignore", ADDED, Effect.ANEW),
        ("node_modules", ADDED, Effect.NOTHING),
        ("node_modules/x/.gitignore", ADDED, Effect.NOTHING),
        ("node_modules/x/i.js", MODIFIED, Effect.NOTHING),
        ("package.json", MODIFIED, Effect.PATH),
        ("build/package.json", DELETED, Effect.NOTHING),
        ("lib/package.json", DELETED, Effect.PATH),
        ("setup.py", DELETED, Effect.ANEW),
        (".git/index", MODIFIED, Effect.NOTHING),
        (".git/HEAD", ADDED, Effect.NOTHING),
        (".git/HEAD.lock", DELETED, Effect.NOTHING),
        (".git/objects/aa", ADDED, Effect.NOTHING),
        (".git/info/exclude", MODIFIED, Effect.ANEW),
        (".git", DELETED, Effect.ANEW),
        ("src/.git/HEAD", ADDED, Effect.NOTHING),
        ("", MODIFIED, Effect.NOTHING),
        ("", DELETED, Effect.ANEW),
    ],
)
def test_the_effect_of_an_event(tmp_path: Path, path: str, change: Change, effect: Effect) -> None:
    make_repository(tmp_path)
    tree(tmp_path, plain("src/a.py", "src/picture.png", "node_modules/x/i.js", "package.json", "setup.py", "lib/a.py"))
    watched = Watched(tmp_path, walk_folders(tmp_path, WorkspaceSettings()))
    if path == "setup.py":
        (tmp_path / path).unlink()
    assert watched.effect(path, change) is effect


def test_the_kind_of_a_mount(tmp_path: Path) -> None:
    table = (
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "30 22 0:25 / /mnt/my\\040share rw shared:9 - nfs4 host:/x rw\n"
        "31 22 0:26 / /mnt/c rw - 9p C: rw\n"
    )
    root = tmp_path.resolve()
    assert kind_of_mount(table, root) == "ext4"
    assert kind_of_mount(table, type(root)("/mnt/my share/code")) == "nfs4"
    assert kind_of_mount(table, type(root)("/mnt/c")) == "9p"
    assert kind_of_mount("", root) == ""
