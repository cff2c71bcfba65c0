"""Whether a folder lies on another machine: then the system tells only of changes that were made on this one.

Known on Linux (the table of mounts) and Windows (network paths); elsewhere a folder is taken to be local.
"""

from __future__ import annotations

from pathlib import Path

_KINDS = "9p afs ceph cifs fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs lustre ncpfs nfs nfs4 smb3 smbfs vboxsf"
_REMOTE = frozenset(_KINDS.split())
_TABLE = Path("/proc/self/mountinfo")


def is_remote(folder: Path) -> bool:
    if folder.drive.startswith("\\\\"):
        return True
    try:
        table = _TABLE.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return kind_of_mount(table, folder) in _REMOTE


def kind_of_mount(table: str, folder: Path) -> str:
    """The file system that `folder` is on, by a table as proc(5) describes mountinfo; the last of a place wins."""
    kinds = {}
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields, told = before.split(), after.split()
        if len(fields) > 4 and told:
            kinds[_unescaped(fields[4])] = told[0]
    places = (str(place) for place in (folder, *folder.parents))
    return next((kinds[place] for place in places if place in kinds), "")


def _unescaped(place: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, character)
    return place
