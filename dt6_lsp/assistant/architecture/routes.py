"""How control gets from one place to another: the shortest chain of uses, each step with its line; where no chain of
uses is known, the shortest chain of imports.

Uses are known by name. A call through a table, an interface or a framework is not seen, and the answer says so.
Not here: the walk itself (`callers`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.algorithms import adjacency, distances, path_between
from dt6_lsp.assistant.architecture.callers import Callers, Node, node_of
from dt6_lsp.assistant.architecture.entries import handlers, starts
from dt6_lsp.assistant.architecture.telling import Teller, counted, some
from dt6_lsp.assistant.sanitize import inline
from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dt6_lsp.assistant.architecture.callers import Step
    from dt6_lsp.assistant.architecture.entries import Entry
    from dt6_lsp.assistant.architecture.facts import Facts
    from dt6_lsp.assistant.architecture.targets import Target
    from dt6_lsp.assistant.architecture.telling import Told
    from dt6_lsp.index.model import Reader

_BY_NAME = "Uses are known by name: a call through a table, an interface or a framework is not seen."


class Route:
    """One answer. `start` None means the workspace's entry points, by what comes in (`incoming`: "a request"); those
    that are likelier for it are tried first."""

    def __init__(self, facts: Facts, reader: Reader, start: Target | None, goal: Target, *, incoming: str = "") -> None:
        self._facts, self._reader = facts, reader
        self._start, self._goal = start, goal
        self._ways_in: list[list[Entry]] = [[]]
        if start is None:
            serving = is_request(incoming)
            served = handlers(facts.code, reader) if serving else []
            self._ways_in = [*([served] if served else []), *starts(facts.entries, serving=serving)]
        self._entries: list[Entry] = []
        self._callers = Callers(facts.graph, reader, own=set(facts.code))
        self._teller = Teller()

    def told(self) -> Told:
        for entries in self._ways_in:
            self._entries = entries
            if self._by_uses() or self._by_imports():
                return self._teller.told()
        if not self._ways_in:
            self._teller.say("No entry point was found from which it could be reached.")
            return self._teller.told()
        self._entries = [entry for group in self._ways_in for entry in group]
        self._teller.say(
            f"No chain of uses or imports leads from {self._from()} to {inline(self._goal.name)}, as far as names "
            f"tell. {_BY_NAME}"
        )
        return self._teller.told()

    # By uses.

    def _by_uses(self) -> bool:
        goals = self._goals()
        chains = [chain for goal in goals if (chain := self._chain(goal))]
        if not chains:
            return False
        best = min(chains, key=len)
        begins = best[0].user
        steps = counted(len(best), "step")
        self._teller.say(f"From {self._start_of(begins)} {inline(self._goal.name)} is reached in {steps} of use:")
        lines = [self._step(number, step) for number, step in enumerate(best, 1)]
        item = self._goal.definition
        if item is not None:
            place = self._teller.at(item.path, item.start_line, item.end_line)
            lines.append(f"{len(lines) + 1}. there it is: {inline(item.qualified)} ({place})")
        self._teller.say("\n".join(lines))
        self._teller.say(_BY_NAME)
        return True

    def _goals(self) -> Sequence[Node]:
        """A symbol, or what stands at the top of a file and has no name that begins with an underscore."""
        if self._goal.definition is not None:
            return (node_of(self._goal.definition),)
        if self._goal.sort != "file":
            return ()
        outline = self._reader.outline(self._goal.files[0])
        return [node_of(item) for item in outline if not item.container and not item.name.startswith("_")][:6]

    def _chain(self, goal: Node) -> list[Step]:
        """From the definition that an entry point names, else from anything in its file."""
        if self._start is None:
            named = {Node(entry.path, entry.name) for entry in self._entries if entry.name}
            found = self._callers.chain(lambda node: node in named, goal)
            if found or all(entry.sort == "handler" for entry in self._entries):
                return found
        return self._callers.chain(self._is_start(), goal)

    def _is_start(self) -> Callable[[Node], bool]:
        if self._start is None:
            paths = {entry.path for entry in self._entries} - set(self._goal.files)
            return lambda node: node.path in paths
        if self._start.definition is not None:
            own = node_of(self._start.definition)
            return lambda node: node == own or (node.path == own.path and node.name.startswith(f"{own.name}."))
        files = set(self._start.files)
        return lambda node: node.path in files

    def _step(self, number: int, step: Step) -> str:
        place = self._teller.at(step.user.path, step.line)
        user = inline(step.user.name) if step.user.name else f"the top of {inline(step.user.path)}"
        return f"{number}. {user} uses {inline(step.used.name)} ({place})"

    # By imports, and by uses from where those are known.

    def _by_imports(self) -> bool:
        imports = adjacency(self._facts.real)
        begins = self._begins()
        item = self._goal.definition
        far = distances(begins, imports)
        uses = [] if item is None else self._callers.chain_from_file(far, node_of(item))
        path = path_between(begins, {uses[0].user.path} if uses else self._goal.files, imports)
        served = self._start is None and all(entry.sort == "handler" for entry in self._entries)
        if not path or (len(path) == 1 and (served or not uses)):
            return False
        named = len(path) > 1
        ways = " and ".join(way for way, there in (("imports", named), ("uses", bool(uses))) if there)
        self._teller.say(f"By {ways} the way from {self._start_of(Node(path[0], ''))} to {inline(self._goal.name)} is:")
        lines = []
        for number, (source, target) in enumerate(pairwise(path), 1):
            edge = next(edge for edge in self._facts.graph.dependencies(source) if edge.target == target)
            lines.append(f"{number}. {inline(source)} imports {inline(target)} ({self._teller.at(source, edge.line)})")
        lines += [self._step(number, step) for number, step in enumerate(uses, len(lines) + 1)]
        self._teller.say("\n".join(lines))
        if item is not None:
            self._teller.say(_BY_NAME)
        return True

    def _begins(self) -> list[str]:
        """Files to begin in. What a library of Go offers is in every file of its package."""
        if self._start is not None:
            return [path for path in self._start.files if path not in self._goal.files] or list(self._start.files)
        whole = self._facts.structure
        begins = {entry.path for entry in self._entries}
        for entry in self._entries:
            if entry.sort == "library" and language_of(entry.path) == "go":
                begins.update(whole.members.get(whole.owner.get(entry.path, ""), ()))
        return sorted(begins)

    # Words for where it starts.

    def _start_of(self, node: Node) -> str:
        if self._start is not None:
            return inline(self._start.name)
        entry = next((entry for entry in self._entries if entry.path == node.path), None)
        if entry is None:
            return inline(node.path)
        return f"the {entry.sort} {inline(entry.label)} ({self._teller.cite(entry.source)})"

    def _from(self) -> str:
        if self._start is not None:
            return inline(self._start.name)
        return f"the entry points ({some([inline(entry.label) for entry in self._entries], 4)})"


def is_request(words: str) -> bool:
    """Whether what comes in comes by a server, and not by who types a command."""
    return not _BY_SERVER.isdisjoint(words.lower().split())


def is_anything(words: str) -> bool:
    """Whether a party that starts is no part of the code but whatever comes in from outside."""
    return all(word.removesuffix("'s") in _FROM_OUTSIDE for word in words.lower().split())


_BY_SERVER = frozenset(
    "request requests http https web rest api rpc graphql browser client clients traffic".split()  # noqa: SIM905
)
_FROM_OUTSIDE = frozenset(
    "a an the any some our my this that one new single incoming user users client clients caller editor http https "  # noqa: SIM905
    "web rest api cli lsp rpc graphql command commands request requests call calls query queries question questions "
    "message messages input event events execution control flow data program app application code it we you i they "
    "everything traffic keystroke line something someone from outside terminal entry point points start".split()
)


def entry_named(words: str, found: Sequence[Entry]) -> Entry | None:
    """An entry point by its label, as `dt6-lsp` is."""
    plain = words.strip("` ").lower()
    return next((entry for entry in found if entry.label.lower() == plain and entry.path), None)
