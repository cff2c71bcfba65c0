"""rustc's own account of a crate: its tree after names were resolved (`-Z unpretty=hir-tree`), read as a stream.

Each `use` is there as one item for each name, with what every segment of its path has turned out to be, and each module
with the file that it stands in. A `use` means the last module on its path. What no feature turns on, and what is for
other systems, rustc has not seen: such lines are not judged. The crates that this one needs are not given to it; a use
whose path has no segment that rustc knows for that reason is not judged either.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.import_truth.model import SkippedError, Truth

if TYPE_CHECKING:
    from collections.abc import Collection

_OWNER = re.compile(r"DefId\((.+)\) => OwnerNodes \{")
_MODULE = re.compile(r"\s+DefId\((.+)\),?$")
_WRITTEN = re.compile(r" {16}span: (.+?):(\d+):\d+: (\d+):\d+ \(#(\d+)\),")
_INNER = re.compile(r"\s+inner_span: (.+?):\d+:\d+: ")
_KINDS = {" " * 16 + "kind: Use(\n": "use", " " * 16 + "kind: Mod(\n": "mod", " " * 8 + "node: Crate(\n": "crate"}
_PATH_BEGINS = " " * 24 + "segments: [\n"
_LIST = " " * 20 + "ListStem,\n"


def truth(root: Path, files: Collection[str], _cache: Path) -> Truth:
    rustc = shutil.which("rustc")
    if rustc is None:
        raise SkippedError("rustc is not installed")
    manifest = tomllib.loads((root / "Cargo.toml").read_text("utf-8"))
    tree = _Tree()
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "OUT_DIR": out, "RUSTC": rustc, **_versions(manifest)}
        if (root / "build.rs").exists():
            _run_build_script(rustc, root, Path(out), environment)
        process = subprocess.Popen(
            _command(rustc, manifest), cwd=root, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        with process:
            for line in process.stdout:
                tree.read(line)
    if not tree.files:
        raise SkippedError("this rustc does not show its tree")
    return tree.truth(files)


def _versions(manifest: dict[str, dict[str, str]]) -> dict[str, str]:
    parts = str(manifest["package"].get("version", "0.0.0")).split(".")
    return {f"CARGO_PKG_VERSION_{name}": part for name, part in zip(("MAJOR", "MINOR", "PATCH"), parts, strict=False)}


def _run_build_script(rustc: str, root: Path, out: Path, environment: dict[str, str]) -> None:
    """It may write sources that the crate includes."""
    program = out / "build-script"
    built = subprocess.run([rustc, "--edition", "2021", "-o", str(program), "build.rs"], cwd=root, capture_output=True)
    if not built.returncode:
        subprocess.run([str(program)], cwd=root, env=environment, capture_output=True)


def _command(rustc: str, manifest: dict[str, dict[str, str]]) -> list[str]:
    name = str(manifest["package"]["name"]).replace("-", "_")
    edition = manifest["package"].get("edition", "2015")
    features = [word for feature in manifest.get("features", {}) for word in ("--cfg", f'feature="{feature}"')]
    crate = ["--test", "--crate-name", name, "--edition", str(edition), *features]
    return [rustc, *crate, "-Z", "unpretty=hir-tree", "src/lib.rs"]


class _Tree:
    """What matters of the tree, from its lines, one item after another."""

    _kind: str  # of the item that is being read: "use", "mod", "crate", "" before it is known, "done" after

    def __init__(self) -> None:
        self.files: dict[str, str] = {}  # by module
        self._uses: list[tuple[str, str]] = []  # the file, and the last module of the path
        self._declared: set[tuple[str, str]] = set()
        self._lines: set[tuple[str, int]] = set()
        self._unread: set[tuple[str, int]] = set()
        self._lists: dict[str, list[tuple[int, int]]] = defaultdict(list)  # first and last lines by file
        self._begin("")

    def truth(self, files: Collection[str]) -> Truth:
        judged = frozenset(self.files.values()) & frozenset(files)
        edges = self._declared | {(source, self.files[module]) for source, module in self._uses if module in self.files}
        kept = {(source, target) for source, target in edges if source != target and {source, target} <= judged}
        return Truth(frozenset(kept), judged, lines=frozenset(self._lines - self._unread))

    def read(self, line: str) -> None:
        if line.startswith("DefId(") and (found := _OWNER.match(line)):
            self._begin(found[1])
        elif not self._kind:
            self._kind = _KINDS.get(line, "")
        elif self._kind != "done":
            self._read_inside(line)

    def _begin(self, owner: str) -> None:
        self._owner, self._kind, self._last, self._whole, self._inner = owner, "", "", "", ""
        self._is_list = self._module_follows = False

    def _read_inside(self, line: str) -> None:
        if self._module_follows:
            found = _MODULE.match(line)
            self._last, self._module_follows = found[1] if found else self._last, False
        elif line.endswith(" Mod,\n"):
            self._module_follows = True
        elif line == _PATH_BEGINS:
            self._whole = self._last  # what stood before it is what the whole path means
        elif line == _LIST:
            self._is_list = True
        elif found := _INNER.match(line):
            self.files[self._owner] = self._inner = found[1]
        elif found := _WRITTEN.match(line):
            if found[4] == "0":  # in the source, not by a macro
                self._written(found[1], int(found[2]), int(found[3]))
            self._kind = "done"

    def _written(self, file: str, line: int, end: int) -> None:
        module = self._whole or self._last
        if self._kind == "mod":
            self._declared.add((file, self._inner))
            self._lines.add((file, line))
        elif self._is_list:
            self._lists[file].append((line, end))
        else:
            lines = self._lines if module else self._unread
            lines.add((file, line))
            lines.update((file, first) for first, last in self._lists[file] if first <= line <= last)
            if module:
                self._uses.append((file, module))
