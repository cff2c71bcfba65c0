"""Python's own account: `ast` reads each import statement, importlib's finders say which file it would load."""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.import_truth.model import Truth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_STDLIB = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(sys.prefix, "lib-dynload"))]


def truth(root: Path, files: Collection[str], _cache: Path) -> Truth:
    finder = _Finder(root)
    edges: set[tuple[str, str]] = set()
    judged = set()
    for path in files:
        if not path.endswith(".py"):
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse((root / path).read_bytes())
        except (SyntaxError, ValueError):
            continue
        judged.add(path)
        targets = (target for node in ast.walk(tree) for target in finder.loaded_by(node, root / path))
        edges.update((path, target) for target in targets if target in files and target != path)
    PathFinder.invalidate_caches()
    return Truth(frozenset(edges), frozenset(judged))


class _Finder:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._places = [str(place) for place in (root, root / "src") if place.is_dir()]
        self._projects = {manifest.parent for manifest in root.rglob("pyproject.toml")}
        self._found: dict[tuple[str, tuple[str, ...]], ModuleSpec | None] = {}

    def loaded_by(self, node: ast.AST, file: Path) -> Iterator[str]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from self._origin(self._absolute(alias.name, file))
        elif isinstance(node, ast.ImportFrom):
            package = self._absolute(node.module or "", file) if not node.level else self._relative(node, file)
            for alias in node.names:
                inside = self._inside(package, alias.name)
                yield from self._origin(inside or package)

    def _absolute(self, name: str, file: Path) -> ModuleSpec | None:
        script = [] if (file.parent / "__init__.py").exists() else [str(file.parent)]
        top, *rest = name.split(".")
        if top in sys.builtin_module_names:
            return None
        return self._below(self._find(top, [*script, *_STDLIB, *self._project(file), *self._places]), rest)

    def _project(self, file: Path) -> Iterator[str]:
        """Where the project that holds the file has its packages, as it is when it is installed to be worked on."""
        project = next((folder for folder in file.parents if folder in self._projects), None)
        if project is not None and project != self._root:
            yield from (str(place) for place in (project / "src", project) if place.is_dir())

    def _relative(self, node: ast.ImportFrom, file: Path) -> ModuleSpec | None:
        folder = file.parent
        for _ in range(node.level - 1):
            folder = folder.parent
        if not folder.is_relative_to(self._root) or folder == self._root.parent:
            return None
        package = self._find(folder.name, [str(folder.parent)])
        return self._below(package, node.module.split(".") if node.module else [])

    def _below(self, spec: ModuleSpec | None, parts: Sequence[str]) -> ModuleSpec | None:
        for part in parts:
            spec = self._inside(spec, part)
        return spec

    def _inside(self, package: ModuleSpec | None, name: str) -> ModuleSpec | None:
        if package is None or package.submodule_search_locations is None or name == "*":
            return None
        return self._find(name, list(package.submodule_search_locations))

    def _find(self, name: str, places: Sequence[str]) -> ModuleSpec | None:
        """By its last name: of a longer one the finder wants the package imported."""
        key = name, tuple(places)
        if key not in self._found:
            self._found[key] = PathFinder.find_spec(name, list(places))
        return self._found[key]

    def _origin(self, spec: ModuleSpec | None) -> Iterator[str]:
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            if origin.suffix in (".so", ".pyd"):  # compiled from the source beside it
                origin = origin.with_name(origin.name.partition(".")[0] + ".py")
            if origin.is_relative_to(self._root):
                yield origin.relative_to(self._root).as_posix()
