"""Rust: a path names modules, and a module is a file, or a part of one.

A `use` is followed segment by segment, through modules that are imported under other names and crates of this
workspace, to the last one that is a module: what follows is an item in it. `mod name;` means the file of that module.
Not here: paths that are written out without `use`, and what macros make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index.imports.rust_modules import Module, ModuleTree
from dt6_lsp.index.imports.rust_uses import is_declaration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.index.imports.rust_uses import Path
    from dt6_lsp.syntax.model import Import

_MOST_HOPS = 8  # through names that stand for other names
_STANDARD = frozenset({"std", "core", "alloc"})


class RustResolver:
    def __init__(self, sources: Sources) -> None:
        self._tree = ModuleTree(sources)
        self._known: dict[tuple[Module, str], Module | None] = {}  # what names are that something imports

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        here = self._tree.module_at(source, item.line)
        if is_declaration(item):
            file = self._tree.declared(here, item)
            return [] if file is None else [file]
        found: list[str] = []
        known = False
        for leaf in self._tree.leaves(item.module, item.names):
            module, taken = self._reach(here, leaf.path, 0)
            known = known or module is not None
            if module is not None and not _hidden(module, leaf.path[taken:]):
                found.append(module.file)
        return found if known else None

    def _reach(self, here: Module, path: Path, hops: int) -> tuple[Module | None, int]:
        """The last module on a path, and how many of its segments it took; None for what is of another workspace."""
        module, taken = self._begin(here, path, hops)
        while module is not None and taken < len(path):
            following = self._step(here, module, path[taken], hops)
            if following is None:
                break
            module, taken = following, taken + 1
        return module, taken

    def _begin(self, here: Module, path: Path, hops: int) -> tuple[Module | None, int]:
        first = path[0] if path else ""
        if first in ("crate", "$crate"):
            return here.crate, 1
        if first in ("self", "super"):
            module, taken = here, int(first == "self")
            while taken < len(path) and path[taken] == "super" and module.parent is not None:
                module, taken = module.parent, taken + 1
            return module, taken
        if first in _STANDARD and first not in here.children:
            return None, 0
        old = here.package is not None and here.package.old
        begins = here.crate if old else here
        child = begins.children.get(first) or self._tree.library(here, first) or self._imported(begins, first, hops)
        if child is not None:
            return child, 1
        return (begins, 0) if first[:1].isupper() else (None, 0)  # a type that is defined there, as crates are not

    def _step(self, here: Module, module: Module, name: str, hops: int) -> Module | None:
        """The module that `name` is in `module`, by declaration or import, for who is `here`: a module that is not open
        to it gives way to what is imported under its name, often a function that it holds."""
        child = module.children.get(name)
        if child is not None and (child.is_open or here.is_inside(module)):
            return child
        found = self._imported(module, name, hops)
        if found is None and child is not None and not _imports(module, name):
            return child
        return found

    def _imported(self, module: Module, name: str, hops: int) -> Module | None:
        """The module that something imported is. Asked about a name while it is followed, it knows nothing: names that
        stand for one another end."""
        if (module, name) not in self._known and hops < _MOST_HOPS:
            self._known[module, name] = None
            self._known[module, name] = self._follow(module, name, hops)
        return self._known.get((module, name))

    def _follow(self, module: Module, name: str, hops: int) -> Module | None:
        for leaf in module.uses:
            found = None
            if leaf.name == name and leaf.path != (name,):
                found = self._whole(module, leaf.path, hops + 1)
            elif leaf.path[-1] == "*" and (inside := self._whole(module, leaf.path[:-1], hops + 1)) is not None:
                found = self._step(module, inside, name, hops + 2) if inside is not module else None
            if found is not None:
                return found
        return None

    def _whole(self, module: Module, path: Path, hops: int) -> Module | None:
        """The module that the whole of a path is."""
        found, taken = self._reach(module, path, hops)
        return found if taken == len(path) else None


def _hidden(module: Module, rest: Path) -> bool:
    """Whether what is left of a path begins with a module that nothing here declares or imports: a macro makes it, and
    who knows where. (Types are written with a capital.)"""
    return len(rest) > 1 and not rest[0][:1].isupper() and not _imports(module, rest[0])


def _imports(module: Module, name: str) -> bool:
    return any(leaf.name == name for leaf in module.uses)
