"""The workspace, or one folder of it, as a whole: its parts with a line about each, their layers as a diagram and a
table, cycles, where it starts, what is central and what changes most. As much of it as a budget of tokens allows.

Not here: how it is found out (`facts`), and answers to narrower questions (`replies`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.about import about, plain, summary
from dt6_lsp.assistant.architecture.mermaid import MOST_NODES, diagram
from dt6_lsp.assistant.architecture.parts import own_code, structure
from dt6_lsp.assistant.architecture.telling import Teller, bullets, cell, counted, some
from dt6_lsp.assistant.architecture.types_only import is_late
from dt6_lsp.assistant.prose import first_sentences
from dt6_lsp.assistant.sanitize import inline, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dt6_lsp.assistant.architecture.about import Said
    from dt6_lsp.assistant.architecture.algorithms import Cycle
    from dt6_lsp.assistant.architecture.central import Central
    from dt6_lsp.assistant.architecture.facts import Facts
    from dt6_lsp.assistant.architecture.parts import Link
    from dt6_lsp.assistant.architecture.telling import Told
    from dt6_lsp.index.model import Reader

TOKENS = 2_500  # for an overview where nobody says how long it may be
NOTHING = "The index holds no code to tell of."
_IMPORTS = 3  # that are named of one part


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told. `imports`: with the line of an import as the reason."""

    parts: int
    picture: bool
    summary: bool
    abouts: bool
    reasons: bool
    symbols: int
    lists: int


DETAILS = (
    Detail(MOST_NODES, True, True, True, True, 8, 6),
    Detail(MOST_NODES, True, True, True, True, 5, 3),
    Detail(MOST_NODES, True, True, True, False, 5, 3),
    Detail(10, True, True, True, False, 3, 2),
    Detail(8, True, True, False, False, 3, 2),
    Detail(8, False, True, False, False, 2, 1),
    Detail(5, False, False, False, False, 0, 1),
    Detail(3, False, False, False, False, 0, 0),
)


def overview(
    facts: Facts,
    reader: Reader,
    folder: str,
    favoured: Mapping[str, float],
    fits: Callable[[str], bool],
) -> Told:
    """In the most detail that `fits`; where even the least is too long, as many of its blocks as do. `folder` is "" for
    the whole; `favoured` are the files that the question is about."""
    whole = _Overview(facts, reader, folder, favoured)
    told = whole.told(DETAILS[0])
    for detail in DETAILS[1:]:
        if fits(told.text):
            return told
        told = whole.told(detail)
    while told.blocks and not fits(told.text):
        told = told.without_last()
    return told


