"""From what files import to which files these are. Pure: the same facts give the same graph.

Not here: each language's rules, one module for each, and where the facts come from (`facts`).
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from dt6_lsp.index.graph import Edge, ImportGraph
from dt6_lsp.index.imports.golang import GoResolver
from dt6_lsp.index.imports.java import JavaResolver
from dt6_lsp.index.imports.python import PythonResolver
from dt6_lsp.index.imports.rust import RustResolver
from dt6_lsp.index.imports.scripts import ScriptResolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dt6_lsp.index.imports.model import Resolver, SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_RESOLVERS: Mapping[str, Callable[[Sources], Resolver]] = {
    "python": PythonResolver,
    "javascript": ScriptResolver,
    "typescript": ScriptResolver,
    "tsx": ScriptResolver,
    "go": GoResolver,
    "rust": RustResolver,
    "java": JavaResolver,
}


def resolve(sources: Sources) -> ImportGraph:
    """Imports of languages that have no rules here are in no edge and not external either: nothing is known of them."""
    present = {file.language for file in sources.files}
    resolvers = {make: make(sources) for make in {_RESOLVERS[language] for language in present & _RESOLVERS.keys()}}
    edges: list[Edge] = []
    external: dict[str, tuple[str, ...]] = {}
    for file in sorted(sources.files, key=attrgetter("path")):
        if file.language not in _RESOLVERS:
            continue
        found, others = _meant(file, resolvers[_RESOLVERS[file.language]])
        found.pop(file.path, None)
        edges += [Edge(file.path, target, found[target].line, found[target].module) for target in sorted(found)]
        if others:
            external[file.path] = others
    return ImportGraph(
        files=tuple(sorted(file.path for file in sources.files)),
        edges=tuple(edges),
        external=external,
    )


def _meant(file: SourceFile, resolver: Resolver) -> tuple[dict[str, Import], tuple[str, ...]]:
    """The files that it imports, each with the first import that means it, and the modules that are from elsewhere."""
    found: dict[str, Import] = {}
    others: dict[str, None] = {}
    for item in file.items():
        targets = resolver.targets(file, item)
        if targets is None:
            others[item.module] = None
            continue
        for target in targets:
            found.setdefault(target, item)
    return found, tuple(others)
