"""Two plots as SVG text: horizontal bars, and lines over logarithmic axes. Made by hand, because both together are less
than a plotting library's settings, and the same data give the same bytes on every machine.

Not here: which data are drawn (`performance`).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 720
_LABELS = 300  # pixels for what stands before the bars
_ROW = 24
_TOP, _BOTTOM, _RIGHT = 48, 30, 110
_PLOT_HEIGHT = 320
_DARK, _LIGHT, _BUDGET, _INK = "#1f6f8b", "#a9d3df", "#c0392b", "#333"


@dataclass(frozen=True, slots=True)
class Bar:
    """`more` is drawn behind `value`, lighter: it is the larger one (p95 behind p50)."""

    label: str
    value: float
    more: float | None = None


def bars(title: str, rows: Sequence[Bar], unit: str, budget: float | None = None) -> str:
    """`budget` is a line through all rows."""
    largest = max([*(row.more or row.value for row in rows), budget or 0]) or 1
    scale = (_WIDTH - _LABELS - _RIGHT) / largest
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = []
    for number, row in enumerate(rows):
        top, widest = _TOP + _ROW * number, row.more or row.value
        parts.append(_text(_LABELS - 8, top + 16, row.label, "end"))
        if row.more is not None:
            parts.append(_box(_LABELS, top + 4, row.more * scale, _LIGHT))
        parts.append(_box(_LABELS, top + 4, row.value * scale, _DARK))
        told = number_of(row.value) if row.more is None else f"{number_of(row.value)} / {number_of(row.more)}"
        parts.append(_text(_LABELS + widest * scale + 6, top + 16, f"{told} {unit}"))
    if budget is not None:
        at = _LABELS + budget * scale
        parts.append(_line((at, _TOP - 4), (at, height - _BOTTOM + 4), _BUDGET, dashed=True))
        parts.append(_text(at, height - 8, f"budget {number_of(budget)} {unit}", "middle"))
    return _document(title, height, parts)


def lines(title: str, points: Sequence[tuple[float, float]], axes: tuple[str, str], growth: float) -> str:
    """Both axes are logarithmic. The dashed line begins at the first point and grows by `growth` for each tenfold."""
    steps = math.log10(points[-1][0] / points[0][0])
    budget = (points[-1][0], points[0][1] * growth**steps)
    left, right, low, high = points[0][0], points[-1][0], min(y for _, y in points), max(budget[1], points[-1][1])

    def at(point: tuple[float, float]) -> tuple[float, float]:
        across = math.log(point[0] / left) / math.log(right / left)
        up = math.log(point[1] / low) / math.log(high / low)
        return 80 + across * (_WIDTH - 80 - _RIGHT), _TOP + (1 - up) * _PLOT_HEIGHT

    parts = [_line(at(points[0]), at(budget), _BUDGET, dashed=True)]
    parts += [_line(at(one), at(other), _DARK) for one, other in itertools.pairwise(points)]
    for point in points:
        x, y = at(point)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_DARK}"/>')
        parts.append(_text(x + 8, y + 14, f"{number_of(point[1])} {axes[1]}"))
        parts.append(_text(x, _TOP + _PLOT_HEIGHT + 28, number_of(point[0]), "middle"))
    bottom = _TOP + _PLOT_HEIGHT + 52
    parts.append(
        _text(_WIDTH / 2, bottom, f"{axes[0]} (dashed: {number_of(growth)} x for ten times as many)", "middle")
    )
    return _document(title, bottom + 12, parts)


def number_of(value: float) -> str:
    """Three digits, or all that stand before the point; no zeros that say nothing."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _document(title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" font-family="sans-serif" '
        f'font-size="13" fill="{_INK}">\n<title>{escape(title)}</title>'
    )
    paper = '<rect width="100%" height="100%" fill="white"/>'
    heading = f'<text x="{_WIDTH / 2:.0f}" y="26" text-anchor="middle" font-size="16">{escape(title)}</text>'
    return "\n".join([head, paper, heading, *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _box(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(1.0, width):.1f}" height="{_ROW - 8}" fill="{colour}"/>'


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="6 4"' if dashed else ""
    (x1, y1), (x2, y2) = start, end
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {places} stroke="{colour}" stroke-width="2"{dash}/>'
