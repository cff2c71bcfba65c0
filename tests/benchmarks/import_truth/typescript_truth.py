"""TypeScript's own account, of TypeScript and of JavaScript: `ts.resolveModuleName` for every module specifier.

What resolves to nothing, or to what is built, of a package of the workspace is unknown: nothing is built here. So is
what resolves by a package.json that the workspace's rules leave out of the index.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.import_truth.model import SkippedError, Truth

if TYPE_CHECKING:
    from collections.abc import Collection

ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_VERSION = "5.9"
_SCRIPT = Path(__file__).with_name("typescript.js")


def truth(root: Path, files: Collection[str], cache: Path) -> Truth:
    wanted = sorted(path for path in files if path.endswith(ENDINGS))
    compiler = installed("typescript", _VERSION, cache)
    node = shutil.which("node")
    assert node is not None
    ended = subprocess.run(
        [node, str(_SCRIPT), str(compiler)],
        input=json.dumps({"root": str(root), "files": wanted}),
        capture_output=True,
        text=True,
        check=True,
    )
    edges, unknown = set(), set()
    for path, specifiers in json.loads(ended.stdout).items():
        for name, target, manifests in specifiers:
            if any(one not in files for one in manifests if not one.startswith("../")):
                unknown.add((path, name))
            elif target in files:
                edges.add((path, target))
            elif not name.startswith("."):
                unknown.add((path, name))
    kept = {(path, target) for path, target in edges if path != target and target.endswith(ENDINGS)}
    return Truth(frozenset(kept), frozenset(wanted), frozenset(unknown))


def installed(name: str, version: str, cache: Path) -> Path:
    """The folder of an npm package, which is installed into `cache` the first time."""
    npm = shutil.which("npm")
    folder = cache / "npm" / "node_modules" / name
    if npm is None or shutil.which("node") is None:
        raise SkippedError("node and npm are not installed")
    if not folder.is_dir():
        (cache / "npm").mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        ended = subprocess.run([*command, f"{name}@{version}"], cwd=cache / "npm", capture_output=True, text=True)
        if ended.returncode:
            raise SkippedError(f"npm can't install {name}: {ended.stderr.strip()[-200:]}")
    return folder
