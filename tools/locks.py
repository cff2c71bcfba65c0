"""Checks the lock files: what `pyproject.toml` names is in them, and they name no host and no folder of any machine.

    python -m tools.locks

Not here: making them (`make lock`).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==\S+", re.MULTILINE)
_PLACE = re.compile(r"^.*(?:://|file:| @ |^\s*-(?:i|f|-index|-extra-index|-find-links)).*$", re.MULTILINE)


def plain(name: str) -> str:
    """The name of a requirement, as registries compare names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", name)[0].strip()).lower()


def problems() -> Iterator[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        table = tomllib.load(file)
    runtime, groups = table["project"]["dependencies"], table["dependency-groups"]
    wanted = {
        "requirements.lock": [*runtime, *groups["build"]],
        "requirements-dev.lock": [*runtime, *groups["build"], *groups["dev"]],
        "requirements-installer.lock": groups["installer"],
        "requirements-editors.lock": groups["editors"],
    }
    for name, requirements in wanted.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = {plain(each) for each in _PIN.findall(text)}
        for missing in sorted({plain(each) for each in requirements} - pinned):
            yield f"{name} does not pin {missing}; `make lock` does."
        for line in _PLACE.findall(text):
            yield f"{name} names a place: {line.strip()}"
    yield from _differing(wanted)


def _differing(names: dict[str, list[str]]) -> Iterator[str]:
    """What two lock files pin, they pin alike: both are installed into one environment."""
    seen: dict[str, tuple[str, frozenset[str]]] = {}
    for name in names:
        pins: dict[str, set[str]] = {}
        for match in _PIN.finditer((ROOT / name).read_text(encoding="utf-8")):
            pins.setdefault(plain(match[1]), set()).add(match[0].partition("==")[2])
        for package, versions in pins.items():
            other, known = seen.setdefault(package, (name, frozenset(versions)))
            if known != versions:
                yield f"{name} pins another {package} than {other}; `make lock` makes them agree."


def main() -> int:
    found = list(problems())
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
