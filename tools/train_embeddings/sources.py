"""Which text the vectors may learn from: the standard library and installed packages under permissive licences.

Two guards keep projects that search quality is judged on out of it: a list of names, and, because forks and vendored
copies go by other names, overlap of lines with a folder of checkouts. Whatever was used is listed with its licence.
"""

from __future__ import annotations

import json
import platform
import re
import sysconfig
from collections import Counter
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tools.train_embeddings.fetch import MARKER, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Python-2\.0|Unlicense|CC0)\b", re.IGNORECASE
)
_NOT_PERMISSIVE = re.compile(r"GPL|MPL|Mozilla|EPL|CDDL|Proprietary|Commercial|NVIDIA", re.IGNORECASE)
_SUFFIXES = frozenset(
    {".py", ".pyi", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".cuh"}
    | {".rs", ".go", ".java", ".kt", ".rb", ".php", ".cs", ".swift", ".scala", ".lua", ".sh"}
)
_SKIPPED_PARTS = frozenset(
    {"_vendor", "vendor", "vendored", "third_party", "thirdparty", "node_modules", "__pycache__", "site-packages"}
    | {"test", "tests", "testing", "testdata", "__tests__", "idlelib", "lib2to3", "turtledemo"}
)
EXCLUDED = Path(__file__).parent / "excluded.txt"
_HELD_OUT = frozenset((Path(__file__).parent / "held_out.txt").read_text(encoding="utf-8").splitlines()[1:])
_PACKAGE_BYTES = 12_000_000  # at most this much of one package, so that no single one sets the tone
_FILE_BYTES = 400_000
_TELLING_LINE = 30  # characters; shorter lines are shared by unrelated projects
_OVERLAP = 0.1


@dataclass(frozen=True, slots=True)
class Source:
    """One package and those of its files that may be learned from."""

    name: str
    version: str
    licence: str
    files: tuple[Path, ...] = field(repr=False)


def standard_library() -> Source:
    root = Path(sysconfig.get_path("stdlib"))
    return Source("python-standard-library", platform.python_version(), "PSF-2.0", _capped(_code_files(root)))


def installed_packages() -> Iterator[Source]:
    """The listed packages, where they are installed and their own metadata names a permissive licence."""
    wanted = {name: version for registry, name, version, _ in listed() if registry == "pypi"}
    for found in sorted(metadata.distributions(), key=lambda d: str(d.metadata["Name"]).lower()):
        name, licence = _normal(found.metadata["Name"]), _licence(found)
        if name in wanted and name not in _HELD_OUT and _permissive(licence):
            if found.version != wanted[name]:
                print(f"{name} is {found.version}, not {wanted[name]}: the vectors will differ a little", flush=True)
            paths = (Path(str(found.locate_file(file))) for file in found.files or ())
            yield Source(
                name,
                found.version,
                licence,
                _capped(sorted(p for p in paths if _wanted(p, Path(str(found.locate_file("")))))),
            )


def fetched_packages(folder: Path) -> Iterator[Source]:
    """What `fetch` brought into `folder`, in order of the folders' names."""
    for marker in sorted(folder.glob(f"*/{MARKER}")):
        facts = json.loads(marker.read_text(encoding="utf-8"))
        if not _HELD_OUT & set(re.split(r"[@/]", facts["name"])):
            files = _capped(_code_files(marker.parent))
            yield Source(facts["name"], facts["version"], facts["licence"], files)


def known_name(source: str, path: Path) -> str:
    """What a file is called in lists and in training, wherever its package is installed."""
    return "/".join((source, *path.parts[-4:]))


def without_overlap(sources: Iterable[Source], guard: Path | None) -> Iterator[Source]:
    """The sources less every file of which a tenth of the telling lines is found in one checkout below `guard`, and
    less those of which an earlier guard found this (`excluded.txt`)."""
    seen = _guarded_lines(guard) if guard else {}
    excluded = set(EXCLUDED.read_text(encoding="utf-8").splitlines())
    for source in sources:
        files = (path for path in source.files if known_name(source.name, path) not in excluded)
        yield Source(
            source.name, source.version, source.licence, tuple(path for path in files if not _overlaps(path, seen))
        )


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(found: metadata.Distribution) -> str:
    facts = found.metadata
    named = [*(facts.get_all("License-Expression") or ()), *(facts.get_all("License") or ())]
    stated = [line.split("\n")[0] for line in named[:1]]
    stated += [c.split("::")[-1].strip() for c in facts.get_all("Classifier") or () if c.startswith("License ::")]
    return "; ".join(dict.fromkeys(part for part in stated if part))


def _permissive(licence: str) -> bool:
    return bool(_PERMISSIVE.search(licence)) and not _NOT_PERMISSIVE.search(licence)


def _code_files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if _wanted(path, root))


def _wanted(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
    if (
        path.suffix not in _SUFFIXES
        or path.name.endswith((".min.js", ".d.mts", ".d.cts"))
        or _SKIPPED_PARTS & set(parts)
    ):
        return False
    return path.is_file() and path.stat().st_size <= _FILE_BYTES


def _capped(files: list[Path]) -> tuple[Path, ...]:
    """All files, or every second, third, ... of them until the package's share is kept."""
    size = sum(path.stat().st_size for path in files)
    return tuple(files[:: max(1, -(-size // _PACKAGE_BYTES))])


def _telling_lines(text: str) -> set[int]:
    stripped = (line.strip() for line in text.splitlines())
    return {hash(line) for line in stripped if len(line) >= _TELLING_LINE}


def _guarded_lines(guard: Path) -> dict[int, str]:
    """Hashes of lines by the one checkout that has them; those of several are nobody's (licences, say)."""
    owners: dict[int, str] = {}
    spread: Counter[int] = Counter()
    for checkout in sorted(path for path in guard.iterdir() if path.is_dir()):
        lines: set[int] = set()
        for path in _code_files(checkout):
            lines |= _telling_lines(read(path))
        spread.update(lines)
        owners.update(dict.fromkeys(lines, checkout.name))
    return {line: owner for line, owner in owners.items() if spread[line] == 1}


def _overlaps(path: Path, seen: dict[int, str]) -> bool:
    if not seen:
        return False
    lines = _telling_lines(read(path))
    found = sum(line in seen for line in lines)
    return found >= 3 and found > _OVERLAP * len(lines)
