"""docs/performance.md says what the measured data say, and is stale when they change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from tests.benchmarks.measure import Figure, Measured, conclude
from tools.performance import PAGE, page, plots
from tools.plots import Bar, bars, lines

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "# Performance\n\n<!-- figures of memory; made by `make docs` -->\nold\n<!-- end -->\n\nMore words.\n"
RAW = {"chunks": 50_000, "indexing_mb": 312, "copying_mb": 390, "settled_mb": 411}


def measured(settled: float = 411.0) -> Measured:
    figures = [Figure("while indexing", 312.0, "MB PSS", 400.0), Figure("settled", settled, "MB PSS", 400.0)]
    return Measured([*figures, Figure("rate", 2_900.0, "chunks/s", 3_000.0, at_least=True)], RAW)


def keep(root: Path, what: Measured) -> int:
    (root / "docs" / "data").mkdir(parents=True, exist_ok=True)
    (root / PAGE).write_text(WORDS, encoding="utf-8")
    return conclude("memory", root / "docs" / "data" / "memory.json", lambda: what)


def texts(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_the_page_has_each_figure_beside_its_budget_and_the_words_around_it(tmp_path: Path) -> None:
    assert keep(tmp_path, measured()) == 1
    written = page(tmp_path)
    assert "| while indexing | 312 MB PSS | ≤ 400 |" in written
    assert "| settled | 411 MB PSS | ≤ 400, **missed** |" in written
    assert "| rate | 2,900 chunks/s | ≥ 3,000, **missed** |" in written
    assert written.startswith("# Performance\n")
    assert written.endswith("\n\nMore words.\n")
    assert "old" not in written


def test_making_the_page_again_changes_nothing_until_other_data_come(tmp_path: Path) -> None:
    keep(tmp_path, measured())
    (tmp_path / PAGE).write_text(page(tmp_path), encoding="utf-8")
    assert page(tmp_path) == (tmp_path / PAGE).read_text(encoding="utf-8")
    file = tmp_path / "docs" / "data" / "memory.json"
    file.write_text(file.read_text(encoding="utf-8").replace("411", "377"), encoding="utf-8")
    assert "| settled | 377 MB PSS | ≤ 400 |" in page(tmp_path)
    assert "377 MB" in texts(plots(tmp_path)["docs/plots/memory.svg"])


def test_what_was_not_measured_is_said_and_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / PAGE).write_text(WORDS, encoding="utf-8")
    assert "Not measured yet." in page(tmp_path)
    assert plots(tmp_path) == {}


def test_what_is_kept_names_no_path_and_no_host(tmp_path: Path) -> None:
    keep(tmp_path, measured())
    kept: dict[str, Any] = json.loads((tmp_path / "docs" / "data" / "memory.json").read_text(encoding="utf-8"))
    assert set(kept["machine"]) == {"cpus", "system", "python", "sqlite", "load_before", "load_after"}
    assert str(tmp_path) not in json.dumps(kept)


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("time", 1.0, "s", 1.0), True),
        (Figure("time", 1.01, "s", 1.0), False),
        (Figure("rate", 1.0, "/s", 1.0, at_least=True), True),
        (Figure("rate", 0.99, "/s", 1.0, at_least=True), False),
        (Figure("none is set", 9.0, "s"), True),
    ],
)
def test_a_budget_is_met_up_to_its_own_value(figure: Figure, met: bool) -> None:
    assert figure.met is met
    assert ("MISSED" in figure.line()) is not met


def test_bars_are_as_long_as_their_values() -> None:
    drawn = ElementTree.fromstring(bars("A & B", [Bar("one <", 10), Bar("two", 20, 40)], "ms", 30))
    widths = [float(box.get("width", "0")) for box in drawn if box.tag.endswith("rect") and box.get("x")]
    one, behind, two = widths
    assert (two / one, behind / one) == pytest.approx((2, 4), rel=0.01)


def test_growth_in_proportion_is_a_straight_line() -> None:
    drawn = ElementTree.fromstring(lines("Growth", [(1_000, 1), (10_000, 10), (100_000, 100)], ("lines", "s"), 11))
    places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in drawn if dot.tag.endswith("circle")]
    (x1, y1), (x2, y2), (x3, y3) = places
    assert (x2 - x1, y1 - y2) == pytest.approx((x3 - x2, y2 - y3), abs=0.2)
