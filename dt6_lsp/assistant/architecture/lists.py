"""Answers to questions about the whole that are a list: cycles, layers, entry points, central symbols, churn.

Not here: questions about one party (`replies`), and the whole itself (`overview`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.about import plain
from dt6_lsp.assistant.architecture.overview import chain, for_types
from dt6_lsp.assistant.architecture.telling import Teller, bullets, counted, some
from dt6_lsp.assistant.prose import first_sentences
from dt6_lsp.assistant.sanitize import inline, sanitize
from dt6_lsp.workspace.history import COMMITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dt6_lsp.assistant.architecture.entries import Entry
    from dt6_lsp.assistant.architecture.facts import Facts
    from dt6_lsp.assistant.architecture.targets import Target
    from dt6_lsp.assistant.architecture.telling import Told
    from dt6_lsp.index.model import Reader

SHOWN = 8  # items in one list
_SORTS = {
    "command": "Commands that it installs",
    "program": "Programs",
    "application": "Applications that it makes",
    "library": "Imported first by its users",
}


class Lists:
    """Answers over one state of the index. Each method makes one."""

    def __init__(self, facts: Facts, reader: Reader) -> None:
        self._facts, self._reader = facts, reader
        self._teller = Teller()

    def cycles(self, target: Target | None) -> Told:
        inside = set(target.files if target is not None else self._facts.code)
        where = f" through {inline(target.name)}" if target is not None else ""
        knots = [knot for knot in self._facts.knots if inside & set(knot)]
        if not knots:
            looked = counted(len(self._facts.graph.edges), "import")
            self._teller.say(f"No: there is no cycle of imports{where}. {looked} between files were looked at.")
            self._teller.say(for_types(self._facts))
            return self._teller.told()
        knotted = counted(sum(len(knot) for knot in knots), "file")
        self._teller.say(
            f"Yes: {counted(len(knots), 'import cycle')}{where}, {knotted} in all. The shortest way round:"
        )
        shown = [self._way_round(knot) for knot in sorted(knots, key=len)[:SHOWN]]
        self._teller.say(bullets(shown))
        if target is None and self._facts.structure.cycles:
            parts = [" → ".join(inline(name) for name in (*each, each[0])) for each in self._facts.structure.cycles]
            self._teller.say(f"**Between parts:** {some(parts, 4)}")
        self._teller.say(for_types(self._facts))
        return self._teller.told()

    def _way_round(self, knot: Sequence[str]) -> str:
        cycle = next(cycle for cycle in self._facts.cycles if cycle[0] in knot)
        size = f" ({len(knot)} files reach one another here)" if len(knot) > len(cycle) else ""
        return chain(cycle, self._facts, self._reader, self._teller) + size

    def layers(self, target: Target | None) -> Told:
        whole = self._facts.structure
        if not whole.links:
            self._teller.say("There are no layers to tell: no part of the code imports another.")
            return self._teller.told()
        if target is not None:
            owners = sorted({whole.owner[path] for path in target.files if path in whole.owner})
            for name in owners[:SHOWN]:
                above = [link.source for link in whole.links if link.target == name]
                below = [link.target for link in whole.links if link.source == name]
                self._teller.say(
                    f"{inline(name)} is in layer {whole.level[name] + 1} of {max(whole.level.values()) + 1}"
                    f"{self._named(', imported by', above)}{self._named(', and imports', below)}."
                )
        by_level: defaultdict[int, list[str]] = defaultdict(list)
        for name, level in whole.level.items():
            by_level[level].append(name)
        rule = (
            "Parts that import one another share a layer." if whole.cycles else "Each imports only from layers below."
        )
        self._teller.say(f"{counted(len(by_level), 'layer')}, the top one first. {rule}")
        lines = []
        for level in sorted(by_level, reverse=True):
            reasons = [self._reason(name, level) for name in sorted(by_level[level])]
            lines.append(f"{level + 1}. {some(reasons, SHOWN)}")
        self._teller.say("\n".join(f"- **{line.partition('. ')[0]}:** {line.partition('. ')[2]}" for line in lines))
        return self._teller.told()

    def entries(self) -> Told:
        found = self._facts.entries
        if not found:
            self._teller.say("No entry point was found: no command, no program and no file that stands for a library.")
            return self._teller.told()
        for sort, words in _SORTS.items():
            lines = [self._entry(entry) for entry in found if entry.sort == sort]
            if lines:
                self._teller.say(f"**{words}:**\n\n{bullets(lines)}")
        return self._teller.told()

    def _entry(self, entry: Entry) -> str:
        place = self._teller.cite(entry.source)
        said = f": {sanitize(entry.about)}" if entry.about else ""
        if entry.label == entry.path:
            return f"{place}{said}"
        target = f"{entry.path}:{entry.name}" if entry.name else entry.path
        runs = f" runs {inline(target)}" if target else ""
        return f"{inline(entry.label)}{runs} ({place}){said}"

    def central(self, favoured: Mapping[str, float]) -> Told:
        found = self._facts.ranking.symbols(favoured, self._reader, 12)
        if not found:
            self._teller.say("No symbol is used across files, so none is central.")
            return self._teller.told()
        self._teller.say("Ranked by who uses whom between files (PageRank), the most central first:")
        lines = []
        for each in found:
            item = each.definition
            doc = plain(first_sentences(item.doc, 120))
            place = self._teller.at(item.path, item.start_line, item.end_line)
            used = f"used in {counted(each.users, 'other file')}"
            lines.append(
                f"{inline(item.qualified)}, {item.kind} ({place}), {used}{': ' + sanitize(doc) if doc else ''}"
            )
        self._teller.say(bullets(lines))
        return self._teller.told()

    def churn(self) -> Told:
        code = set(self._facts.code)
        found = [each for each in self._facts.churn if each.path in code][:12]
        if not found:
            self._teller.say("git tells of no changes here: there is no repository, or git is not installed.")
            return self._teller.told()
        self._teller.say(f"What changed most in the newest {COMMITS} commits at most, of files that are code:")
        rows = [f"| {inline(each.path)} | {each.commits} | +{each.added:,} -{each.removed:,} |" for each in found]
        self._teller.say("\n".join(("| file | commits | lines |", "|---|---|---|", *rows)))
        return self._teller.told()

    def _named(self, words: str, names: Sequence[str]) -> str:
        return f"{words} {some([inline(name) for name in names], SHOWN)}" if names else ""

    def _reason(self, name: str, level: int) -> str:
        """A part, with the import that puts it just above the layer below."""
        whole = self._facts.structure
        down = [link for link in whole.links if link.source == name and whole.level[link.target] == level - 1]
        if not down:
            return inline(name)
        edge = down[0].examples[0]
        return f"{inline(name)} (imports {inline(down[0].target)}, {self._teller.at(edge.source, edge.line)})"
