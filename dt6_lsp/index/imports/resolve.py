"""From what files import to which files these are. Pure: the same facts give the same graph.

Not here: each language's rules, one module for each, and where the facts come from (`facts`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.index.graph import Edge, ImportGraph
from dt6_lsp.index.imports.golang import GoResolver
from dt6_lsp.index.imports.java import JavaResolver
from dt6_lsp.index.imports.python import PythonResolver
from dt6_lsp.index.imports.rust import RustResolver
from dt6_lsp.index.imports.scripts import ScriptResolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dt6_lsp.index.imports.model import Resolver, Sources

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
    edges: dict[tuple[str, str], Edge] = {}
    external: dict[str, dict[str, None]] = defaultdict(dict)
    for file in sources.files:
        if file.language not in _RESOLVERS:
            continue
        resolver = resolvers[_RESOLVERS[file.language]]
        for item in file.items():
            targets = resolver.targets(file, item)
            if targets is None:
                external[file.path][item.module] = None
                continue
            for target in targets:
                if target != file.path:
                    edges.setdefault((file.path, target), Edge(file.path, target, item.line, item.module))
    return ImportGraph(
        files=tuple(sorted(file.path for file in sources.files)),
        edges=tuple(edges[pair] for pair in sorted(edges)),
        external={path: tuple(modules) for path, modules in external.items()},
    )
