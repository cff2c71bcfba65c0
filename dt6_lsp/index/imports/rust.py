"""Rust: a path names modules, and a module is a file, or a part of one.

`mod name;` makes a file of the crate's a module; from there `use` is followed segment by segment, through modules that
are imported under other names and crates of this workspace, to the last one that is a module: what follows is an item
in it. Not here: paths that are written out without `use`, and what macros make. Where a macro declares a module, its
file is found at the place that it would have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.index.imports.crates import Package, holder_of, packages
from dt6_lsp.index.imports.paths import folder_of, join, name_of, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_MOST_HOPS = 8  # through names that stand for other names
_STANDARD = frozenset({"std", "core", "alloc"})
_TOKEN = re.compile(r"[{},*]|(?:r#)?\w+|\$crate")
Path = tuple[str, ...]


class Leaf(NamedTuple):
    """One name of a `use`: the path that it stands for ("*" at the end for all), and what it is called here."""

    path: Path
    name: str


@dataclass(eq=False, slots=True)
class Module:
    """`folder` is where files of the modules in it lie; `uses` what is imported in it."""

    file: str
    folder: str
    parent: Module | None
    package: Package | None
    children: dict[str, Module] = field(default_factory=dict)
    uses: list[Leaf] = field(default_factory=list)

    @property
    def crate(self) -> Module:
        module = self
        while module.parent is not None:
            module = module.parent
        return module


class RustResolver:
    def __init__(self, sources: Sources) -> None:
        self._files = {file.path: file for file in sources.files if file.language == "rust"}
        self._packages = packages(sources.configs, self._files)
        self._modules: dict[tuple[str, Path], Module] = {}  # by file, and the inline modules in it
        self._known: dict[tuple[Module, str], Module | None] = {}  # what names are that something imports
        self._leaves = lru_cache(maxsize=None)(leaves)
        self._libraries: dict[str, list[Package]] = defaultdict(list)
        for package in self._packages:
            if package.library:
                self._libraries[package.name].append(package)
                self._add(Module(package.library, folder_of(package.library), None, package))
        for package in self._packages:
            for root in package.roots:
                self._add(Module(root, folder_of(root), None, package))
        for path in sorted(self._files, key=_order):
            self._add_undeclared(path)

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        here = self._module_at(source, item.line)
        if _declares(item):
            child = here.children.get(item.module)
            return [] if child is None else [child.file]
        found: list[str] = []
        known = False
        for leaf in self._leaves(item.module, item.names):
            module, taken = self._reach(here, leaf.path, 0)
            known = known or module is not None
            if module is not None and not _hidden(module, leaf.path[taken:]):
                found.append(module.file)
        return found if known else None

    # --- the tree of modules ------------------------------------------------------------------------------------------

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
            holder = self._module_at(source, item.line)
            if not _declares(item):
                holder.uses += self._leaves(item.module, item.names)
            elif (file := self._declared(holder, item)) is not None:
                child = Module(file, _home(file, item), holder, module.package)
                holder.children.setdefault(item.module, child)
                declared.append(child)
        return declared

    def _declared(self, holder: Module, item: Import) -> str | None:
        written = item.names.partition("mod, ")[2]
        if written:
            inline = holder.parent is not None and holder.parent.file == holder.file
            return join(holder.folder if inline else folder_of(holder.file), written)
        return self._by_convention(holder, item.module)

    def _by_convention(self, holder: Module, name: str) -> str | None:
        stem = f"{holder.folder}/{name.removeprefix('r#')}".lstrip("/")
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

    def _module_at(self, source: SourceFile, line: int) -> Module:
        names = _inline(source, line)
        return self._modules.get((source.path, names)) or self._modules[source.path, ()]

    # --- following paths ----------------------------------------------------------------------------------------------

    def _reach(self, here: Module, path: Path, hops: int) -> tuple[Module | None, int]:
        """The last module on a path, and how many of its segments it took; None for what is of another workspace."""
        module, taken = self._begin(here, path, hops)
        while module is not None and taken < len(path):
            following = self._step(module, path[taken], hops)
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
        child = begins.children.get(first) or self._library(here, first) or self._step(begins, first, hops)
        if child is not None:
            return child, 1
        return (begins, 0) if first[:1].isupper() else (None, 0)  # a type that is defined there, as crates are not

    def _step(self, module: Module, name: str, hops: int) -> Module | None:
        """The module that `name` is in `module`, by declaration or import."""
        if name in module.children:
            return module.children[name]
        if (module, name) not in self._known and hops < _MOST_HOPS:
            self._known[module, name] = None  # so that names which stand for one another end
            self._known[module, name] = self._imported(module, name, hops)
        return self._known.get((module, name))

    def _imported(self, module: Module, name: str, hops: int) -> Module | None:
        for leaf in module.uses:
            found = None
            if leaf.name == name and leaf.path != (name,):
                found = self._whole(module, leaf.path, hops + 1)
            elif leaf.path[-1] == "*" and (inside := self._whole(module, leaf.path[:-1], hops + 1)) is not None:
                found = self._step(inside, name, hops + 2) if inside is not module else None
            if found is not None:
                return found
        return None

    def _whole(self, module: Module, path: Path, hops: int) -> Module | None:
        """The module that the whole of a path is."""
        found, taken = self._reach(module, path, hops)
        return found if taken == len(path) else None

    def _library(self, here: Module, name: str) -> Module | None:
        renamed = here.package.renamed.get(name, name) if here.package else name
        library = nearest([package.library for package in self._libraries.get(renamed, ())], here.file)
        return self._modules[library, ()] if library is not None else None


def leaves(module: str, names: str) -> list[Leaf]:
    """`a::{b, c::d as e, self, f::*}` as one path for each name."""
    begin, brace, rest = module.partition("{")
    head = tuple(part for part in re.split(r"\s*::\s*", begin) if part)
    text = brace + rest or names
    if not text.startswith(("{", "*")):
        return [Leaf(head, text or (head[-1] if head else ""))]
    tokens = [found[0] for found in _TOKEN.finditer(text)]
    return list(_expanded(tokens, head))


def _expanded(tokens: Sequence[str], head: Path) -> Iterator[Leaf]:
    """Of one braced list or star, without recursion: a list may be as deep as anybody likes."""
    stack, path, renamed = [head], list(head), ""
    fresh = False
    for token in [*tokens, ","]:
        if token == "{":
            stack.append(tuple(path))
            fresh = False
        elif token in (",", "}"):
            if fresh:
                yield _leaf(tuple(path), renamed)
            if token == "}" and len(stack) > 1:
                stack.pop()
            path, renamed, fresh = list(stack[-1]), "", False
        elif token == "as":
            renamed = "as"
        elif renamed:
            renamed = token
        else:
            path.append(token)
            fresh = True


def _leaf(path: Path, renamed: str) -> Leaf:
    whole = path[:-1] if path[-1] == "self" and len(path) > 1 else path
    return Leaf(whole, renamed or whole[-1])


def _hidden(module: Module, rest: Path) -> bool:
    """Whether what is left of a path begins with a module that nothing here declares or imports: a macro makes it, and
    who knows where. (Types are written with a capital.)"""
    return len(rest) > 1 and not rest[0][:1].isupper() and all(leaf.name != rest[0] for leaf in module.uses)


def _declares(item: Import) -> bool:
    return item.names.split(",")[0] == "mod"


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


def _home(file: str, item: Import | None = None) -> str:
    """Where a file's modules lie: in its folder for mod.rs and what `#[path]` names, else in one of its name."""
    written = item is not None and "," in item.names
    return folder_of(file) if written or name_of(file) == "mod.rs" else file.removesuffix(".rs")
