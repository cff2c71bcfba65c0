"""Workspaces as one string: `//- path` begins a file, `$0` is the cursor.

    //- app/main.py
    def main():
        gree$0t()
    //- app/words.py
    def greet(): ...

`indexed` writes such a workspace and gives the real index over it, with the quick embedder of the index's own tests.
"""

from __future__ import annotations

import re
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.index_fixtures import FakeEmbedder, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dt6_lsp.index.index import Index

CURSOR = "$0"


@dataclass(frozen=True)
class Cursor:
    """Line from 1, column in code points from 0."""

    path: str
    line: int
    column: int


@dataclass(frozen=True)
class Fixture:
    files: Mapping[str, str] = field(default_factory=dict)
    cursor: Cursor | None = None


def parse(text: str) -> Fixture:
    """Files without the cursor's mark. A text without `//-` at its start is a mistake in the test."""
    files: dict[str, str] = {}
    cursor = None
    for piece in re.split(r"^//- ", textwrap.dedent(text).lstrip("\n"), flags=re.MULTILINE)[1:]:
        path, _, content = piece.partition("\n")
        if CURSOR in content:
            before, _, after = content.partition(CURSOR)
            cursor = Cursor(path.strip(), before.count("\n") + 1, len(before) - before.rfind("\n") - 1)
            content = before + after
        files[path.strip()] = content
    assert files, "the fixture has no `//- path` line"
    return Fixture(files, cursor)


def write(fixture: Fixture, root: Path) -> Path:
    for path, content in fixture.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="")
    return root


@contextmanager
def indexed(text: str, folder: Path) -> Iterator[Index]:
    """The index over the workspace, up to date. Files lie in `folder/work`."""
    root = write(parse(text), folder / "work")
    with opened(root, folder / "store", FakeEmbedder()) as index:
        index.update()
        yield index
