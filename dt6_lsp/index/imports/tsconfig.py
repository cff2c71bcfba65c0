"""The names that tsconfig.json and jsconfig.json give to files: `baseUrl` and `paths`, with `extends`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dt6_lsp.index.imports.jsonc import read_object, table, texts
from dt6_lsp.index.imports.paths import folder_of, folders_above, join, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_EXTENDS = 10


@dataclass(frozen=True, slots=True)
class _Names:
    """`base` is None where none is set; `paths` are seen from `home`."""

    base: str | None = None
    home: str = ""
    paths: Mapping[str, list[str]] = field(default_factory=dict)


class TsConfigs:
    def __init__(self, configs: Mapping[str, str]) -> None:
        self._texts = {path: text for path, text in configs.items() if is_tsconfig(path)}
        self._read = lru_cache(maxsize=None)(self._names)
        self._nearest = lru_cache(maxsize=None)(self._of_folder)

    def candidates(self, path: str, module: str) -> Iterator[str]:
        """Paths, perhaps without ending, that a module may have which is neither relative nor a package."""
        names = self._nearest(folder_of(path))
        pattern = _best(names.paths, module)
        if pattern is not None:
            head, _, tail = pattern.partition("*")
            star = module[len(head) : len(module) - len(tail)] if "*" in pattern else ""
            for target in names.paths[pattern]:
                place = join(names.home, target.replace("*", star))
                if place is not None:
                    yield place
        if names.base is not None:
            place = join(names.base, module)
            if place is not None:
                yield place

    def _of_folder(self, folder: str) -> _Names:
        """Of the innermost folder that has a configuration; tsconfig.json before its variants, but those too where only
        they name anything."""
        for above in (folder, *folders_above(folder)):
            here = sorted((path for path in self._texts if folder_of(path) == above), key=_place)
            found = [names for path in here if (names := self._read(path, 0)).paths or names.base is not None]
            if here:
                return found[0] if found else _Names()
        return _Names()

    def _names(self, path: str, depth: int) -> _Names:
        config = read_object(self._texts[path])
        options = table(config.get("compilerOptions"))
        inherited = _Names()
        for parent in self._parents(path, texts(config.get("extends"))) if depth < _MOST_EXTENDS else ():
            one = self._read(parent, depth + 1)
            inherited = _Names(
                inherited.base if one.base is None else one.base,
                *((one.home, one.paths) if one.paths else (inherited.home, inherited.paths)),
            )
        base = options.get("baseUrl")
        base = join(folder_of(path), base) if isinstance(base, str) else inherited.base
        paths = {key: texts(value) for key, value in table(options.get("paths")).items()}
        if paths:
            return _Names(base, folder_of(path) if base is None else base, paths)
        return _Names(base, inherited.home, inherited.paths)

    def _parents(self, path: str, written: list[str]) -> Iterator[str]:
        for parent in written:
            place = join(folder_of(path), parent)
            for candidate in (place, f"{place}.json", f"{place}/tsconfig.json"):
                if candidate in self._texts and candidate != path:
                    yield candidate or ""
                    break


def is_tsconfig(path: str) -> bool:
    name = name_of(path)
    return name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json")


def _place(path: str) -> tuple[bool, bool, str]:
    name = name_of(path)
    return name != "tsconfig.json", name != "jsconfig.json", name


def _best(paths: Mapping[str, list[str]], module: str) -> str | None:
    """The name itself, else the pattern whose beginning is the longest."""
    if module in paths:
        return module
    fitting = [
        pattern
        for pattern in paths
        if pattern.count("*") == 1
        and len(module) >= len(pattern) - 1
        and module.startswith(pattern.partition("*")[0])
        and module.endswith(pattern.partition("*")[2])
    ]
    return max(fitting, key=lambda pattern: pattern.index("*"), default=None)
