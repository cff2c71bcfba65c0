"""Paths of a workspace, as strings: relative to its root, with `/`, and "" for the root itself."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def join(folder: str, rest: str) -> str | None:
    """`rest` as seen from `folder`; None for what lies outside the workspace."""
    joined = posixpath.normpath(posixpath.join("/" if rest.startswith("/") else folder, rest.lstrip("/")))
    if joined == ".":
        return ""
    return None if joined == ".." or joined.startswith("../") else joined.lstrip("/")


def is_under(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def folders_above(path: str) -> list[str]:
    """The folders that hold a path, the innermost first and the root last."""
    found = []
    while path:
        path = folder_of(path)
        found.append(path)
    return found


def shared(one: str, other: str) -> int:
    """How many leading folders two paths have in common."""
    count = 0
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def nearest(paths: Sequence[str], to: str) -> str | None:
    """The path that shares most folders with `to`; of equals the shorter, then the first by name."""
    if len(paths) == 1:
        return paths[0]
    return min(paths, key=lambda path: (-shared(path, to), path.count("/"), path), default=None)
