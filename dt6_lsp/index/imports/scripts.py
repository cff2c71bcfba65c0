"""JavaScript and TypeScript: a module is a path, or a name from a package or a configuration.

A path may lack its ending, have that of the file that it is compiled to (`./a.js` for a.ts), or be a folder with an
index. TypeScript's sources come before what is compiled from them, as they do for its compiler. Not here: installed
packages, which are not of the workspace, and what bundlers add (loaders, aliases in their own configuration).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.packages import Packages
from dt6_lsp.index.imports.paths import folder_of, join
from dt6_lsp.index.imports.tsconfig import TsConfigs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_ENDINGS = ("ts", "tsx", "d.ts", "js", "jsx", "mts", "d.mts", "mjs", "cts", "d.cts", "cjs", "json", "vue", "svelte")
_COMPILED = {
    "js": ("ts", "tsx", "d.ts", "js", "jsx"),
    "jsx": ("tsx", "d.ts", "jsx"),
    "mjs": ("mts", "d.mts", "mjs"),
    "cjs": ("cts", "d.cts", "cjs"),
}
_QUERY = re.compile(r"\?.*")


class ScriptResolver:
    def __init__(self, sources: Sources) -> None:
        self._paths = frozenset(file.path for file in sources.files)
        self._by_stem: dict[str, dict[str, str]] = defaultdict(dict)
        for path in self._paths:
            for ending in _ENDINGS:
                if path.endswith(f".{ending}"):
                    self._by_stem[path[: -len(ending) - 1]][ending] = path
        self._packages = Packages(sources.configs, self._module)
        self._configs = TsConfigs(sources.configs)

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        module = _QUERY.sub("", item.module)
        if module.startswith("."):
            place = join(folder_of(source.path), module)
            found = None if place is None else self._module(place, folder_only=module.endswith(("/", "/.", "/..")))
            return [] if found is None else [found]
        named, found = self._named(source.path, module)
        if found is not None:
            return [found]
        return [] if named else None

    def _named(self, path: str, module: str) -> tuple[bool, str | None]:
        """Whether it is of the workspace for sure, and its file."""
        if module.startswith("#") and (found := self._packages.imported(path, module)) is not None:
            return True, found
        for place in self._configs.candidates(path, module):
            found = self._module(place)
            if found is not None:
                return True, found
        return self._packages.exported(path, module)

    def _module(self, place: str, *, folder_only: bool = False) -> str | None:
        if not folder_only and (found := self._file(place)) is not None:
            return found
        return self._packages.main(place) or self._file(f"{place}/index".lstrip("/"))

    def _file(self, place: str) -> str | None:
        """The file at a path that may lack its ending or have that of what it is compiled to."""
        stem, _, ending = place.rpartition(".")
        if ending in _COMPILED and (found := _best(self._by_stem.get(stem, {}), _COMPILED[ending])) is not None:
            return found
        return _best(self._by_stem.get(place, {}), _ENDINGS) or (place if place in self._paths else None)


def _best(paths: Mapping[str, str], endings: Iterable[str]) -> str | None:
    """Of paths by their ending."""
    return next((paths[ending] for ending in endings if ending in paths), None) if paths else None
