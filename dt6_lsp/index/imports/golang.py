"""Go: an import names a package, which is all the files of a folder but its tests.

The folder is that of the go.mod whose module path the import begins with, the longest that does, and what of the import
comes after it. Where several go.mod name the same module, the one nearest to the file is meant. Not here: build
constraints (every file of the folder counts, whatever system it is for), and workspaces from before modules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.paths import folder_of, name_of, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.index.imports.model import SourceFile, Sources
    from dt6_lsp.syntax.model import Import

_MODULE = re.compile(r"^[ \t]*module[ \t]+\"?([^\s\"]+)", re.MULTILINE)


class GoResolver:
    def __init__(self, sources: Sources) -> None:
        self._packages: dict[str, list[str]] = defaultdict(list)
        for file in sources.files:
            if file.language == "go" and not file.path.endswith("_test.go"):
                self._packages[folder_of(file.path)].append(file.path)
        self._modules: dict[str, list[str]] = defaultdict(list)
        for path, text in sources.configs.items():
            found = _MODULE.search(text) if name_of(path) == "go.mod" else None
            if found:
                self._modules[found[1]].append(folder_of(path))

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        module = item.module
        while module:
            if module in self._modules:
                folder = nearest(self._modules[module], source.path) or ""
                return self._packages.get(f"{folder}{item.module.removeprefix(module)}".lstrip("/"), [])
            module = folder_of(module)
        return None