class _Overview:
    """Of one question; what is read for one detail is kept for the next."""

    def __init__(self, facts: Facts, reader: Reader, folder: str, favoured: Mapping[str, float]) -> None:
        self._facts, self._reader, self._folder, self._favoured = facts, reader, folder, favoured
        self._code = own_code(facts.names.files, folder) if folder else list(facts.code)
        self._structure = structure(self._code, facts.real) if folder else facts.structure
        self._abouts: dict[str, Said] = {}
        self._teller = Teller()

    def told(self, detail: Detail) -> Told:
        self._teller = Teller()
        if not self._code:
            self._teller.say(NOTHING)
            return self._teller.told()
        if detail.summary:
            self._summary()
        weight = self._structure.weight()
        shown = sorted(weight, key=lambda name: (-weight[name], name))[: detail.parts]
        self._lead(len(shown))
        if detail.picture:
            self._picture(shown)
        self._table(shown, detail)
        for block in (*self._cycles(detail), *self._entries(detail), *self._central(detail), *self._churn(detail)):
            self._teller.say(block)
        return self._teller.told()

    def _summary(self) -> None:
        said = self._said
        if said.source is not None:
            self._teller.say(f"{self._teller.cite(said.source)} says:\n\n> {sanitize(said.text)}")

    def _lead(self, shown: int) -> None:
        whole, level = self._structure, self._structure.level
        where = f"{inline(self._folder)} has" if self._folder else "The code has"
        parts = counted(len(whole.members), "part")
        if len(whole.members) > shown:
            parts += f", of which the {shown} that count most are shown"
        layers = max(level.values(), default=0) + 1
        if not whole.links:
            self._teller.say(f"{where} {parts}; none imports another, as far as imports tell.")
        elif whole.cycles:
            tied = some([inline(name) for name in max(whole.knots, key=len)], 4)
            self._teller.say(
                f"{where} {parts} in {counted(layers, 'layer')}; parts that import one another share a layer ({tied})."
            )
        else:
            self._teller.say(f"{where} {parts} in {counted(layers, 'layer')}; each imports only from layers below it.")

    def _picture(self, shown: Sequence[str]) -> None:
        drawn = diagram(self._structure, shown)
        if drawn is not None:
            left_out = "\n\nArrows that follow from others are left out." if drawn.reduced else ""
            self._teller.say(drawn.text + left_out)

    # The table of parts.

    def _table(self, shown: Sequence[str], detail: Detail) -> None:
        level = self._structure.level
        rows = [self._row(name, detail, set(shown)) for name in sorted(shown, key=lambda name: (-level[name], name))]
        head = "| layer | part | files | about | imports |\n|---|---|---|---|---|"
        plain = "| layer | part | files | imports |\n|---|---|---|---|"
        self._teller.say("\n".join((head if detail.abouts else plain, *rows)))

    def _row(self, name: str, detail: Detail, shown: set[str]) -> str:
        members = self._structure.members[name]
        cells = [str(self._structure.level[name] + 1), inline(name), str(len(members))]
        if detail.abouts:
            said = self._about(name)
            place = f" {self._teller.cite(said.source)}" if said.source else ""
            cells.append(f"{cell(said.text)}{place}")
        links = sorted(self._links(name), key=lambda link: (-link.count, link.target))
        within = [link for link in links if link.target in shown]
        cells.append(some([self._link(link, detail) for link in within], _IMPORTS))
        return f"| {' | '.join(cells)} |"

    def _about(self, name: str) -> Said:
        if name not in self._abouts:
            members = self._structure.members[name]
            self._abouts[name] = about(name, members, self._facts.manifests, self._reader)
        return self._abouts[name]

    @cached_property
    def _said(self) -> Said:
        return summary(self._facts.names.files, self._facts.manifests, self._reader, self._folder)

    @cached_property
    def _ranked(self) -> list[Central]:
        inside = set(self._code)
        favoured = self._favoured or dict.fromkeys(self._code if self._folder else (), 1.0)
        most = max(detail.symbols for detail in DETAILS)
        found = self._facts.ranking.symbols(favoured, self._reader, most * (4 if self._folder else 1))
        return [each for each in found if each.definition.path in inside]

    def _links(self, name: str) -> Iterator[Link]:
        return (link for link in self._structure.links if link.source == name)

    def _link(self, link: Link, detail: Detail) -> str:
        if not detail.reasons:
            return inline(link.target)
        first = link.examples[0]
        return f"{inline(link.target)} ({self._teller.at(first.source, first.line)})"

    # What stands below it.

    def _cycles(self, detail: Detail) -> Iterator[str]:
        if not detail.lists:
            return
        inside = set(self._code)
        found = [cycle for cycle in self._facts.cycles if set(cycle) <= inside]
        if not found:
            if self._structure.links:
                yield "**Cycles:** no file imports itself by way of others."
            return
        lines = [chain(cycle, self._facts, self._reader, self._teller) for cycle in found[: detail.lists]]
        yield f"**Cycles:** {counted(len(found), 'import cycle')}. The shortest way round:\n\n{bullets(lines)}"

    def _entries(self, detail: Detail) -> Iterator[str]:
        inside = set(self._code)
        found = [entry for entry in self._facts.entries if entry.path in inside or not self._folder]
        lines = []
        for entry in found[: detail.lists]:
            named = f" {inline(entry.label)}" if entry.label != entry.path else ""
            said = f": {sanitize(entry.about)}" if entry.about and detail.abouts else ""
            lines.append(f"{entry.sort}{named} ({self._teller.cite(entry.source)}){said}")
        if lines:
            yield f"**It starts in:**\n\n{bullets(lines)}"

    def _central(self, detail: Detail) -> Iterator[str]:
        if not detail.symbols:
            return
        lines = []
        for each in self._ranked[: detail.symbols]:
            item = each.definition
            doc = plain(first_sentences(item.doc, 100)) if detail.abouts else ""
            place = self._teller.at(item.path, item.start_line, item.end_line)
            said = f": {sanitize(doc)}" if doc else ""
            lines.append(
                f"{inline(item.qualified)}, {item.kind} ({place}), used in {counted(each.users, 'file')}{said}"
            )
        if lines:
            yield f"**Central symbols:**\n\n{bullets(lines)}"

    def _churn(self, detail: Detail) -> Iterator[str]:
        inside = set(self._code)
        found = [each for each in self._facts.churn if each.path in inside and each.commits > 1][: detail.lists]
        lines = [f"{inline(each.path)} ({each.commits} commits, +{each.added:,} -{each.removed:,})" for each in found]
        if lines:
            yield f"**Changed most** in the newest commits: {', '.join(lines)}."


def for_types(facts: Facts) -> str:
    """What is said of imports that were not counted."""
    return (
        f"Not counted: {counted(facts.typed, 'import')} on a cycle that are for types or tests only."
        if facts.typed
        else ""
    )


def chain(cycle: Cycle, facts: Facts, reader: Reader, teller: Teller) -> str:
    """A cycle of files as a line, each with the import of the next."""
    places = []
    for path, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        edge = next(edge for edge in facts.graph.dependencies(path) if edge.target == following)
        late = " (inside a function)" if is_late(edge, reader) else ""
        places.append(f"{teller.at(path, edge.line)}{late}")
    return f"{' → '.join(places)} → {inline(cycle[0])}"
