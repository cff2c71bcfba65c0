"""Rust's crates in a workspace, by their Cargo.toml: the files that they begin with, and the names that they know one
another by.

Of what Cargo finds by itself the same places are looked at: src/lib.rs, src/main.rs, src/bin, tests, examples,
benches and build.rs. Not here: the modules inside a crate (`modules`), and crates that are no part of the workspace.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dt6_lsp.index.imports.jsonc import table
from dt6_lsp.index.imports.paths import folder_of, is_under, join, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_FOUND = re.compile(r"src/main\.rs|build\.rs|(?:src/bin|tests|examples|benches)/(?:[^/]+|[^/]+/main)\.rs")
_SECTIONS = ("bin", "test", "example", "bench")
_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")


@dataclass(frozen=True, slots=True)
class Package:
    """One Cargo.toml. `library` is the path of the file that its library begins with ("" without one), `renamed` gives
    the package that a dependency of another name is. `old` is the edition of 2015: its paths begin at the crate."""

    folder: str
    name: str
    library: str
    roots: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    old: bool = False


def packages(configs: Mapping[str, str], paths: Collection[str]) -> list[Package]:
    """Those with a name, the innermost folder first; an unreadable Cargo.toml counts for nothing."""
    manifests = {folder_of(path): _read(text) for path, text in configs.items() if name_of(path) == "Cargo.toml"}
    shared = next((table(one["workspace"]) for one in manifests.values() if "workspace" in one), {})
    owned = _owned(manifests, paths)
    found = [_package(folder, manifest, owned[folder], shared) for folder, manifest in manifests.items()]
    return sorted((one for one in found if one.name), key=_depth)


def crate_name(package: str) -> str:
    return package.replace("-", "_")


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _owned(manifests: Mapping[str, Any], paths: Collection[str]) -> dict[str, set[str]]:
    """Paths by the innermost folder with a Cargo.toml that holds them, as seen from it."""
    owned: dict[str, set[str]] = {folder: set() for folder in manifests}
    for path in paths:
        folder = path
        while folder:
            folder = folder_of(folder)
            if folder in owned:
                owned[folder].add(path[len(folder) :].lstrip("/"))
                break
    return owned


def _package(folder: str, manifest: Mapping[str, Any], paths: set[str], shared: Mapping[str, Any]) -> Package:
    package, library = table(manifest.get("package")), table(manifest.get("lib"))
    main = str(library.get("path", "src/lib.rs"))
    declared = {str(one["path"]) for section in _SECTIONS for one in _tables(manifest.get(section)) if "path" in one}
    roots = {path for path in paths if _FOUND.fullmatch(path)} | declared | {str(package.get("build", "build.rs"))}
    edition = package.get("edition", "2015")
    if isinstance(edition, dict):
        edition = table(shared.get("package")).get("edition", "2015")
    return Package(
        folder=folder,
        name=crate_name(str(library.get("name") or package.get("name") or "")),
        library=join(folder, main) or "" if main in paths else "",
        roots=tuple(join(folder, root) or "" for root in sorted(roots) if root in paths),
        renamed=dict(_renamed(manifest, table(shared.get("dependencies")))),
        old=edition == "2015",
    )


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _renamed(manifest: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    holders = [manifest, *map(table, table(manifest.get("target")).values())]
    for holder in holders:
        for section in _DEPENDENCIES:
            for name, written in table(holder.get(section)).items():
                one = table(written)
                package = (table(shared.get(name)) if one.get("workspace") else one).get("package")
                if isinstance(package, str):
                    yield crate_name(name), crate_name(package)


def _depth(package: Package) -> tuple[int, str]:
    return -package.folder.count("/") - bool(package.folder), package.folder


def holder_of(path: str, found: list[Package]) -> Package | None:
    """The package that a file is in; `found` as `packages` gives them."""
    return next((one for one in found if is_under(path, one.folder)), None)
