"""Several workspace roots, read as one. With more than one root, a path starts with its folder's name (made unique).

Not here: updating (each `Index` does that for itself).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.index.graph import joined, prefixed
from dt6_lsp.index.model import IndexState, Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.index import Index
    from dt6_lsp.index.model import Definition, Hit, NameUse, Use
    from dt6_lsp.index.overlay import Overlay
    from dt6_lsp.syntax.model import Import


Item = TypeVar("Item", "Hit", "Definition", "Use")


class Federation:
    """A `Reader` over `indexes`, in the order in which the editor names the folders."""

    def __init__(self, indexes: Sequence[Index | Overlay]) -> None:
        self.indexes = tuple(indexes)
        self._names = dict(zip(unique_names([index.root for index in indexes]), self.indexes, strict=True))

    @property
    def unsaved(self) -> bool:
        return any(index.unsaved for index in self.indexes)

    def over(self, texts: Mapping[str, str]) -> Federation:
        """As `Index.over`."""
        inside: dict[str, dict[str, str]] = {name: {} for name in self._names}
        for path, text in texts.items():
            name, rest = self._split(path)
            inside.get(name, {})[rest] = text
        return Federation([index.over(inside[name]) for name, index in self._names.items()])

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]:
        """Scores are comparable within one root only, so the roots' lists are merged by place in them, then score."""
        open_name, open_path = self._split(near) if near else ("", "")
        found: list[tuple[int, float, Hit]] = []
        for name, index in self._names.items():
            hits = index.search(query, n, open_path if name == open_name else "")
            found.extend((place, -hit.score, hit) for place, hit in enumerate(self._prefixed(name, hits)))
        found.sort(key=lambda item: item[:2])
        return [hit for _, _, hit in found[:n]]

    def symbols(self, query: str, limit: int = 50) -> list[Definition]:
        lists = [self._prefixed(name, index.symbols(query, limit)) for name, index in self._names.items()]
        return [item for row in zip_longest(*lists) for item in row if item is not None][:limit]

    def definitions(self, name: str, near: str = "", limit: int = -1) -> list[Definition]:
        open_root, open_path = self._split(near)
        return [
            item
            for root, index in self._names.items()
            for item in self._prefixed(root, index.definitions(name, open_path if root == open_root else "", limit))
        ]

    def uses(self, name: str, limit: int = 200) -> list[Use]:
        found = [use for root, index in self._names.items() for use in self._prefixed(root, index.uses(name, limit))]
        return found[:limit]

    def count_uses(self, name: str) -> int:
        return sum(index.count_uses(name) for index in self.indexes)

    def name_uses(self) -> list[NameUse]:
        return [
            use._replace(source=self._join(root, use.source), target=self._join(root, use.target))
            for root, index in self._names.items()
            for use in index.name_uses()
        ]

    def outline(self, path: str) -> list[Definition]:
        root, inside = self._split(path)
        return self._prefixed(root, self._names[root].outline(inside)) if root in self._names else []

    def defined_in(self, path: str, first: int, last: int) -> list[Definition]:
        root, inside = self._split(path)
        return self._prefixed(root, self._names[root].defined_in(inside, first, last)) if root in self._names else []

    def imports(self, path: str) -> list[Import]:
        root, inside = self._split(path)
        return self._names[root].imports(inside) if root in self._names else []

    def graph(self) -> ImportGraph:
        """Roots import nothing of one another."""
        graphs = {root: index.graph() for root, index in self._names.items()}
        if len(graphs) == 1:
            return next(iter(graphs.values()))
        return joined([prefixed(graph, root) for root, graph in graphs.items()])

    def files(self) -> list[str]:
        return sorted(self._join(root, path) for root, index in self._names.items() for path in index.files())

    def chunks(self, path: str) -> list[Hit]:
        root, inside = self._split(path)
        return self._prefixed(root, self._names[root].chunks(inside)) if root in self._names else []

    def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
        root, inside = self._split(path)
        return self._prefixed(root, self._names[root].related(inside, symbol, line, n)) if root in self._names else []

    def version(self) -> Version:
        versions = [index.version() for index in self.indexes]
        return Version(tuple(each.saved for each in versions), tuple(each.unsaved for each in versions))

    def state(self) -> IndexState:
        states = [index.state() for index in self.indexes]
        return IndexState(
            files=sum(state.files for state in states),
            indexed=sum(state.indexed for state in states),
            stale=sum(state.stale for state in states),
        )

    def _split(self, path: str) -> tuple[str, str]:
        """The name of the root that holds `path`, and the path in it."""
        if len(self._names) == 1:
            return next(iter(self._names)), path
        root, _, inside = path.partition("/")
        return root, inside

    def _join(self, root: str, path: str) -> str:
        return path if len(self._names) == 1 else f"{root}/{path}"

    def _prefixed(self, root: str, items: list[Item]) -> list[Item]:
        if len(self._names) == 1:
            return items
        return [replace(item, path=self._join(root, item.path)) for item in items]


def unique_names(roots: Sequence[Path]) -> list[str]:
    """A folder's own name; the second "api" is "api-2"."""
    names: list[str] = []
    for root in roots:
        plain = root.name or "root"
        candidates = (plain, *(f"{plain}-{number}" for number in range(2, len(roots) + 2)))
        names.append(next(name for name in candidates if name not in names))
    return names
