"""Who uses a definition, told only where the name can mean nothing else: the index knows uses by their names alone.

Not here: how they are shown (`digest`).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.index.model import Definition, Reader, Use

MOST_USES = 200
_PLAIN = re.compile(r"_*[A-Z]?[a-z0-9]+$")  # one word, as `error`: libraries define such names too
_SEGMENT = re.compile(r"[\w-]+")
_FOLDER_FILES = frozenset({"__init__", "index", "mod"})


def outside_uses(item: Definition, reader: Reader) -> list[Use]:
    """The uses of `item` outside of itself; none where another definition shares its name."""
    owners = {(other.path, other.qualified) for other in reader.definitions(item.name)}
    if len(owners) > 1:
        return []
    uses = [use for use in reader.uses(item.name, MOST_USES) if not _within(use, item)]
    if not _PLAIN.match(item.name):
        return uses
    linked = {path: _linked(path, item, reader) for path in {use.path for use in uses}}
    return [use for use in uses if linked[use.path]]


def _linked(path: str, item: Definition, reader: Reader) -> bool:
    """Whether a file means `item` by a word that any library may define: it is the same file, or imports that one. Of
    members it is never known."""
    if item.container:
        return False
    own = PurePosixPath(item.path)
    if path == item.path or (item.language == "go" and PurePosixPath(path).parent == own.parent):
        return True
    stands_for_folder = item.language == "go" or own.stem in _FOLDER_FILES
    module = own.parent.name if stands_for_folder else own.stem
    return any(module in _SEGMENT.findall(entry.module)[-2:] for entry in reader.imports(path))


def _within(use: Use, item: Definition) -> bool:
    return use.path == item.path and item.start_line <= use.line <= item.end_line
