"""The symbols that a workspace turns on, by rank in the graph of who uses whose definitions.

Files are nodes. A file that uses a name passes rank to the file that defines it: more for more uses (their square root,
as the tenth use tells less than the first), less for a name that several files define. The rank that reaches a file is
then given to its definitions, each in the share that it drew in. A question's own names, or the open file, are where
ranking begins (personalised PageRank); so near things come first.
Not here: reading the uses (`index.name_uses`).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.assistant.architecture.rank import Links, pagerank

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.model import Definition, NameUse, Reader

_PLAIN = re.compile(r"_*[A-Z]?[a-z0-9]+$")
IMPORTED = 3.0  # times as much is passed to a file that is imported as to one that only has the name
_GUESSED = 0.1  # where neither an import nor a common folder says that the name is that one
_FEW_USERS = 0.2  # times the score of what a single file uses: it may pass on much of that file's rank
_KINDS = frozenset(
    {"class", "interface", "enum", "struct", "trait", "type", "function", "method", "constructor", "macro", "constant"}
)


@dataclass(frozen=True, slots=True)
class Central:
    """`users` counts the files that use it; `rank` is comparable within one list."""

    definition: Definition
    rank: float
    users: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The graph of uses, ready to be ranked from any beginning. `keys` are (name, file that defines it); `drawn` are
    rows of (user's file, key, weight)."""

    files: tuple[str, ...]
    links: Links
    keys: tuple[tuple[str, str], ...]
    drawn_by: NDArray[np.int64]
    drawn_key: NDArray[np.int64]
    drawn_weight: NDArray[np.float64]

    def by_file(self, favoured: Mapping[str, float]) -> dict[str, float]:
        return dict(zip(self.files, pagerank(self.links, self._home(favoured)).tolist(), strict=True))

    def symbols(self, favoured: Mapping[str, float], reader: Reader, most: int) -> list[Central]:
        """The first `most` symbols, best first."""
        if not self.keys:
            return []
        rank = pagerank(self.links, self._home(favoured))
        out = np.bincount(self.drawn_by, self.drawn_weight, len(self.files))
        passed = rank[self.drawn_by] * self.drawn_weight / out[self.drawn_by]
        users = np.bincount(self.drawn_key, minlength=len(self.keys))
        score = np.bincount(self.drawn_key, passed, len(self.keys)) * np.where(users > 1, 1.0, _FEW_USERS)
        order = sorted(range(len(self.keys)), key=lambda key: (-round(float(score[key]), 12), self.keys[key]))
        found: list[Central] = []
        outlines: dict[str, Sequence[Definition]] = {}
        for key in order:
            name, path = self.keys[key]
            outline = outlines.setdefault(path, reader.outline(path))
            item = next((item for item in outline if item.name == name and item.kind in _KINDS), None)
            if item is not None:
                found.append(Central(item, float(score[key]), int(users[key])))
            if len(found) == most:
                break
        return found

    def _home(self, favoured: Mapping[str, float]) -> dict[int, float]:
        place = {path: number for number, path in enumerate(self.files)}
        return {place[path]: amount for path, amount in favoured.items() if path in place}


def ranking(files: Collection[str], uses: Iterable[NameUse], graph: ImportGraph) -> Ranking:
    """Over these files only: tests use everything, and would make what they test central."""
    nodes = tuple(sorted(files))
    place = {path: number for number, path in enumerate(nodes)}
    imported = {(edge.source, edge.target) for edge in graph.edges}
    by_use: defaultdict[tuple[str, str], list[NameUse]] = defaultdict(list)
    for use in uses:
        if use.source in place and use.target in place:
            by_use[use.name, use.source].append(use)
    keys: dict[tuple[str, str], int] = {}
    rows: list[tuple[int, int, int, float]] = []
    for (name, user), targets in by_use.items():
        meant = [use for use in targets if (user, use.target) in imported]
        targets = [use for use in targets if use in meant or not (use.member or _PLAIN.match(name))]
        if not targets:
            continue
        near = len(targets) == 1 and _folder(user) == _folder(targets[0].target)
        worth = IMPORTED if meant else 1.0 if near else _GUESSED
        for use in meant or targets:
            key = keys.setdefault((name, use.target), len(keys))
            rows.append((place[user], place[use.target], key, worth * math.sqrt(use.uses) / len(meant or targets)))
    return _ranking(nodes, tuple(keys), sorted(rows))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _ranking(
    nodes: tuple[str, ...], keys: tuple[tuple[str, str], ...], rows: Sequence[tuple[int, int, int, float]]
) -> Ranking:
    source, target, key = (np.array([row[column] for row in rows], np.int64) for column in range(3))
    weight = np.array([row[3] for row in rows], np.float64)
    return Ranking(nodes, Links(len(nodes), source, target, weight), keys, source, key, weight)
