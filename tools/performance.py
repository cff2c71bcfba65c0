"""docs/performance.md's figures and plots, from the measured data in docs/data (`make bench-data` measures them).

The page's words are written by people; what a benchmark measured, plots and table, stands between two marks and is made
here. Not here: measuring (`tests/benchmarks`), the shapes of plots (`plots`), and writing or checking files (`docs`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import Figure, machine_line, p50, p95, shown
from tools.plots import Bar, bars, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Draw = Callable[[Mapping[str, Any], str], str]

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/performance.md"
DATA = "docs/data"
_TABLE = re.compile(r"(<!-- figures of (\w+); made by `make docs` -->\n).*?(<!-- end -->)", re.DOTALL)


def page(root: Path = ROOT) -> str:
    """The page as it is, with plots and tables that fit the data."""
    text = (root / PAGE).read_text(encoding="utf-8")
    return _TABLE.sub(lambda mark: f"{mark[1]}\n{_block(mark[2], record(root, mark[2]))}\n{mark[3]}", text)


def record(root: Path, name: str) -> dict[str, Any] | None:
    """What a benchmark kept; None when it was not run yet."""
    file = root / DATA / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _block(name: str, kept: Mapping[str, Any] | None) -> str:
    if kept is None:
        return "Not measured yet.\n"
    shown_here = [plot for plot, (benchmark, _, _) in _PLOTS.items() if benchmark == name]
    return "\n".join([*(f"![{_PLOTS[plot][1]}](plots/{plot}.svg)\n" for plot in shown_here), table(kept)])


def table(kept: Mapping[str, Any]) -> str:
    rows = ["| what | measured | budget |", "|---|---|---|"]
    for each in kept["figures"]:
        figure = Figure(**each)
        value = f"{shown(figure.value)} {figure.unit}".strip()
        rows.append(f"| {figure.what.strip()} | {value} | {_budget(figure)} |")
    return "\n".join([*rows, "", f"{kept['date']}: {machine_line(kept['machine'])}.", ""])


def _budget(figure: Figure) -> str:
    if figure.budget is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {shown(figure.budget)}{'' if figure.met else ', **missed**'}"


# --- plots ------------------------------------------------------------------------------------------------------------


def _cold(kept: Mapping[str, Any], title: str) -> str:
    rows = []
    for side, rounds in kept["raw"]["rounds"].items():
        for what, key in (("until searchable", "wall"), ("CPU", "cpu")):
            middle = sorted(one[key] for one in rounds)[len(rounds) // 2]
            rows.append(Bar(f"{side}: {what}", middle))
    return bars(title, rows, "s")


def _growth(kept: Mapping[str, Any], title: str) -> str:
    points = [(size["lines"], size["seconds"]) for size in kept["raw"]["sizes"]]
    return lines(title, points, ("lines", "s"), _asked(kept))


def _latency(kept: Mapping[str, Any], title: str) -> str:
    rows = []
    for size in kept["raw"]["sizes"]:
        for state, words in (("idle", ""), ("beside", ", while indexing")):
            rows += [
                Bar(f"{kind}, {size['chunks']:,} chunks{words}", p50(times), p95(times))
                for kind, times in size[state].items()
            ]
    return bars(title, rows, "ms")


def _saved(kept: Mapping[str, Any], title: str) -> str:
    rows = [
        Bar(f"{words}, {size['chunks']:,} chunks", p50(size[key]), p95(size[key]))
        for size in kept["raw"]["sizes"]
        for key, words in (("told", "told by the editor"), ("watched", "found by the watcher"))
    ]
    return bars(title, rows, "ms", _asked(kept))


def _memory(kept: Mapping[str, Any], title: str) -> str:
    raw = kept["raw"]
    named = {"while it indexes": "indexing_mb", "while it fills ChromaDB": "copying_mb", "afterwards": "settled_mb"}
    rows = [Bar(name, raw[key]) for name, key in named.items()]
    return bars(title, rows, "MB", _asked(kept))


def _stages(key: str) -> Draw:
    def draw(kept: Mapping[str, Any], title: str) -> str:
        stages = kept["raw"][key]
        total = sum(stages.values())
        return bars(title, [Bar(name, 100 * used / total) for name, used in stages.items()], "%")

    return draw


def _asked(kept: Mapping[str, Any]) -> float:
    """The first budget of a benchmark, which is the one that its plot shows."""
    return next(float(each["budget"]) for each in kept["figures"] if each["budget"] is not None)


_PLOTS: Mapping[str, tuple[str, str, Draw]] = {
    "cold": ("indexing", "A cold index of the same files", _cold),
    "growth": ("linearity", "Time of a cold index", _growth),
    "latency": ("latency", "Answers in process, p50 / p95", _latency),
    "saved": ("saved_file", "A saved file of 1,000 lines until it is found, p50 / p95", _saved),
    "memory": ("memory", "The server's memory", _memory),
    "stages-index": ("stages", "Where the CPU of a cold index goes", _stages("index")),
    "stages-search": ("stages", "Where the CPU of a warm search goes", _stages("search")),
}


def plots(root: Path = ROOT) -> dict[str, str]:
    """The plots by the names of their files, of what has been measured."""
    drawn = {}
    for name, (benchmark, title, draw) in _PLOTS.items():
        kept = record(root, benchmark)
        if kept is not None:
            drawn[f"docs/plots/{name}.svg"] = draw(kept, title)
    return drawn
