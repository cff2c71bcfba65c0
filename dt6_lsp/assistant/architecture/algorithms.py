"""What graphs are asked here: cycles, layers, distances, shortest paths. Pure; nodes are strings.

An adjacency maps a node to the nodes that it points to; a node that points nowhere may be absent. Results depend on the
edges alone, never on the order in which a set happens to give them. Nothing here is recursive: chains of imports are
thousands of files long in some workspaces.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dt6_lsp.index.graph import Edge

    Adjacency = Mapping[str, Collection[str]]
    Cycle = tuple[str, ...]

_BEGINNINGS = 24


def components(nodes: Iterable[str], edges: Adjacency) -> list[tuple[str, ...]]:
    """Strongly connected components, each sorted, those that others point to first (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in sorted(nodes):
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [_visit(root, edges, index, low, stack, waiting)]
        while work:
            node, targets = work[-1]
            following = next((target for target in targets if _is_open(target, node, index, low, waiting)), None)
            if following is not None:
                work.append(_visit(following, edges, index, low, stack, waiting))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                found.append(_popped(node, stack, waiting))
    return found


def _visit(
    node: str, edges: Adjacency, index: dict[str, int], low: dict[str, int], stack: list[str], waiting: set[str]
) -> tuple[str, Iterator[str]]:
    index[node] = low[node] = len(index)
    stack.append(node)
    waiting.add(node)
    return node, iter(sorted(edges.get(node, ())))


def _is_open(target: str, node: str, index: dict[str, int], low: dict[str, int], waiting: set[str]) -> bool:
    """Whether the target is still to be visited; one that waits on the stack is noted as reachable."""
    if target not in index:
        return True
    if target in waiting:
        low[node] = min(low[node], index[target])
    return False


def _popped(root: str, stack: list[str], waiting: set[str]) -> tuple[str, ...]:
    members = [stack.pop()]
    while members[-1] != root:
        members.append(stack.pop())
    waiting.difference_update(members)
    return tuple(sorted(members))


def cycles(nodes: Iterable[str], edges: Adjacency) -> list[Cycle]:
    """One shortest cycle for each knot of nodes that reach one another, beginning with its first name."""
    knots = (members for members in components(nodes, edges) if len(members) > 1)
    return sorted((shortest_cycle(members, edges) for members in knots), key=lambda cycle: (len(cycle), cycle))


def shortest_cycle(members: Sequence[str], edges: Adjacency) -> Cycle:
    """Within a strongly connected component. Of a large one the first members are tried as a beginning."""
    inside = set(members)
    within = {
        node: [target for target in edges.get(node, ()) if target in inside and target != node] for node in members
    }
    best: Cycle = ()
    for start in sorted(members)[:_BEGINNINGS]:
        back = path_between(within[start], (start,), within)
        if not best or len(back) < len(best):
            best = (start, *back[:-1])
        if len(best) == 2:
            break
    least = best.index(min(best))
    return best[least:] + best[:least]


def levels(nodes: Iterable[str], edges: Adjacency) -> dict[str, int]:
    """0 for what points to nothing, else one more than the highest that it points to; a knot counts as one node. (The
    longest path in the condensation of the graph.)"""
    found: dict[str, int] = {}
    for members in components(nodes, edges):  # those that are pointed to come first
        inside = set(members)
        below = (found[target] for node in members for target in edges.get(node, ()) if target not in inside)
        level = max(below, default=-1) + 1
        found.update(dict.fromkeys(members, level))
    return found


def distances(starts: Iterable[str], edges: Adjacency, most: int = 1_000_000) -> dict[str, int]:
    """Steps to everything that can be reached, in order of distance, then name; the starts are 0 steps away."""
    found = dict.fromkeys(sorted(starts), 0)
    edge = list(found)
    for distance in range(1, most + 1):
        edge = sorted({target for node in edge for target in edges.get(node, ()) if target not in found})
        if not edge:
            break
        found.update(dict.fromkeys(edge, distance))
    return found


def path_between(starts: Iterable[str], goals: Collection[str], edges: Adjacency) -> tuple[str, ...]:
    """A shortest path, both ends included, the first by name among equals; empty when there is none."""
    before: dict[str, str | None] = dict.fromkeys(sorted(starts))
    queue = deque(before)
    wanted = set(goals)
    while queue:
        node = queue.popleft()
        if node in wanted:
            return _walked(node, before)
        for target in sorted(edges.get(node, ())):
            if target not in before:
                before[target] = node
                queue.append(target)
    return ()


def _walked(node: str | None, before: Mapping[str, str | None]) -> tuple[str, ...]:
    path: list[str] = []
    while node is not None:
        path.append(node)
        node = before[node]
    return tuple(reversed(path))


def adjacency(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Targets by source."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge.source, []).append(edge.target)
    return found


def reverse(edges: Adjacency) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {}
    for node, targets in edges.items():
        for target in targets:
            turned.setdefault(target, set()).add(node)
    return turned
