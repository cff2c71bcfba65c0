"""When the lines of a definition were changed last, as far as that is known by now.

A hover never waits for git: what is not known is asked for on a thread of its own, one file at a time and the one that
was wished for last first, and is there at the next hover. It is kept until the repository moves on. Not here: git
(`workspace.blame`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.workspace.blame import blame
from dt6_lsp.workspace.history import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dt6_lsp.features.roots import Roots
    from dt6_lsp.workspace.blame import Blame, Commit

    Stamp = tuple[int, int] | None

_MOST_FILES = 32


@dataclass(frozen=True, slots=True)
class Changed:
    """`exact`: the commit made one of the definition's own lines; else it is the file's last, and the lines are not
    committed as they are."""

    commit: Commit
    exact: bool


class Changes:
    """Thread-safe. `ask` is git, but in tests."""

    def __init__(
        self, roots: Roots, ask: Callable[[Path, str, CancelToken], Blame | None] = blame, *, trusted: bool = True
    ) -> None:
        self._roots, self._ask, self._trusted = roots, ask, trusted
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Stamp, Blame | None]] = OrderedDict()
        self._wanted: str | None = None
        self._asking = False
        self._cancel = CancelToken()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dt6-git")

    def of(self, path: str, block: Callable[[], Sequence[str]]) -> Changed | None:
        """The last change of the lines `block` of this file; None where it is not known, or not known yet."""
        known = self._known(path)
        if known is None:
            return None
        commit = known.of(block())
        return Changed(commit or known.last, commit is not None)

    def close(self) -> None:
        """Git is ended."""
        self._cancel.cancel()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def settle(self) -> None:
        """Wait until nothing is asked any more."""
        while self._asking:
            self._thread.submit(lambda: None).result()

    def _known(self, path: str) -> Blame | None:
        if not self._trusted:
            return None
        stamp = self._stamp(path)
        if stamp is None:  # there is no repository, and a process to learn that costs more than a hover
            return None
        with self._lock:
            if path in self._kept and self._kept[path][0] == stamp:
                self._kept.move_to_end(path)
                return self._kept[path][1]
            self._wanted = path
            begins, self._asking = not self._asking, True
        if begins:
            with suppress(RuntimeError):  # it has been closed
                self._thread.submit(self._work)
        return None

    def _work(self) -> None:
        while (path := self._next()) is not None:
            stamp = self._stamp(path)
            found = self._blame(path)
            with self._lock:
                self._kept[path] = (stamp, found)
                while len(self._kept) > _MOST_FILES:
                    self._kept.popitem(last=False)

    def _next(self) -> str | None:
        with self._lock:
            path, self._wanted = self._wanted, None
            self._asking = path is not None and not self._cancel.cancelled
            return path if self._asking else None

    def _blame(self, path: str) -> Blame | None:
        try:
            root, inside = self._roots.split(path)
            return self._ask(root, inside, self._cancel)
        except (WorkspaceError, Cancelled):
            return None

    def _stamp(self, path: str) -> Stamp:
        with suppress(WorkspaceError):
            return moved(self._roots.split(path)[0])
        return None
