"""Tells which paths of a workspace changed on disk, for as long as it is asked to.

What can't be told path by path (new folders, changed ignore files, a burst that may have lost events, a root that was
away) is told as `EVERYTHING`; so is the beginning: what changes after it is not missed. On Linux each folder that is
indexed is watched by itself, for the kernel has no other way: links are not followed, and ignored folders cost nothing.
Elsewhere the system watches the whole tree. Where the system can't (no watches left, a network folder), folders are
looked through from time to time. Not here: what a path means (`watched`), and indexing.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from dt6_lsp.cancel import Cancelled
from dt6_lsp.workspace.ignore_files import outer_rule_files
from dt6_lsp.workspace.mounts import is_remote
from dt6_lsp.workspace.walker import walk, walk_folders
from dt6_lsp.workspace.watched import Change, Effect, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Literal

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.settings import WorkspaceSettings

    Notify = Callable[[Sequence[str], bool], "Notifier"]  # what to watch, and whether all below it too

EVERYTHING = ""  # in a batch: the root itself

_BY_FOLDER = sys.platform == "linux"
_STEP_MS = 20  # so long must nothing happen for a batch to be complete; also how long stopping takes
_BATCH_MS = 400
_MANY = 4_000  # events at once: the kernel keeps 16,384 and forgets the rest without a word
_LOOK_SECONDS = 2.0
_TRIES = 20


class Signal(Protocol):
    def is_set(self) -> bool: ...


class Notifier(Protocol):
    """The part of `RustNotify` that is used."""

    def watch(
        self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: Signal | None
    ) -> set[tuple[int, str]] | Literal["signal", "stop", "timeout"]: ...

    def close(self) -> None: ...


def system_notifier(places: Sequence[str], recursive: bool) -> Notifier:
    """OSError when a place is missing, or the system has no more watches to give."""
    try:
        return RustNotify(list(places), False, False, 0, recursive, False)
    except WatchfilesRustInternalError as error:
        raise OSError(str(error)) from error


def watch(
    root: Path,
    settings: WorkspaceSettings,
    cancel: CancelToken,
    notice: Callable[[str], None],
    notify: Notify = system_notifier,
    look_seconds: float = _LOOK_SECONDS,
    also: Path | None = None,
) -> Iterator[frozenset[str]]:
    """Batches of relative paths, until cancelled. Blocking; `notice` gets sentences for the user. Every `look_seconds`
    it looks for what no event tells of: `also` is a file of ours, and when another lies there, that is everything."""
    try:
        if is_remote(root):
            notice(f"{root} is on another machine, so DT6 looks through it for changes now and then.")
            yield from _poll(root, settings, cancel, look_seconds)
        while not cancel.cancelled:
            if not root.is_dir():
                cancel.wait(look_seconds)
                continue
            yield from _follow(root, settings, cancel, notice, notify, look_seconds, also)
    except Cancelled:
        return


def _follow(
    root: Path,
    settings: WorkspaceSettings,
    cancel: CancelToken,
    notice: Callable[[str], None],
    notify: Notify,
    look_seconds: float,
    also: Path | None,
) -> Iterator[frozenset[str]]:
    """Until the folders must be looked at anew."""
    alarm = _Alarm(root, cancel, look_seconds, also)
    started = time.monotonic()
    try:
        watched, notifier = _begin(root, settings, cancel, notify)
    except OSError as error:
        if root.is_dir():
            notice(
                f"The system can't watch {root} ({error}), so DT6 looks through it for changes now and then. "
                "On Linux, a higher fs.inotify.max_user_watches mends this."
            )
            yield from _poll(root, settings, cancel, look_seconds)
        return
    pause = time.monotonic() - started
    try:
        yield frozenset((EVERYTHING,))
        while (paths := _next(watched, notifier, alarm)) is not None:
            if paths:
                yield paths
    finally:
        notifier.close()
    cancel.wait(pause)  # who makes folders all the time gets half of a core at most


def _begin(root: Path, settings: WorkspaceSettings, cancel: CancelToken, notify: Notify) -> tuple[Watched, Notifier]:
    """A notifier that misses no folder: those that came while it was made are found by looking again."""
    watched = Watched(root, walk_folders(root, settings, cancel))
    error: OSError | None = None
    for attempt in range(_TRIES):
        try:
            notifier = notify(watched.places(), False) if _BY_FOLDER else notify([os.fspath(root)], True)
        except FileNotFoundError as vanished:
            error = vanished
            cancel.wait(0.01 * attempt)
            watched = Watched(root, walk_folders(root, settings, cancel))
            continue
        again = Watched(root, walk_folders(root, settings, cancel))
        if not _BY_FOLDER or set(again.places()) <= set(watched.places()):
            return again, notifier
        notifier.close()
        watched = again
    raise error or OSError("its folders change all the time")


def _next(watched: Watched, notifier: Notifier, alarm: _Alarm) -> frozenset[str] | None:
    """What the next batch of events means; None for looking anew."""
    try:
        # Without a time limit of its own: at one, `watch` may drop an event that just came.
        events = notifier.watch(_BATCH_MS, _STEP_MS, 0, alarm)
    except WatchfilesRustInternalError:  # a name that is no text, or the system gave up
        alarm.pause()
        return None
    if isinstance(events, str) or len(events) >= _MANY:
        return None
    root = os.fspath(watched.root)
    paths = set()
    for change, absolute in events:
        path = absolute.removeprefix(root).strip(os.sep).replace(os.sep, "/")
        effect = watched.effect(path, Change(change))
        if effect is Effect.ANEW:
            return None
        if effect is Effect.PATH:
            paths.add(path)
    return frozenset(paths)


class _Alarm:
    """Ends the wait for events: when cancelled, and when something changed that no event tells of."""

    def __init__(self, root: Path, cancel: CancelToken, look_seconds: float, also: Path | None) -> None:
        self._root, self._cancel, self._look_seconds = root, cancel, look_seconds
        self._also = also or root
        self._files = outer_rule_files(root)
        self._before = self._look()
        self._next_look = time.monotonic() + self._look_seconds

    def is_set(self) -> bool:
        if self._cancel.cancelled:
            return True
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + self._look_seconds
        return self._look() != self._before

    def pause(self) -> None:
        self._cancel.wait(self._look_seconds)

    def _look(self) -> tuple[object, ...]:
        """Whether it is still the same root, and the same rules around it."""
        places = (status and (status.st_dev, status.st_ino) for status in map(_status, (self._root, self._also)))
        rules = ((found.st_mtime_ns, found.st_size) for file in self._files if (found := _status(file)))
        return (*places, *rules)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _poll(
    root: Path, settings: WorkspaceSettings, cancel: CancelToken, look_seconds: float
) -> Iterator[frozenset[str]]:
    """Walks, compares, and rests ten times as long as that took."""
    before = _files(root, settings, cancel)
    yield frozenset((EVERYTHING,))
    while True:
        started = time.monotonic()
        now = _files(root, settings, cancel)
        changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        before = now
        if changed:
            yield frozenset(changed)
        cancel.wait(max(look_seconds, 10 * (time.monotonic() - started)))
        cancel.raise_if_cancelled()


def _files(root: Path, settings: WorkspaceSettings, cancel: CancelToken) -> dict[str, tuple[int, int]]:
    return {entry.path: (entry.size, entry.mtime_ns) for entry in walk(root, settings, cancel).files}
