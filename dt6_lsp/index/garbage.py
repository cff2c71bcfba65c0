"""All that lies in a data folder: stores of folders that are gone go, others are tidied; so are written answers.

A store that a process has open is never touched: the lock of its writer is held while it is looked at. Not here: what
is useless inside a store (`collecting`).
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from dt6_lsp.errors import StoreError
from dt6_lsp.index.collecting import tidy
from dt6_lsp.index.ledger_errors import store_errors
from dt6_lsp.index.store import LOCK_NAMES
from dt6_lsp.settings.folders import MARK, old_answers, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOUNT_PLACES = frozenset({"media", "mnt", "net", "run", "Volumes"})
_DAY = 24 * 3600

Fate = Literal["removed", "tidied", "kept"]


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one store, or would. `workspace` is "" where nothing says whose it is; `why` is a sentence."""

    folder: Path
    workspace: str
    fate: Fate
    why: str
    freed: int


def collect(stores: Path, *, dry_run: bool, unused_days: float | None = None) -> Iterator[Collected]:
    """One by one. With `unused_days`, also those that nobody has opened for as long are removed."""
    for folder in sorted(path for path in stores.glob("*") if path.is_dir()):
        workspace = _workspace(folder)
        try:
            with store_errors(folder), ExitStack() as held:
                if _hold(folder, held):
                    yield _collect_one(folder, workspace, held, dry_run=dry_run, unused_days=unused_days)
                else:
                    yield Collected(folder, workspace, "kept", "Another process has it open.", 0)
        except StoreError as error:
            yield Collected(folder, workspace, "kept", str(error), 0)


def _hold(folder: Path, held: ExitStack) -> bool:
    """Until `held` is closed, this process is the only one that may write the store."""
    for name in LOCK_NAMES:
        try:
            held.enter_context(FileLock(folder / name, blocking=False))
        except Timeout:
            return False
    return True


def collect_answers(folder: Path, *, dry_run: bool) -> Iterator[Collected]:
    """Written answers beyond those that are kept; nothing when there are none."""
    old = old_answers(folder)
    freed = sum(map(size_of, old))
    if not old:
        return
    if not dry_run:
        with store_errors(folder):
            for path in old:
                path.unlink(missing_ok=True)
    yield Collected(folder, "", "tidied", "Only the newest answers are kept.", freed)


def is_gone(root: Path) -> bool:
    """The folder was removed. One on a drive that is not there now was not: then the folders above it are missing, too,
    or empty, or such as drives appear in."""
    try:
        root.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError:
        return False
    else:
        return False
    above = next((folder for folder in root.parents if folder.is_dir()), None)
    if above is None or (above != root.parent and above.parts[1:2] and above.parts[1] in _MOUNT_PLACES):
        return False
    try:
        return any(above.iterdir())
    except OSError:
        return False


def _collect_one(
    folder: Path, workspace: str, held: ExitStack, *, dry_run: bool, unused_days: float | None
) -> Collected:
    if not workspace:
        return Collected(folder, "", "kept", "It does not say whose it is.", 0)
    why = _useless(folder, Path(workspace), unused_days)
    if not why:
        return Collected(folder, workspace, "tidied", "", tidy(folder, Path(workspace), dry_run=dry_run))
    size = size_of(folder)
    if not dry_run:
        _remove(folder, held)
    return Collected(folder, workspace, "removed", why, size)


def _useless(folder: Path, root: Path, unused_days: float | None) -> str:
    if is_gone(root):
        return "The folder is gone."
    days = (time.time() - (folder / MARK).stat().st_mtime) / _DAY
    if unused_days is not None and days >= unused_days:
        return f"It was not used for {days:.0f} days."
    return ""


def _workspace(folder: Path) -> str:
    try:
        return (folder / MARK).read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


def _remove(folder: Path, held: ExitStack) -> None:
    """What says whose store it is goes last: a removal that was cut short is continued by the next one. Some systems
    remove no file that is open, so the locks are given back before they go."""
    for path in folder.iterdir():
        if path.name == MARK or path.name in LOCK_NAMES:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            os.unlink(path)
    held.close()
    for name in LOCK_NAMES:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder)
