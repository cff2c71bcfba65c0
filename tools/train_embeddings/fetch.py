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
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            registry, name, licence = line.split()
            target = folder / f"{registry}-{name.replace('/', '+')}"
            if not (target / MARKER).is_file():
                _fetch(registry, name, licence, target)


def _fetch(registry: str, name: str, licence: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    try:
        version = _from_npm(name, target) if registry == "npm" else _from_debian(name, target)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{registry} {name}: left out ({error})")
        return
    facts = {"name": name, "version": version, "licence": licence}
    (target / MARKER).write_text(json.dumps(facts), encoding="utf-8")
    print(f"{registry} {name} {version}")


def _from_npm(name: str, target: Path) -> str:
    command = ["npm", "pack", name, "--json", "--silent", "--ignore-scripts", "--pack-destination", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    archive = next(target.glob("*.tgz"))
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    archive.unlink()
    manifest = next(target.glob("*/package.json"))
    return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])


def _from_debian(name: str, target: Path) -> str:
    subprocess.run(["apt-get", "download", name], check=True, capture_output=True, cwd=target)
    archive = next(target.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(archive), str(target)], check=True)
    archive.unlink()
    return archive.stem.split("_")[1].replace("%3a", ":")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
