"""`python -m tools.train_embeddings.fetch FOLDER`: brings the packages of packages.txt as folders with source text.

Uses the registries' own clients (npm, apt-get), fetches each package alone, without what it depends on, and runs none
of its scripts. What can't be had is said and left out; the list of sources that training writes tells what was there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

_LIST = Path(__file__).parent / "packages.txt"
MARKER = "dt6-source.json"


def main(folder: Path) -> None:
    for registry, name, version, licence in listed():
        target = folder / f"{registry}-{name.replace('/', '+')}"
        if registry != "pypi" and not (target / MARKER).is_file():
            _fetch(registry, name, version, licence, target)


def listed() -> list[list[str]]:
    """Registry, name, version and licence of every package. Those of PyPI are installed, not fetched."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def _fetch(registry: str, name: str, version: str, licence: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    try:
        (_from_npm if registry == "npm" else _from_debian)(name, version, target)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{registry} {name} {version}: left out ({error})", flush=True)
        return
    facts = {"name": name, "version": version, "licence": licence}
    (target / MARKER).write_text(json.dumps(facts), encoding="utf-8")
    print(f"{registry} {name} {version}", flush=True)


def _from_npm(name: str, version: str, target: Path) -> None:
    command = ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts", "--pack-destination", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    archive = next(target.glob("*.tgz"))
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    archive.unlink()


def _from_debian(name: str, version: str, target: Path) -> None:
    subprocess.run(["apt-get", "download", f"{name}={version}"], check=True, capture_output=True, cwd=target)
    archive = next(target.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(archive), str(target)], check=True)
    archive.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
