"""Go's own account: `go/parser` reads the imports of each file, and `go list` says which files a package has.

The files that a build constraint leaves out here count too, as those of other systems: `go list` names them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.import_truth.model import SkippedError, Truth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_LISTER = Path(__file__).with_name("list_imports.go")
_FILES = ("GoFiles", "CgoFiles", "IgnoredGoFiles")


def truth(root: Path, files: Collection[str], cache: Path) -> Truth:
    go = shutil.which("go")
    if go is None:
        raise SkippedError("go is not installed")
    offline = {"GOPROXY": "off", "GO111MODULE": "on", "GOCACHE": str(cache / "go")}
    environment = {**os.environ, **offline}
    packages: dict[str, list[str]] = {}
    for module in (root / path for path in files if Path(path).name == "go.mod"):
        for package in _packages(go, module.parent, environment):
            folder = Path(package["Dir"])
            listed = [
                folder / name for kind in _FILES for name in package.get(kind, ()) if not name.endswith("_test.go")
            ]
            packages[package["ImportPath"]] = [path.relative_to(root).as_posix() for path in listed]
    if not packages:
        raise SkippedError("this Go can't read its go.mod")
    wanted = [str(root / path) for path in files if path.endswith(".go")]
    ended = subprocess.run(
        [go, "run", str(_LISTER)], input="\n".join(wanted), cwd=cache, env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    edges: set[tuple[str, str]] = set()
    judged = set()
    for line in ended.stdout.splitlines():
        written, name = line.split("\t")
        path = Path(written).relative_to(root).as_posix()
        judged.add(path)
        edges.update((path, target) for target in packages.get(name, ()) if target in files and target != path)
    return Truth(frozenset(edges), frozenset(judged))


def _packages(go: str, folder: Path, environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    command = [go, "list", "-e", "-find", "-json=Dir,ImportPath,GoFiles,CgoFiles,IgnoredGoFiles", "./..."]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    decoder, text = json.JSONDecoder(), ended.stdout.strip()
    while text:
        package, end = decoder.raw_decode(text)
        yield package
        text = text[end:].lstrip()
