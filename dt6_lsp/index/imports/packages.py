"""JavaScript's packages in a workspace: which file `name` or `name/inside` is, by their package.json.

What a package exports is mostly built, and no part of the workspace: `dist/esm/a.js` means the source that it is built
from, `src/a.ts` or `a.ts`. Of the conditions of an export, the first that leads to a file of the workspace is taken.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dt6_lsp.index.imports.jsonc import read_object, table
from dt6_lsp.index.imports.paths import folder_of, folders_above, join, name_of, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_CONDITIONS = frozenset({  # that Node, TypeScript and the common bundlers know
    "types", "import", "require", "node", "browser", "default", "module", "development", "production", "deno", "worker",
})  # fmt: skip
_DEEPEST = 20
_ENTRIES = ("source", "types", "typings", "module", "main")


class Packages:
    """`find` gives the file for a path that may lack its ending, or None."""

    def __init__(self, configs: Mapping[str, str], find: Callable[[str], str | None]) -> None:
        self._find = find
        self._manifests = {
            folder_of(path): read_object(text) for path, text in configs.items() if name_of(path) == "package.json"
        }
        self._named: dict[str, list[str]] = defaultdict(list)
        for folder, manifest in self._manifests.items():
            if isinstance(manifest.get("name"), str):
                self._named[manifest["name"]].append(folder)

    def main(self, folder: str) -> str | None:
        """The file that stands for a folder with a package.json."""
        return self._first(folder, self._entries(folder)) if folder in self._manifests else None

    def imported(self, path: str, module: str) -> str | None:
        """`#name` of the package that holds the file."""
        folder = next((folder for folder in folders_above(path) if folder in self._manifests), None)
        if folder is None:
            return None
        return self._first(folder, _matching(table(self._manifests[folder].get("imports")), module))

    def exported(self, path: str, module: str) -> tuple[bool, str | None]:
        """Whether the module is of a package of this workspace, and its file."""
        parts = module.split("/")
        length = 2 if module.startswith("@") else 1
        name, inside = "/".join(parts[:length]), "/".join(parts[length:])
        folder = nearest(self._named.get(name, []), path)
        if folder is None:
            return False, None
        return True, self._exported(folder, inside)

    def _exported(self, folder: str, inside: str) -> str | None:
        exports = self._manifests[folder].get("exports")
        if exports is not None:
            by_path = isinstance(exports, dict) and any(key.startswith(".") for key in exports)
            listed = exports if by_path else {".": exports}
            found = self._first(folder, _matching(listed, f"./{inside}" if inside else "."))
            if found is not None:
                return found
        if inside:
            return self._first(folder, (inside, f"src/{inside}"))
        return self._first(folder, self._entries(folder))

    def _entries(self, folder: str) -> Iterator[str]:
        manifest = self._manifests[folder]
        yield from (manifest[key] for key in _ENTRIES if isinstance(manifest.get(key), str))
        yield from ("index", "src/index")

    def _first(self, folder: str, targets: Iterable[str]) -> str | None:
        wanted = [place for target in targets if (place := join(folder, target)) is not None]
        direct = (self._find(place) for place in wanted)
        built = (self._find(source) for place in wanted for source in _sources_of(folder, place))
        return next((file for files in (direct, built) for file in files if file is not None), None)


def _matching(listed: Mapping[str, Any], wanted: str) -> Iterator[str]:
    """The targets of the entry that fits best: the name itself, else the longest pattern with one `*`."""
    if wanted in listed:
        yield from _leaves(listed[wanted])
        return
    for key in sorted((key for key in listed if "*" in key), key=lambda key: -key.index("*")):
        head, _, tail = key.partition("*")
        if len(wanted) >= len(head) + len(tail) and wanted.startswith(head) and wanted.endswith(tail):
            star = wanted[len(head) : len(wanted) - len(tail)]
            yield from (leaf.replace("*", star) for leaf in _leaves(listed[key]))
            return


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """The strings in nested conditions, in order; those that a project has made up come last."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for condition in sorted(value, key=lambda condition: condition not in _CONDITIONS):
            yield from _leaves(value[condition], depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value:
            yield from _leaves(inner, depth + 1)


def _sources_of(folder: str, place: str) -> Iterator[str]:
    """Where the source of a built file may be: the folders of the build give way to src/, or to none."""
    parts = place.removeprefix(folder).strip("/").split("/")
    for dropped in range(1, len(parts)):
        for home in ("src", ""):
            yield "/".join(part for part in (folder, home, *parts[dropped:]) if part)
