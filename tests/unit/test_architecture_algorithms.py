"""Cycles, layers, distances, paths and rank, held against what they mean."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.architecture.algorithms import (
    components,
    cycles,
    distances,
    levels,
    path_between,
    reverse,
)
from dt6_lsp.assistant.architecture.rank import Links, pagerank

NODES = [f"n{number}" for number in range(7)]
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=4))


def reaches(edges: dict[str, set[str]], start: str) -> set[str]:
    """What a walk of one step or more arrives at, by the plainest means."""
    found: set[str] = set()
    edge = set(edges.get(start, ()))
    while edge:
        found |= edge
        edge = {target for node in edge for target in edges.get(node, ())} - found
    return found


@given(GRAPHS)
def test_a_component_is_all_that_reach_one_another(edges: dict[str, set[str]]) -> None:
    found = components(NODES, edges)
    assert sorted(node for members in found for node in members) == NODES
    owner = {node: members for members in found for node in members}
    for one in NODES:
        for other in NODES:
            together = one == other or (other in reaches(edges, one) and one in reaches(edges, other))
            assert (owner[one] == owner[other]) is together


@given(GRAPHS)
def test_a_cycle_is_a_way_round_and_there_is_one_for_each_knot(edges: dict[str, set[str]]) -> None:
    found = cycles(NODES, edges)
    knots = [members for members in components(NODES, edges) if len(members) > 1]
    assert len(found) == len(knots)
    for cycle in found:
        assert len(set(cycle)) == len(cycle) >= 2
        assert cycle[0] == min(cycle)
        assert all(target in edges[source] for source, target in pairwise((*cycle, cycle[0])))


@given(GRAPHS)
def test_a_node_is_above_all_that_it_points_to_but_those_of_its_own_knot(edges: dict[str, set[str]]) -> None:
    level = levels(NODES, edges)
    owner = {node: members for members in components(NODES, edges) for node in members}
    for source, targets in edges.items():
        for target in targets:
            assert level[source] == level[target] if owner[source] == owner[target] else level[source] > level[target]
    for members in set(owner.values()):
        outside = {target for node in members for target in edges.get(node, ())} - set(members)
        assert level[members[0]] == 1 + max((level[target] for target in outside), default=-1)


@given(GRAPHS, st.sampled_from(NODES), st.sampled_from(NODES))
def test_a_path_is_as_long_as_the_distance(edges: dict[str, set[str]], start: str, goal: str) -> None:
    path, far = path_between((start,), (goal,), edges), distances((start,), edges)
    assert bool(path) is (goal in far)
    if path:
        assert (path[0], path[-1], len(path) - 1) == (start, goal, far[goal])
        assert all(target in edges[source] for source, target in pairwise(path))
    assert list(far.values()) == sorted(far.values())


@given(GRAPHS)
def test_turned_round_twice_it_is_the_same(edges: dict[str, set[str]]) -> None:
    assert reverse(reverse(edges)) == {node: targets for node, targets in edges.items() if targets}


def test_a_chain_of_many_thousand_files_is_no_matter() -> None:
    nodes = [f"{number:06}" for number in range(20_000)]
    edges = {one: [other] for one, other in pairwise(nodes)}
    assert levels(nodes, edges)[nodes[0]] == 19_999
    assert len(components(nodes, {**edges, nodes[-1]: [nodes[0]]})) == 1


def links(*rows: tuple[int, int, float], nodes: int = 4) -> Links:
    source, target, weight = zip(*rows, strict=True) if rows else ((), (), ())
    return Links(nodes, np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0.1, 10)), max_size=12),
    st.dictionaries(st.integers(0, 3), st.floats(0.1, 5), max_size=3),
)
def test_rank_is_shared_out_whole(rows: list[tuple[int, int, float]], favoured: dict[int, float]) -> None:
    rank = pagerank(links(*rows), favoured)
    assert rank.sum() == pytest.approx(1)
    assert (rank >= 0).all()


def test_who_is_used_by_more_ranks_higher_and_a_beginning_draws_rank_near() -> None:
    graph = links((0, 2, 1.0), (1, 2, 1.0), (1, 3, 1.0))
    plain = pagerank(graph)
    assert plain.argmax() == 2
    near = pagerank(graph, {1: 1.0})
    assert near[3] > near[0] == 0
    assert pagerank(links(nodes=0)).size == 0
