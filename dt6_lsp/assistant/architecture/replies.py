"""Answers to questions about who imports whom: dependents, what a change can break, dependencies, whether one part
depends on another.

Not here: how a request reaches something (`routes`), lists (`lists`), and the whole itself (`overview`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.algorithms import distances, path_between
from dt6_lsp.assistant.architecture.callers import Callers, node_of
from dt6_lsp.assistant.architecture.targets import MEMBERS
from dt6_lsp.assistant.architecture.telling import Teller, bullets, counted, some
from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.assistant.sanitize import inline
from dt6_lsp.index.graph import Edge
from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.assistant.architecture.callers import Node, Step
    from dt6_lsp.assistant.architecture.facts import Facts
    from dt6_lsp.assistant.architecture.targets import Target, Unclear, Unknown
    from dt6_lsp.assistant.architecture.telling import Told
    from dt6_lsp.index.model import Reader

SHOWN = 8  # places in one list
_UNTOLD = "The index does not tell who reads or sets a field or property."
_DISTANCES = 3  # steps away that are listed one by one
_TESTS = 6
_EXTERNAL = 16
_NEAR_STEPS = 3  # how far uses of a symbol are followed


class Replies:
    """Answers over one state of the index. Each method makes one."""

    def __init__(self, facts: Facts, reader: Reader) -> None:
        self._facts, self._reader = facts, reader
        self._teller = Teller()

    def dependents(self, target: Target) -> Told:
        """Direct ones, each with its import; how many more there are behind them."""
        if target.definition is not None:
            return self._users(target)
        edges = self._incoming(target)
        code = [edge for edge in edges if not is_side(edge.source)]
        tests = [edge for edge in edges if is_side(edge.source)]
        if not edges:
            self._nothing(target, "No file of the workspace imports it, as far as imports tell.")
            return self._teller.told()
        verb = "is imported from outside by" if target.sort == "folder" else "is imported by"
        if self._siblings(target):
            verb = "is imported, or used in its package, by"
        several = f"{counted(len(code), 'file')} of code" if code else "no file of code"
        self._teller.say(f"{inline(target.name)} {verb} {several}{self._and_tests([edge.source for edge in tests])}.")
        self._grouped(code)
        if tests:
            self._teller.say(f"**Tests and examples:** {self._places(tests, _TESTS)}")
        further = [path for path in self._reached(target) if path not in {edge.source for edge in edges}]
        if further:
            code_too = [path for path in further if not is_side(path)]
            rest = len(further) - len(code_too)
            beside = f" and {counted(rest, 'test or example', 'tests and examples')}" if rest else ""
            self._teller.say(f"Through these, {counted(len(code_too), 'more file')} of code{beside} depend on it.")
        return self._teller.told()

    def impact(self, target: Target) -> Told:
        """All that a change can reach, by distance; tests apart, as they are what to run."""
        if target.definition is not None:
            return self._users(target, far=True)
        reached = self._reached(target)
        code = {path: steps for path, steps in reached.items() if not is_side(path)}
        tests = {path: steps for path, steps in reached.items() if is_side(path)}
        if not reached:
            self._nothing(target, "Nothing imports it, so a change can break only what it does itself.")
            return self._teller.told()
        share = f"{len(code):,} of {counted(len(self._facts.code), 'file')} of code"
        farthest = counted(max(reached.values()), "import")
        tail = f" and {counted(len(tests), 'test or example', 'tests and examples')}" if tests else ""
        self._teller.say(f"A change to {inline(target.name)} can reach {share}{tail}, up to {farthest} away.")
        leads = self._leads(target, reached)
        for steps in range(1, _DISTANCES + 1):
            found = [leads[path] for path in code if code[path] == steps]
            if found:
                away = self._first_step(target) if steps == 1 else f"{steps} imports away"
                self._teller.say(f"**{away}** ({counted(len(found), 'file')}): {self._places(found, SHOWN)}")
        beyond = [path for path in code if code[path] > _DISTANCES]
        if beyond:
            owner = self._facts.structure.owner
            parts = Counter(owner.get(path, path) for path in beyond)
            named = [f"{inline(name)} ({count})" for name, count in sorted(parts.items(), key=lambda p: (-p[1], p[0]))]
            self._teller.say(f"**Further away** ({counted(len(beyond), 'file')}): {some(named, SHOWN)}")
        if tests:
            nearest = [leads[path] for path in sorted(tests, key=lambda path: (tests[path], path))]
            self._teller.say(f"**Tests and examples that reach it**, nearest first: {self._places(nearest, _TESTS)}")
        return self._teller.told()

    def dependencies(self, target: Target) -> Told:
        inside = set(target.files)
        own = [path for path in target.files if not is_side(path)] or list(target.files)
        edges = [edge for path in own for edge in self._facts.graph.dependencies(path)]
        out = [edge for edge in edges if edge.target not in inside]
        external = Counter(name for path in own for name in set(self._facts.graph.external.get(path, ())))
        where = f" (in {inline(target.files[0])})" if target.definition is not None else ""
        if not out:
            self._teller.say(f"{inline(target.name)}{where} imports no other file of this workspace.")
        else:
            files = counted(len({edge.target for edge in out}), "other file")
            self._teller.say(f"{inline(target.name)}{where} imports {files} of this workspace:")
            self._grouped(out, by_target=True)
        if external:
            named = [inline(name) for name, _ in sorted(external.items(), key=lambda pair: (-pair[1], pair[0]))]
            self._teller.say(f"**From elsewhere:** {some(named, _EXTERNAL)}")
        return self._teller.told()

    def between(self, one: Target, other: Target) -> Told:
        """Whether `one` depends on `other`; the shortest chain of imports as the reason."""
        forth = path_between(set(one.files) - set(other.files), set(other.files), self._facts.imports)
        back = path_between(set(other.files) - set(one.files), set(one.files), self._facts.imports)
        names = inline(one.name), inline(other.name)
        if not forth:
            self._teller.say(f"No: no chain of imports leads from {names[0]} to {names[1]}.")
        elif len(forth) == 2:
            direct = [edge for edge in self._incoming(other) if edge.source in set(one.files)]
            direct.sort(key=lambda edge: is_side(edge.source))
            self._teller.say(f"Yes: {names[0]} imports {names[1]} directly, at {self._places(direct, SHOWN)}.")
        else:
            others = counted(len(forth) - 2, "file")
            self._teller.say(f"Yes, by way of {others}: {self._chain(forth)}")
        if back:
            also = "The other way round it does" if not forth else "The other way round as well"
            self._teller.say(f"{also}: {self._chain(back)}")
        return self._teller.told()

    def unknown(self, party: Unknown) -> Told:
        near = some([inline(name) for name in party.near], 4)
        hint = f" Near it are {near}." if near else ""
        self._teller.say(f"Nothing in the index is called {inline(party.name)}.{hint}")
        return self._teller.told()

    def unclear(self, party: Unclear) -> Told:
        among = some([inline(path) for path in party.among], 6)
        self._teller.say(
            f"{inline(party.name)} is no one part of the code: {among} are called so. Ask for one of them by its path."
        )
        return self._teller.told()

    # Pieces.

    def _users(self, target: Target, *, far: bool = False) -> Told:
        """Of a symbol: the definitions that use it, and with `far` those that use these, some steps on."""
        item = target.definition
        assert item is not None
        place = self._teller.at(item.path, item.start_line, item.end_line)
        callers = Callers(self._facts.graph, self._reader)
        found = list(callers.walk(node_of(item), _NEAR_STEPS if far else 1))
        if not found:
            self._nothing(target, _UNTOLD if item.kind in MEMBERS else "No use of it was found elsewhere.", place)
            return self._teller.told()
        code = [(steps, step) for steps, step in found if not _is_test(step.user)]
        tests = [(steps, step) for steps, step in found if _is_test(step.user)]
        direct = [step for steps, step in code if steps == 1]
        files = counted(len({step.user.path for step in direct}), "file")
        places = f"at {counted(len(direct), 'place')} in {files}" if direct else "nowhere in code"
        told = f"The {item.kind} {inline(item.qualified)} ({place}) is used {places}"
        in_tests = [step.user.path for steps, step in tests if steps == 1]
        self._teller.say(f"{told}{self._and_tests(in_tests)}.")
        self._used_by(direct)
        for steps in range(2, _NEAR_STEPS + 1):
            there = [step for distance, step in code if distance == steps]
            if there:
                self._teller.say(f"**{steps} uses away** ({len(there)}): {self._steps(there, SHOWN)}")
        if tests:
            reach = "reach" if far else "use"
            shown = self._steps([step for _, step in tests], _TESTS)
            self._teller.say(f"**Tests and examples that {reach} it** ({len(tests)}): {shown}")
        if target.shared:
            one = target.shared == 1
            others = f"{counted(target.shared, 'other definition')} in this workspace {'has' if one else 'have'}"
            told_apart = "uses of it" if one else "uses of those"
            self._teller.say(f"{others} the same name; {told_apart} were told apart by imports.")
        if not callers.complete:
            self._teller.say("There are more: only the nearest were followed.")
        return self._teller.told()

    def _first_step(self, target: Target) -> str:
        return "It is imported by" if language_of(target.name) != "go" else "It is imported, or used in its package, by"

    def _nothing(self, target: Target, words: str, place: str = "") -> None:
        where = f" ({place})" if place else ""
        starts = [entry for entry in self._facts.entries if entry.path in set(target.files)]
        by = f" It is where {inline(starts[0].label)} starts ({self._teller.cite(starts[0].source)})." if starts else ""
        self._teller.say(f"{inline(target.name)}{where}: {words}{by}")

    def _incoming(self, target: Target) -> list[Edge]:
        inside = set(target.files)
        edges = (edge for path in target.files for edge in self._facts.graph.dependents(path))
        first: dict[str, Edge] = {}
        for edge in sorted(edges, key=lambda edge: (edge.source, edge.line)):
            if edge.source not in inside:
                first.setdefault(edge.source, edge)
        return [*first.values(), *(edge for edge in self._siblings(target) if edge.source not in first)]

    def _siblings(self, target: Target) -> list[Edge]:
        """Files of the same package of Go that use what a file defines: they see it without an import."""
        if target.sort != "file" or language_of(target.name) != "go":
            return []
        callers = Callers(self._facts.graph, self._reader)
        first: dict[str, Edge] = {}
        for item in self._reader.outline(target.name):
            for step in callers.of(node_of(item)):
                path = step.user.path
                if path != target.name and path.rpartition("/")[0] == target.name.rpartition("/")[0]:
                    known = first.get(path)
                    if known is None or step.line < known.line:
                        first[path] = Edge(path, target.name, step.line, item.name)
        return [first[path] for path in sorted(first)]

    def _reached(self, target: Target) -> dict[str, int]:
        """Files that depend on the target, with how many imports lie between; the target itself left out."""
        found = distances(target.files, self._facts.importers)
        for edge in self._siblings(target):
            for path, steps in distances((edge.source,), self._facts.importers).items():
                found[path] = min(found.get(path, steps + 1), steps + 1)
        return {path: steps for path, steps in found.items() if steps}

    def _leads(self, target: Target, reached: Mapping[str, int]) -> dict[str, Edge]:
        """For each file that was reached the import that leads towards the target."""
        steps = {**dict.fromkeys(target.files, 0), **reached}
        leads = {edge.source: edge for edge in self._siblings(target)}
        for path, distance in reached.items():
            if path in leads:
                continue
            toward = [
                edge for edge in self._facts.graph.dependencies(path) if steps.get(edge.target, -1) == distance - 1
            ]
            leads[path] = min(toward, key=lambda edge: (edge.line, edge.target))
        return leads

    def _grouped(self, edges: Sequence[Edge], *, by_target: bool = False) -> None:
        """One line for each part that imports, or that is imported; a line that imports several files once."""
        owner = self._facts.structure.owner
        groups: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            path = edge.target if by_target else edge.source
            group = groups[owner.get(path, path.rpartition("/")[0] or path)]
            if not any((edge.source, edge.line) == (known.source, known.line) for known in group):
                group.append(edge)
        order = sorted(groups, key=lambda name: (-len(groups[name]), name))
        lines = []
        for name in order[:SHOWN]:
            within = groups[name]
            alone = len(within) == 1 and (within[0].target if by_target else within[0].source) == name
            head = f"{inline(name)} ({len(within)}): " if not alone or by_target else ""
            lines.append(f"{head}{self._places(within, 4 if len(order) > 3 else SHOWN)}")
        if len(order) > SHOWN:
            lines.append(f"and {counted(len(order) - SHOWN, 'more part')}")
        self._teller.say(bullets(lines))

    def _places(self, edges: Iterable[Edge], most: int) -> str:
        """Only what is shown is cited."""
        found = list(edges)
        shown = [self._teller.at(edge.source, edge.line) for edge in found[:most]]
        return some([*shown, *("" for _ in found[most:])], most)

    def _used_by(self, steps: Sequence[Step]) -> None:
        """One line for each part."""
        owner = self._facts.structure.owner
        groups: defaultdict[str, list[Step]] = defaultdict(list)
        for step in steps:
            groups[owner.get(step.user.path, step.user.path)].append(step)
        order = sorted(groups, key=lambda name: (-len(groups[name]), name))
        lines = [f"{inline(name)} ({len(groups[name])}): {self._steps(groups[name], 4)}" for name in order[:SHOWN]]
        if len(order) > SHOWN:
            lines.append(f"and {counted(len(order) - SHOWN, 'more part')}")
        self._teller.say(bullets(lines))

    def _steps(self, steps: Sequence[Step], most: int) -> str:
        shown = []
        for step in steps[:most]:
            place = self._teller.at(step.user.path, step.line)
            shown.append(f"{inline(step.user.name)} ({place})" if step.user.name else place)
        return some([*shown, *("" for _ in steps[most:])], most)

    def _chain(self, path: Sequence[str]) -> str:
        places = []
        for source, target in pairwise(path):
            edge = next(edge for edge in self._facts.graph.dependencies(source) if edge.target == target)
            places.append(self._teller.at(source, edge.line))
        return f"{' → '.join(places)} → {inline(path[-1])}"

    def _and_tests(self, tests: Sequence[str]) -> str:
        return f", and by {counted(len(tests), 'test or example', 'tests and examples')}" if tests else ""


def _is_test(user: Node) -> bool:
    """Also a module of tests inside of a file of code, as Rust has them."""
    return is_side(user.path) or user.name.startswith(("tests.", "test."))
