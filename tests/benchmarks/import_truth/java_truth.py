"""The Java compiler's own account of which source's classes a source names (Uses.java)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.import_truth.model import SkippedError, Truth

if TYPE_CHECKING:
    from collections.abc import Collection

_PROGRAM = Path(__file__).with_name("Uses.java")


def truth(root: Path, files: Collection[str], _cache: Path) -> Truth:
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        raise SkippedError("a JDK is not installed")
    wanted = [path for path in files if path.endswith(".java") and not path.endswith("module-info.java")]
    modules = [path.parent for path in root.glob("*/module-info.java")]
    patched = [word for folder in modules for word in ("--patch-module", f"{folder.name}={folder}")]
    ended = subprocess.run(
        [java, str(_PROGRAM), "-proc:none", "-implicit:none", *patched],
        input="\n".join(wanted), cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = [line.split("\t") for line in ended.stdout.splitlines()]
    return Truth(
        edges=frozenset((source, target) for source, target in pairs if target),
        judged=frozenset(source for source, target in pairs if not target),
    )
