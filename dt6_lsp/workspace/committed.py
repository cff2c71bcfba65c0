"""What the last commit of a git repository holds: which files, as which objects, and their text.

Asked by git's plumbing, which compares nothing with the files on disk: that would run what a repository's settings name
as filters. Whether a file differs is told by its object's name, a hash that is worked out here.
Not here: how git is run (`history`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dt6_lsp.workspace.history import ask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken

_TREE = ("ls-tree", "-r", "-z", "HEAD")
_SHA256 = 64  # digits


def committed(root: Path, cancel: CancelToken) -> Mapping[str, str] | None:
    """The object of each file below `root`, by its path with `/`; None where there is no repository, no commit, or no
    git that answers in time. Blocking."""
    said, cut = ask(root, _TREE, cancel)
    if cut or not said:
        return None
    found = {}
    for entry in said.split(b"\0"):
        about, _, path = entry.partition(b"\t")
        _, _, kind_and_name = about.partition(b" ")
        kind, _, name = kind_and_name.partition(b" ")
        if kind == b"blob":
            found[path.decode("utf-8", "surrogateescape")] = name.decode("ascii")
    return found


def is_object(data: bytes, name: str) -> bool:
    """Whether a file that holds `data` is committed as the object `name`."""
    whole = b"blob %d\0%b" % (len(data), data)
    if len(name) == _SHA256:
        return hashlib.sha256(whole).hexdigest() == name
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest() == name


def text_of(root: Path, name: str, cancel: CancelToken) -> bytes | None:
    """What an object holds; None where git does not say all of it. Blocking."""
    said, cut = ask(root, ("cat-file", "blob", name), cancel)
    return None if cut else said
