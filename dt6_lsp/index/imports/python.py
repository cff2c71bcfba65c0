"""Python: a module is a file or a folder below one of the places that Python would look in.

Those places are for a file in a package the folder that holds its topmost package, for a script its own folder; the
folders above; and then those of projects (what holds a pyproject.toml or setup.py) with their src/, lib/ or python/.
Like Python, the first place that has the first part of a name decides, except where that part is a namespace package
(a folder without __init__.py), which may go on in other places. The standard library comes first.

An empty file is not in the index, and so not an empty __init__.py: a folder is taken for part of a package too when its
files import relatively, or by a name that begins with the folder's.

A submodule that is imported from its package stands for itself; the package only for the names that no submodule
has. Not here: what is done at run time (`importlib.import_module`, changes of `sys.path`).
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.paths import folder_of, folders_above, is_under, join, name_of, shared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_ENDINGS = ("pyi", "pyx", "pyw", "py")  # the later, the better
_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_HOMES = ("src", "lib", "python")  # where projects keep their packages


class PythonResolver:
    def __init__(self, sources: Sources) -> None:
        files = [file for file in sources.files if file.language == "python"]
        paths = [file.path for file in files]
        self._modules = {module: path for ending in _ENDINGS for module, path in _ending_with(ending, paths)}
        self._folders = {"", *(folder for path in paths for folder in folders_above(path))}
        self._packages = {folder_of(module) for module in self._modules if name_of(module) == "__init__"}
        self._no_roots = self._packages | {folder for file in files for folder in _implied_packages(file)}
        projects = {""} | {folder_of(path) for path in (*paths, *sources.configs) if name_of(path) in _PROJECT_FILES}
        homes = {join(project, home) or "" for project in projects for home in _HOMES}
        self._shared_roots = sorted(projects | (homes & self._folders))
        self._roots = lru_cache(maxsize=None)(self._roots_of)

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        level, parts = _split(item.module)
        folder = folder_of(source.path)
        places = _relative(folder, level, parts) if level else self._absolute(parts, folder)
        if places is None:
            return None
        if not item.names:
            return self._files(places)
        return self._taken(places, [name.strip() for name in item.names.split(",")])

    def _absolute(self, parts: Sequence[str], folder: str) -> list[str] | None:
        """Paths without ending that the module may have; None where it is not of this workspace."""
        if not parts or parts[0] in sys.stdlib_module_names:
            return None
        portions = []
        for root in self._roots(folder):
            top = f"{root}/{parts[0]}".lstrip("/")
            whole = "/".join((top, *parts[1:]))
            if top in self._modules or top in self._packages:
                return [whole]
            if whole in self._folders or whole in self._modules:
                portions.append(whole)
        return portions or None

    def _files(self, places: Iterable[str]) -> list[str]:
        """The package or module at the first place that has one."""
        for place in places:
            found = self._modules.get(f"{place}/__init__".lstrip("/")) or self._modules.get(place)
            if found is not None:
                return [found]
        return []

    def _taken(self, places: Sequence[str], names: Iterable[str]) -> list[str]:
        found: list[str] = []
        for name in names:
            inside = [f"{place}/{name}".lstrip("/") for place in places]
            submodule = self._files(inside)
            if submodule:
                found += submodule
            elif not any(place in self._folders for place in inside):
                found += self._files(places)
        return found

    def _roots_of(self, folder: str) -> tuple[str, ...]:
        """Where a file in this folder finds what it imports by its full name, in order."""
        top = folder
        while top and top in self._no_roots:
            top = folder_of(top)
        above = [place for place in folders_above(folder) if place not in self._no_roots]
        others = sorted(
            (root for root in self._shared_roots if not is_under(folder, root)),
            key=lambda root: (-shared(root, folder), root),
        )
        return tuple(dict.fromkeys((top, *above, *others, "")))


def _split(module: str) -> tuple[int, tuple[str, ...]]:
    """How many dots it begins with, and its parts."""
    plain = module.replace(" ", "")
    rest = plain.lstrip(".")
    return len(plain) - len(rest), tuple(rest.split(".")) if rest else ()


def _relative(folder: str, level: int, parts: Sequence[str]) -> list[str]:
    place = join(folder, "/".join((*("..",) * (level - 1), *parts)))
    return [] if place is None else [place]


def _implied_packages(file: SourceFile) -> Iterator[str]:
    """The folders above a file that its imports show to be packages."""
    folders = folder_of(file.path).split("/")
    for item in file.imports:
        level, parts = _split(item.module)
        depth = len(folders) - level + 1 if level else _last(folders, parts[0]) + 1 if len(parts) > 1 else 0
        if depth > 0:
            yield from ("/".join(folders[:end]) for end in range(depth, len(folders) + 1))


def _last(folders: Sequence[str], name: str) -> int:
    """The place of the innermost folder of this name; -1 where there is none."""
    return next((place for place in range(len(folders) - 1, -1, -1) if folders[place] == name), -1)


def _ending_with(ending: str, paths: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((path[: -len(ending) - 1], path) for path in paths if path.endswith("." + ending))
