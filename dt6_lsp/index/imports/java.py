"""Java: a class is a file in the folders of its package.

An import names a class, one that is in a class, a member of it (`import static`), or with `*` a package: of that, the
classes which the file uses by name are meant. So are those of its own package, which it needs no import for. Where
several folders of sources have the same class, the one nearest to the file is meant. Not here: classes that stand in
another class's file, and names that are written out in full.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.model import OWN_PACKAGE
from dt6_lsp.index.imports.paths import folder_of, name_of, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_HOMES = ("java", "src", "test", "tests")  # the last folder of these names holds packages; the first name counts


class JavaResolver:
    def __init__(self, sources: Sources) -> None:
        self._classes: dict[str, list[str]] = defaultdict(list)  # by simple name
        for file in sources.files:
            if file.language == "java":
                self._classes[name_of(file.path).removesuffix(".java")].append(file.path)
        folders = {folder_of(path) for paths in self._classes.values() for path in paths}
        self._packages = {tail for folder in folders for tail in _tails(folder)}
        self._package_of = lru_cache(maxsize=None)(_package_of)
        self._imported = lru_cache(maxsize=1)(_imported)  # one file after another is asked about

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        parts = item.module.split(".")
        if item.names == OWN_PACKAGE:
            return self._own(item.module, source)
        for end in range(len(parts), 0, -1):
            found = self._class(parts[:end], source.path)
            if found is not None:
                return [found]
        return self._used_of(parts, source) if item.names == "*" else None

    def _own(self, name: str, source: SourceFile) -> list[str]:
        """A class of the file's own package, unless the name was imported from another."""
        package = self._package_of(folder_of(source.path))
        paths = [path for path in self._classes.get(name, ()) if self._package_of(folder_of(path)) == package]
        path = nearest(paths, source.path)
        return [] if path is None or name in self._imported(source.imports) else [path]

    def _class(self, parts: Sequence[str], near: str) -> str | None:
        ending = "/" + "/".join(parts) + ".java"
        return nearest([path for path in self._classes.get(parts[-1], ()) if f"/{path}".endswith(ending)], near)

    def _used_of(self, package: Sequence[str], source: SourceFile) -> list[str] | None:
        if "/".join(package) not in self._packages:
            return None
        found = (self._class((*package, name), source.path) for name in source.uses)
        return [path for path in found if path is not None]


def _tails(folder: str) -> Iterator[str]:
    """`a/b/c`, `b/c` and `c`."""
    while folder:
        yield folder
        folder = folder.partition("/")[2]


def _imported(imports: tuple[Import, ...]) -> frozenset[str]:
    return frozenset(item.module.rpartition(".")[2] for item in imports if item.names != "*")


def _package_of(folder: str) -> tuple[str, ...]:
    """The folders below that of the sources: tests lie in other folders than what they test, in the same package."""
    folders = folder.split("/")
    for name in _HOMES:
        if name in folders:
            return tuple(folders[len(folders) - folders[::-1].index(name) :])
    return tuple(folders)
