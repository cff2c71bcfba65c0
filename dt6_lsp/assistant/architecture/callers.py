"""Who uses a definition, and who uses those in turn: chains of references, walked from the used to the user.

The index knows references by their names. A use is taken for one of the definition when its file can mean no other: it
is the same file or package, it imports the definition's file (itself, or by a file that does), or the name is made of
several words and defined nowhere else.
Not here: which chain is asked for (`routes`, `impact`).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import is_side

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.index.model import Definition, Reader

MOST_NODES = 300  # definitions whose users are looked up for one question
MOST_USES = 200  # of one name
_MOST_OWNERS = 40
_OUTERMOST = 6  # uses that are followed back from what is looked for
_FAR = 1_000_000  # imports away
_PACKAGE_SHARES_NAMES = frozenset({"go", "java", "kotlin", "csharp", "swift", "scala", "c", "cpp"})
_SEVERAL_WORDS = re.compile(r"[a-z0-9][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Node:
    """A definition as uses name it: its file and its qualified name ("" for what stands at the top of the file)."""

    path: str
    name: str

    @property
    def plain(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Step:
    """`user` uses `used` at `line` of its own file."""

    user: Node
    used: Node
    line: int


class Callers:
    """For one question over one state of the index. `own`: users in other files are not looked at (all: None)."""

    def __init__(self, graph: ImportGraph, reader: Reader, own: Collection[str] | None = None) -> None:
        self._graph, self._reader, self._own = graph, reader, own
        self._known: dict[Node, list[Step]] = {}
        self.complete = True  # whether everything was looked up that could be

    def of(self, node: Node) -> list[Step]:
        """The uses of a definition, the first of each user, in the order of files."""
        if not node.name:
            return []
        if node not in self._known:
            if len(self._known) >= MOST_NODES:
                self.complete = False
                return []
            self._known[node] = self._look_up(node)
        return self._known[node]

    def _look_up(self, node: Node) -> list[Step]:
        found = self._reader.uses(node.plain, MOST_USES)
        uses = [use for use in found if self._own is None or use.path in self._own]
        meant = self._meant(node, {use.path for use in uses})
        steps: dict[Node, Step] = {}
        for use in uses:
            user = Node(use.path, use.inside)
            if use.path in meant and user != node and not _within(user, node):
                steps.setdefault(user, Step(user, node, use.line))
        return list(steps.values())

    def _meant(self, node: Node, paths: set[str]) -> set[str]:
        """The files among `paths` in which the name means this definition."""
        owners = {item.path: item for item in self._reader.definitions(node.plain, limit=_MOST_OWNERS)}
        others = [path for path in owners if path != node.path and not is_side(path)]
        own = owners.get(node.path)
        shares = own is not None and own.language in _PACKAGE_SHARES_NAMES
        alone = not others and _SEVERAL_WORDS.search(node.plain) is not None
        importers = self._importers(node.path)
        return {
            path
            for path in paths
            if path == node.path
            or (path in importers and not _own_of_a_kind(owners.get(path), own))
            or (path not in owners and (alone or (shares and _folder(path) == _folder(node.path))))
        }

    def _importers(self, path: str) -> set[str]:
        """What imports the file, or imports a file that hands it on (a package's face, an index of modules)."""
        direct = {edge.source for edge in self._graph.dependents(path)}
        faces = {face for face in direct if _hands_on(face, path)}
        return direct | {edge.source for face in faces for edge in self._graph.dependents(face)}

    def walk(self, start: Node, most: int = 1_000_000) -> Iterator[tuple[int, Step]]:
        """Everything that leads to `start`, nearest first, each user once: (how many steps away, its step)."""
        seen = {start}
        queue = deque([(start, 0)])
        while queue:
            node, distance = queue.popleft()
            if distance >= most:
                continue
            for step in self.of(node):
                if step.user not in seen:
                    seen.add(step.user)
                    queue.append((step.user, distance + 1))
                    yield distance + 1, step

    def chain(self, start: Callable[[Node], bool], goal: Node) -> list[Step]:
        """The shortest chain of uses from a node that `start` accepts to `goal`, in the order in which it runs; empty
        when there is none."""
        leads: dict[Node, Step] = {}
        for _, step in self.walk(goal):
            leads[step.user] = step
            if start(step.user):
                return list(_followed(step.user, leads))
        return []

    def chain_from_file(self, reached: Mapping[str, int], goal: Node) -> list[Step]:
        """The chain of uses to `goal` from the file among `reached` that is the fewest imports away, from the outermost
        use there; empty when nothing in it uses `goal`."""
        leads: dict[Node, Step] = {}
        best = (reached.get(goal.path, _FAR), 0, goal)
        for steps, step in self.walk(goal, _OUTERMOST):
            leads[step.user] = step
            best = min(best, (reached.get(step.user.path, _FAR), -steps, step.user), key=lambda found: found[:2])
        return list(_followed(best[2], leads))


def node_of(item: Definition) -> Node:
    return Node(item.path, item.qualified)


def _followed(node: Node, leads: dict[Node, Step]) -> Iterator[Step]:
    while node in leads:
        yield leads[node]
        node = leads[node].used


def _within(user: Node, node: Node) -> bool:
    """A class' own methods are no users of it, nor is what stands inside a function."""
    return user.path == node.path and user.name.startswith(f"{node.name}.")


def _hands_on(face: str, path: str) -> bool:
    stem = face.rpartition("/")[2].partition(".")[0]
    return stem in ("__init__", "index", "mod", "lib") and path.startswith(f"{_folder(face)}/")


def _own_of_a_kind(here: Definition | None, there: Definition | None) -> bool:
    """Whether a file has a definition of the same name that its uses mean rather: both stand at the top of their files.
    A member is used by way of its object, so one of its own says nothing."""
    return here is not None and (there is None or not (here.container or there.container))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
