"""Rust's modules in a workspace, as a tree for each crate: which file is which module, and what is imported in it.

A file becomes a module where another declares it (`mod name;`). One that nothing declares, as where a macro does, is
found at the place that it would have. Not here: following paths through the tree (`rust`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.crates import Package, holder_of, packages
from dt6_lsp.index.imports.paths import folder_of, join, name_of, nearest
from dt6_lsp.index.imports.rust_uses import is_declaration, is_open, leaves, written_path

if TYPE_CHECKING:
    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.index.imports.rust_uses import Leaf, Path
    from dt6_lsp.syntax.model import Import


@dataclass(eq=False, slots=True)
class Module:
    """`folder` is where files of the modules in it lie; `uses` what is imported in it; `is_open` whether modules beside
    its parent may name it."""

    file: str
    folder: str
    parent: Module | None = field(repr=False)
    package: Package | None
    is_open: bool = True
    children: dict[str, Module] = field(default_factory=dict)
    uses: list[Leaf] = field(default_factory=list)

    @property
    def crate(self) -> Module:
        module = self
        while module.parent is not None:
            module = module.parent
        return module

    def is_inside(self, other: Module) -> bool:
        module: Module | None = self
        while module is not None and module is not other:
            module = module.parent
        return module is other


class ModuleTree:
    def __init__(self, sources: Sources) -> None:
        self.leaves = lru_cache(maxsize=None)(leaves)
        self._files = {file.path: file for file in sources.files if file.language == "rust"}
        self._packages = packages(sources.configs, self._files)
        self._modules: dict[tuple[str, Path], Module] = {}  # by file, and the inline modules in it
        self._libraries: dict[str, list[str]] = defaultdict(list)
        for package in self._packages:
            if package.library:
                self._libraries[package.name].append(package.library)
                self._add(Module(package.library, folder_of(package.library), None, package))
        for package in self._packages:
            for root in package.roots:
                self._add(Module(root, folder_of(root), None, package))
        for path in sorted(self._files, key=_order):
            self._add_undeclared(path)

    def module_at(self, source: SourceFile, line: int) -> Module:
        names = _inline(source, line)
        return self._modules.get((source.path, names)) or self._modules[source.path, ()]

    def library(self, here: Module, name: str) -> Module | None:
        """The crate that a module knows by this name."""
        renamed = here.package.renamed.get(name, name) if here.package else name
        file = nearest(self._libraries.get(renamed, []), here.file)
        return None if file is None else self._modules[file, ()]

    def _add(self, module: Module) -> None:
        """With all that is declared in it."""
        waiting = [module]
        while waiting:
            one = waiting.pop()
            if one.file in self._files and (one.file, ()) not in self._modules:
                waiting += self._fill(one, self._files[one.file])

    def _fill(self, module: Module, source: SourceFile) -> list[Module]:
        """Makes the inline modules of a file and adds what is imported; returns the modules of other files."""
        self._modules[source.path, ()] = module
        for names in sorted({_inline(source, region.start_line) for region in source.regions}, key=len):
            if names:
                outer = self._modules[source.path, names[:-1]]
                inner = Module(source.path, f"{outer.folder}/{names[-1]}".lstrip("/"), outer, module.package)
                outer.children[names[-1]] = self._modules[source.path, names] = inner
        declared = []
        for item in source.imports:
            holder = self.module_at(source, item.line)
            if not is_declaration(item):
                holder.uses += self.leaves(item.module, item.names)
            elif (file := self.declared(holder, item)) is not None:
                child = Module(file, _home(file, written_path(item)), holder, module.package, is_open(item))
                known = holder.children.setdefault(item.module, child)
                known.is_open |= child.is_open  # one file may be declared twice, for different features or systems
                if known is child or known.file != file:
                    declared.append(child)
        return declared

    def declared(self, holder: Module, item: Import) -> str | None:
        """The file of a module that is declared in `holder`."""
        written = written_path(item)
        if written:
            inline = holder.parent is not None and holder.parent.file == holder.file
            path = join(holder.folder if inline else folder_of(holder.file), written)
            return path if path in self._files else None
        stem = f"{holder.folder}/{item.module.removeprefix('r#')}".lstrip("/")
        return next((path for path in (f"{stem}.rs", f"{stem}/mod.rs") if path in self._files), None)

    def _add_undeclared(self, path: str) -> None:
        """A file that nothing declares is a module of the one that holds its folder, or begins a crate."""
        if (path, ()) in self._modules:
            return
        folder, name = _place(path)
        holder = next((one for one in self._modules.values() if one.folder == folder and folder), None)
        module = Module(path, _home(path), holder, holder.package if holder else holder_of(path, self._packages))
        if holder is not None:
            holder.children.setdefault(name, module)
        else:
            module.folder = folder_of(path)
        self._add(module)


def _inline(source: SourceFile, line: int) -> Path:
    """The names of the inline modules around a line, the outermost first."""
    return tuple(region.name for region in source.regions if region.start_line <= line <= region.end_line)


def _place(path: str) -> tuple[str, str]:
    """The folder of the module that a file's module is in, where nothing says otherwise, and its name."""
    if name_of(path) == "mod.rs":
        return folder_of(folder_of(path)), name_of(folder_of(path))
    return folder_of(path), name_of(path).removesuffix(".rs")


def _order(path: str) -> tuple[int, bool, str]:
    """What holds others comes before them."""
    return _place(path)[0].count("/"), name_of(path) not in ("lib.rs", "main.rs"), path


def _home(file: str, written: str = "") -> str:
    """Where a file's modules lie: in its folder for mod.rs and what `#[path]` names, else in one of its name."""
    return folder_of(file) if written or name_of(file) == "mod.rs" else file.removesuffix(".rs")
