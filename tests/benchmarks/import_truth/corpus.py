"""The packages that imports are judged on, each with the tools that tell the truth about it."""

from __future__ import annotations

import re
import shutil
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.import_truth import go_truth, java_truth, python_truth, rust_truth, typescript_truth
from tests.benchmarks.import_truth.model import SkippedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tests.benchmarks.import_truth.model import Tool

PYTHON, SCRIPTS, GO, JAVA, RUST = "python", "typescript", "go", "java", "rust"
TOOLS: dict[str, Tool] = {
    PYTHON: python_truth.truth,
    SCRIPTS: typescript_truth.truth,
    GO: go_truth.truth,
    JAVA: java_truth.truth,
    RUST: rust_truth.truth,
}
_INSTALLED = ("httpx", "pygls", "chromadb", "openai", "hypothesis", "rich", "mypy")
_FROM_NPM = {"rxjs": "7", "zod": "4", "@reduxjs/toolkit": "2", "effect": "3", "express": "5", "three": "0.170"}
_FROM_CARGO = ("clap", "rayon", "regex-syntax", "syn", "tokio")
_FROM_JDK = ("jdk.compiler", "java.logging", "java.xml")
_REPOSITORIES = {
    "flask": PYTHON, "requests": PYTHON, "fastapi": PYTHON,
    "trpc": SCRIPTS, "zod": SCRIPTS, "redux": SCRIPTS, "express": SCRIPTS,
    "cobra": GO, "gin": GO,
    "gson": JAVA, "commons-lang": JAVA,
    "axum/axum": RUST, "axum/axum-core": RUST, "axum/axum-extra": RUST, "serde/serde": RUST, "serde/serde_core": RUST,
    "serde/serde_derive": RUST,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    root: Path
    tools: Mapping[str, Tool]


def bundled(folder: Path, cache: Path, only: Collection[str]) -> Iterator[Package]:
    """Copies in `folder`, away from the rules by which installed packages are left out of an index."""
    for name in _chosen(_INSTALLED, only):
        source = Path(sysconfig.get_path("purelib"), name)
        if source.is_dir():
            yield _package(name, PYTHON, _copied(source, folder / name / name))
        else:
            print(f"  {name}: skipped, it is not installed.")
    for name in _chosen(_FROM_NPM, only):
        try:
            source = typescript_truth.installed(name, _FROM_NPM[name], cache)
        except SkippedError as reason:
            print(f"  {name}: skipped, {reason}.")
            continue
        yield _package(name, SCRIPTS, _copied(source, folder / name / "package"))
    yield from _of_go(only)
    yield from _of_jdk(folder, only)
    yield from _of_cargo(folder, only)


def repositories(corpora: Path | None, folder: Path, only: Collection[str]) -> Iterator[Package]:
    for name in _chosen(_REPOSITORIES, only) if corpora is not None else ():
        assert corpora is not None
        if (corpora / name).is_dir():
            language, root = _REPOSITORIES[name], (corpora / name).resolve()
            if language == GO:
                root = _for_any_go(root, folder / "repositories" / name)
            yield Package(f"{name} repository", root, {language: TOOLS[language]})


def _chosen(names: Collection[str], only: Collection[str]) -> list[str]:
    return [name for name in names if not only or name in only]


def _copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"), symlinks=True)
    return target.parent


def _package(name: str, language: str, root: Path) -> Package:
    return Package(name, root, {language: TOOLS[language]})


def _of_go(only: Collection[str]) -> Iterator[Package]:
    """The `go` command's own module, where it is: Go knows it by its name only there."""
    go = shutil.which("go")
    source = Path(go).resolve().parents[1] / "src" / "cmd" if go else None
    if not _chosen(["cmd"], only):
        return
    if source is not None and (source / "go.mod").exists():
        yield _package("cmd", GO, source.resolve())
    else:
        print("  cmd: skipped, go is not installed with its sources.")


def _of_cargo(folder: Path, only: Collection[str]) -> Iterator[Package]:
    """Crates that Cargo, or Debian for it, has unpacked."""
    unpacked = [*Path.home().glob(".cargo/registry/src/*"), Path("/usr/share/cargo/registry")]
    for name in _chosen(_FROM_CARGO, only):
        found = (crate for place in unpacked for crate in place.glob(f"{name}-[0-9]*"))
        crate = next(found, None)
        if crate is None:
            print(f"  {name}: skipped, Cargo has not unpacked it.")
        else:
            yield _package(name, RUST, _copied(crate, folder / "crates" / name).joinpath(name))


def _for_any_go(root: Path, copy: Path) -> Path:
    """A copy whose go.mod tells the module's name alone: Go would want what it requires, and be as new as it says."""
    shutil.copytree(root, copy, symlinks=True)
    for module in copy.rglob("go.mod"):
        named = re.search(r"(?m)^module .*$", module.read_text("utf-8"))
        module.write_text(f"{named[0]}\n" if named else "", "utf-8")
    return copy


def _of_jdk(folder: Path, only: Collection[str]) -> Iterator[Package]:
    """Modules of the JDK, where it has its sources."""
    javac = shutil.which("javac")
    sources = Path(javac).resolve().parents[1] / "lib" / "src.zip" if javac else None
    if sources is None or not sources.exists():
        print(
            *(f"  {name}: skipped, no JDK with its sources is installed." for name in _chosen(_FROM_JDK, only)),
            sep="\n",
        )
        return
    with zipfile.ZipFile(sources) as archive:
        for name in _chosen(_FROM_JDK, only):
            archive.extractall(folder / name, [one for one in archive.namelist() if one.startswith(f"{name}/")])
            yield _package(name, JAVA, folder / name)
