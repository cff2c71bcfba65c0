"""Which file of a workspace imports which: one edge for each pair, in files' paths.

Plain data. Not here: how an import is understood (`imports`), and what follows from the edges (layers, cycles, rank):
that is asked by who explains the workspace.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Edge:
    """The file `source` imports the file `target`, first at `line`, as `module` (written as the source has it)."""

    source: str
    target: str
    line: int
    module: str


@dataclass(frozen=True)
class ImportGraph:
    """`files` and `edges` are sorted, without a file's edge to itself. `external` are the modules that a file imports
    from elsewhere, as written; a module of the workspace that no file stands for is in neither."""

    files: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    external: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def dependencies(self, path: str) -> tuple[Edge, ...]:
        """What the file imports."""
        return self._by_source.get(path, ())

    def dependents(self, path: str) -> tuple[Edge, ...]:
        """What imports the file."""
        return self._by_target.get(path, ())

    @cached_property
    def _by_source(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped(self.edges, "source")

    @cached_property
    def _by_target(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped(self.edges, "target")


def prefixed(graph: ImportGraph, folder: str) -> ImportGraph:
    """The same, as seen from what holds the root."""
    return ImportGraph(
        files=tuple(f"{folder}/{path}" for path in graph.files),
        edges=tuple(
            Edge(f"{folder}/{edge.source}", f"{folder}/{edge.target}", edge.line, edge.module) for edge in graph.edges
        ),
        external={f"{folder}/{path}": modules for path, modules in graph.external.items()},
    )


def joined(graphs: Iterable[ImportGraph]) -> ImportGraph:
    """Of graphs that share no file."""
    parts = tuple(graphs)
    return ImportGraph(
        files=tuple(sorted(path for part in parts for path in part.files)),
        edges=tuple(sorted((edge for part in parts for edge in part.edges), key=attrgetter("source", "target"))),
        external={path: modules for part in parts for path, modules in part.external.items()},
    )


def _grouped(edges: tuple[Edge, ...], end: str) -> dict[str, tuple[Edge, ...]]:
    groups: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        groups[getattr(edge, end)].append(edge)
    return {path: tuple(group) for path, group in groups.items()}
