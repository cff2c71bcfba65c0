"""Which lines a review of the changes since the last commit looks at: each that differs, with the definition around it.

Only files of the index count, so none that is ignored or secret. Not here: git (`workspace.committed`).
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.features.places import on_disk
from dt6_lsp.features.reviewing.model import Target
from dt6_lsp.text import lines_of
from dt6_lsp.workspace import content
from dt6_lsp.workspace.committed import committed, is_object, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.features.roots import Roots
    from dt6_lsp.index.model import Definition, Reader

MOST_FILES = 20
AROUND = 5  # lines before and after a change that is in no definition, or in a long one
_LONG = 120  # lines of a definition that is looked at in whole
_MOST_COMPARED = 5_000


def uncommitted(
    reader: Reader, roots: Roots, texts: Mapping[str, str], cancel: CancelToken
) -> tuple[list[Target], int]:
    """The lines that changed, and how many further files have changed. `texts` are those that are open, by path; the
    others are read. `WorkspaceError` where no folder has a commit. Blocking."""
    commits = {folder: held for folder in roots.folders if (held := committed(folder, cancel)) is not None}
    if not commits:
        raise WorkspaceError(
            "Nothing tells what has changed: no folder of the workspace has a commit of git.",
            "Review a document, or commit once.",
        )
    targets: list[Target] = []
    seen = more = 0
    for path in reader.files():
        cancel.raise_if_cancelled()
        root, inside = roots.split(path)
        text = texts[path] if path in texts else on_disk(roots, path)
        name = commits[root].get(inside, "") if root in commits else None
        if name is None or text is None or is_object(text.encode("utf-8", "surrogatepass"), name):
            continue
        found = _targets(reader, path, text, _before(root, name, cancel) if name else "")
        seen += bool(found)
        if seen <= MOST_FILES:
            targets += found
        else:
            more += bool(found)
    return targets, more


def _before(root: Path, name: str, cancel: CancelToken) -> str:
    data = text_of(root, name, cancel)
    decoded = content.decode(data) if data else None
    return decoded[0] if decoded else ""


def _targets(reader: Reader, path: str, text: str, before: str) -> list[Target]:
    old, new = lines_of(before), lines_of(text)
    runs = _joined(_around(changed, reader.outline(path), len(new)) for changed in changes(old, new))
    return [Target(path, text, first, last) for first, last in runs]


def changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The first and last line (from 1) of each run of `new` that is not in `old`; where lines were only taken out,
    those that are left beside them. Of very long texts, all from the first to the last that differs."""
    if old == new or not new:
        return
    if max(len(old), len(new)) > _MOST_COMPARED:
        least = min(len(old), len(new))
        head = next((at for at in range(least) if old[at] != new[at]), least)
        tail = next((at for at in range(least - head) if old[-1 - at] != new[-1 - at]), least - head)
        yield min(head + 1, len(new)), max(head + 1, len(new) - tail)
        return
    for what, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "delete":
            yield max(1, start), min(len(new), start + 1)
        elif what != "equal":
            yield start + 1, end


def _around(changed: tuple[int, int], outline: Sequence[Definition], last: int) -> tuple[int, int]:
    first, end = changed
    holding = [
        item
        for item in outline
        if item.start_line <= first and end <= item.end_line and item.end_line - item.start_line < _LONG
    ]
    if holding:
        whole = min(holding, key=lambda item: item.end_line - item.start_line)
        return whole.start_line, whole.end_line
    return max(1, first - AROUND), min(last, end + AROUND)


def _joined(runs: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined
