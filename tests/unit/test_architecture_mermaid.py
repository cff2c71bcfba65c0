"""The diagram of parts: text that Mermaid reads as boxes and arrows, whatever a workspace calls its folders."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.architecture.algorithms import distances
from dt6_lsp.assistant.architecture.mermaid import MOST_NODES, diagram, label
from dt6_lsp.assistant.architecture.parts import structure
from dt6_lsp.index.graph import Edge

_BOX = re.compile(r'  (n\d+)\["((?:[\w ./@+-]|#\d+;)*)"\]')
_ARROW = re.compile(r"  (n\d+) --> (n\d+)")


def read(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Boxes and arrows of a fenced diagram: a grammar of what DT6 writes, in which nothing else has a place."""
    first, kind, *lines, last = text.splitlines()
    assert (first, kind, last) == ("```mermaid", "graph TD", "```")
    boxes: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    for line in lines:
        if box := _BOX.fullmatch(line):
            assert not arrows
            boxes[box[1]] = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), box[2])
        else:
            arrow = _ARROW.fullmatch(line)
            assert arrow is not None, line
            arrows.append((arrow[1], arrow[2]))
    assert all({source, target} <= boxes.keys() for source, target in arrows)
    return boxes, arrows


def drawn(edges: list[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    code = sorted({path for edge in edges for path in edge})
    whole = structure(code, [Edge(source, target, 1, "m") for source, target in edges])
    made = diagram(whole, sorted(whole.members))
    assert made is not None
    return read(made.text)


def test_it_has_a_box_for_each_part_and_an_arrow_for_what_it_imports() -> None:
    boxes, arrows = drawn([("a/x.py", "b/y.py"), ("b/y.py", "c/z.py")])
    assert boxes == {"n0": "a", "n1": "b", "n2": "c"}
    assert arrows == [("n0", "n1"), ("n1", "n2")]


def test_without_imports_there_is_nothing_to_draw() -> None:
    assert diagram(structure(["a/x.py", "b/y.py"], []), ["a", "b"]) is None


@given(st.text(min_size=1, max_size=30))
def test_a_name_can_not_leave_its_box(name: str) -> None:
    written = f'  n0["{label(name)}"]'
    box = _BOX.fullmatch(written)
    assert box is not None
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), box[2]) == name


@pytest.mark.parametrize(
    "name", ['a"] --> n1; click n1 "javascript:x"', "%%{init: {}}%%", "```", "<img src=x>", "end", "`code`", "a\nb"]
)
def test_no_name_is_read_as_more_than_a_name(name: str) -> None:
    assert not set('"%{}`<>\n;') & set(re.sub(r"#\d+;", "", label(name)))


def test_a_long_name_is_shortened_at_a_folder() -> None:
    assert label("gson/src/main/java/com/google/gson/annotations") == ".../main/java/com/google/gson/annotations"


GRAPHS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda e: e[0] != e[1]), min_size=1)


@given(GRAPHS)
def test_what_reaches_what_is_the_same_when_arrows_are_left_out(pairs: list[tuple[int, int]]) -> None:
    edges = [(f"p{source:02}/m.py", f"p{target:02}/m.py") for source, target in pairs]
    code = sorted({path for edge in edges for path in edge})
    whole = structure(code, [Edge(source, target, 1, "m") for source, target in edges])
    shown = sorted(whole.members)[:MOST_NODES]
    made = diagram(whole, shown)
    kept = [(link.source, link.target) for link in whole.links if {link.source, link.target} <= set(shown)]
    assert (made is None) is not bool(kept)
    if made is not None:
        boxes, arrows = read(made.text)
        assert len(boxes) <= MOST_NODES
        full, plain = as_graph(kept), as_graph([(boxes[source], boxes[target]) for source, target in arrows])
        assert all(set(distances((name,), full)) == set(distances((name,), plain)) for name in shown)


def as_graph(arrows: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, target in arrows:
        found.setdefault(source, []).append(target)
    return found
