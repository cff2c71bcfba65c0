"""The parts of a workspace: folders, as deep as it takes to tell them apart, and how they import one another.

Where a language's package is its folder (Go, Java), the files of a folder are one part; elsewhere a file beside folders
is a part of its own. Not here: imports of files (`index.graph`), and how parts are shown (`overview`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.algorithms import components, cycles, levels
from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.assistant.architecture.algorithms import Cycle
    from dt6_lsp.index.graph import Edge

_DATA = frozenset({"json", "yaml", "toml", "text", "css", "html", "markdown", "sql"})
_HIDDEN = re.compile(
    r"(?:^|/)\.|(?:^|/)benches/|(?:^|/)[^/]+\.config\.[a-z]+$|^(?:conftest|setup|noxfile|tasks)\.py$", re.IGNORECASE
)
_FOLDER_IS_PACKAGE = frozenset({"go", "java"})
_SHARED = 0.75  # of all files lie in a folder that is opened: it tells nothing apart
_MOST = 0.5  # of all files in one part of few: it is opened, too
_FEW = 6
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Link:
    """One part imports another `count` times; `examples` are the first imports, in the order of their files."""

    source: str
    target: str
    count: int
    examples: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """`members` are files by part. `level` of a part is 0 when it imports no other, else one above the highest that it
    imports; parts of a cycle share one. `knots` are parts that reach one another, `cycles` a shortest one of each."""

    members: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...]
    level: Mapping[str, int]
    cycles: tuple[Cycle, ...]
    knots: tuple[tuple[str, ...], ...]

    @property
    def owner(self) -> dict[str, str]:
        return {path: name for name, paths in self.members.items() for path in paths}

    def weight(self) -> Counter[str]:
        """How much a part counts: its files, and twice what imports it."""
        weight = Counter({name: len(paths) for name, paths in self.members.items()})
        for link in self.links:
            weight[link.target] += 2 * min(link.count, 10)
        return weight


def is_code(path: str) -> bool:
    """Of the project's own code: no data, no tests, no settings of tools."""
    return language_of(path) not in _DATA and not is_side(path) and not _HIDDEN.search(path)


def own_code(files: Iterable[str], focus: str = "") -> list[str]:
    """The code in the folder (or file) `focus`; whatever is there where none of it is code."""
    inside = [path for path in files if not focus or path == focus or path.startswith(f"{focus}/")]
    return [path for path in inside if is_code(path)] or inside


def structure(code: Sequence[str], edges: Iterable[Edge]) -> Structure:
    members = grouped(code)
    owner = {path: name for name, paths in members.items() for path in paths}
    counts: Counter[tuple[str, str]] = Counter()
    examples: defaultdict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in sorted(edges, key=lambda edge: (edge.source, edge.line, edge.target)):
        pair = owner.get(edge.source), owner.get(edge.target)
        if pair[0] is not None and pair[1] is not None and pair[0] != pair[1]:
            key = pair[0], pair[1]
            counts[key] += 1
            if len(examples[key]) < _EXAMPLES:
                examples[key].append(edge)
    links = tuple(Link(a, b, count, tuple(examples[a, b])) for (a, b), count in sorted(counts.items()))
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        targets[link.source].add(link.target)
    frozen = {name: tuple(paths) for name, paths in members.items()}
    knots = tuple(each for each in components(members, targets) if len(each) > 1)
    return Structure(frozen, links, levels(members, targets), tuple(cycles(members, targets)), knots)


def grouped(paths: Sequence[str]) -> dict[str, list[str]]:
    """Files by part: the folder that holds everything is opened until there are parts to tell apart; so is one that
    holds most of the files beside few others, as `packages` does."""
    groups = _opened(paths)
    for name in list(groups):
        inside = {path[len(name) + 1 :].partition("/")[0] for path in groups[name] if path.startswith(f"{name}/")}
        folders = {each for each in inside if any(path.startswith(f"{name}/{each}/") for path in groups[name])}
        if len(groups) <= _FEW and len(groups[name]) > _MOST * len(paths) and len(folders) > 1:
            opened = groups.pop(name)
            for path in opened:
                first = path[len(name) + 1 :].partition("/")[0]
                groups.setdefault(f"{name}/{first}" if first in folders else name, []).append(path)
            break
    return groups


def _opened(paths: Sequence[str]) -> dict[str, list[str]]:
    folders = [PurePosixPath(path).parts for path in paths]
    common = _common(folders)
    depth = len(common)
    groups: dict[str, list[str]] = {}
    for path, parts in zip(paths, folders, strict=True):
        if parts[:depth] != common:
            name = parts[0]  # beside the folder that was opened
        elif len(parts) > depth + 1:
            name = "/".join(parts[: depth + 1])
        elif language_of(path) in _FOLDER_IS_PACKAGE:
            name = "/".join(parts[:-1]) or "."
        else:
            name = path
        groups.setdefault(name, []).append(path)
    return groups


def _common(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The leading folders that nearly all files share."""
    common: tuple[str, ...] = ()
    while True:
        heads = Counter(parts[: len(common) + 1] for parts in folders if len(parts) > len(common) + 1)
        if not heads:
            return common
        head, most = heads.most_common(1)[0]
        if most < _SHARED * len(folders):
            return common
        common = head
