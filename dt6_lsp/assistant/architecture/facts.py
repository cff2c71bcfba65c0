"""All that is known of a workspace's architecture at one state of its index, gathered once and kept until it changes.

Not here: words about it, and anything that depends on a question.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture import entries, manifests
from dt6_lsp.assistant.architecture.algorithms import adjacency, components, cycles
from dt6_lsp.assistant.architecture.parts import is_code, own_code, structure
from dt6_lsp.assistant.architecture.targets import Names
from dt6_lsp.assistant.architecture.types_only import types_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dt6_lsp.assistant.architecture.algorithms import Cycle
    from dt6_lsp.assistant.architecture.central import Ranking
    from dt6_lsp.assistant.architecture.entries import Entry
    from dt6_lsp.assistant.architecture.manifests import Manifest
    from dt6_lsp.assistant.architecture.parts import Structure
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.graph import Edge, ImportGraph
    from dt6_lsp.index.model import IndexState, Reader, Version
    from dt6_lsp.workspace.history import Churn


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """`code` are the files of the project's own code; `knots` are those of them that reach one another by imports, and
    `cycles` a shortest one of each knot. `imports` and `importers` are all edges, by file. `real` are those between
    files of code, without `typed` ones: imports that lie on a cycle and are for types only."""

    graph: ImportGraph
    state: IndexState
    names: Names
    code: tuple[str, ...]
    structure: Structure
    real: tuple[Edge, ...]
    typed: int
    cycles: tuple[Cycle, ...]
    knots: tuple[tuple[str, ...], ...]
    entries: tuple[Entry, ...]
    manifests: tuple[Manifest, ...]
    ranking: Ranking
    churn: tuple[Churn, ...]
    imports: Mapping[str, Sequence[str]]
    importers: Mapping[str, Sequence[str]]


class Atlas:
    """The facts of one engine's workspace. Thread-safe: threads that ask at once wait for one that gathers
    (callers on an event loop take turns before they take a thread, `blocking.OneAtATime`).

    What is dear is kept while the saved index stays as it is: ranking, and what git tells (`history`; none by default).
    The rest is gathered anew for texts that are not saved."""

    def __init__(self, history: Callable[[CancelToken], Sequence[Churn]] | None = None) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._slow: tuple[Ranking, tuple[Churn, ...]] | None = None
        self._facts: Facts | None = None

    def of(self, reader: Reader, cancel: CancelToken) -> Facts:
        with self._lock:
            version = reader.version()
            if self._facts is not None and version == self._version:
                return self._facts
            graph = reader.graph()
            if self._slow is None or self._version is None or version.saved != self._version.saved:
                self._version, self._slow = None, self._gather_slowly(reader, graph, cancel)
            self._version, self._facts = version, gather(reader, graph, *self._slow)
            return self._facts

    def _gather_slowly(
        self, reader: Reader, graph: ImportGraph, cancel: CancelToken
    ) -> tuple[Ranking, tuple[Churn, ...]]:
        from dt6_lsp.assistant.architecture import central  # late: it needs numpy

        files = reader.files()
        known = set(files)
        changed = self._history(cancel) if self._history is not None else ()
        cancel.raise_if_cancelled()
        code = [path for path in files if is_code(path)]
        return central.ranking(code, reader.name_uses(), graph), tuple(each for each in changed if each.path in known)


def gather(reader: Reader, graph: ImportGraph, ranking: Ranking, churn: tuple[Churn, ...]) -> Facts:
    files = reader.files()
    code = own_code(files)
    own = set(code)
    imports: dict[str, list[str]] = {}
    importers: dict[str, list[str]] = {}
    for edge in graph.edges:
        imports.setdefault(edge.source, []).append(edge.target)
        importers.setdefault(edge.target, []).append(edge.source)
    between = [edge for edge in graph.edges if edge.source in own and edge.target in own]
    typed = _typed(code, between, reader)
    real = [edge for edge in between if (edge.source, edge.target) not in typed]
    inside = adjacency(real)
    found = manifests.manifests(files, reader)
    return Facts(
        graph=graph,
        state=reader.state(),
        names=Names(files),
        code=tuple(code),
        structure=structure(code, real),
        real=tuple(real),
        typed=len(typed),
        knots=tuple(members for members in components(code, inside) if len(members) > 1),
        cycles=tuple(cycles(code, inside)),
        entries=entries.entries(code, found, reader),
        manifests=tuple(found),
        ranking=ranking,
        churn=churn,
        imports=imports,
        importers=importers,
    )


def _typed(code: Sequence[str], edges: Sequence[Edge], reader: Reader) -> frozenset[tuple[str, str]]:
    """Of imports on a cycle, of files or of parts, those that are for types only."""
    knot = {path: number for number, members in enumerate(components(code, adjacency(edges))) for path in members}
    parts = structure(code, edges)
    owner, tied = parts.owner, {name for cycle in parts.knots for name in cycle}
    return types_only(
        [
            edge
            for edge in edges
            if knot[edge.source] == knot[edge.target] or (owner[edge.source] in tied and owner[edge.target] in tied)
        ],
        reader,
    )
