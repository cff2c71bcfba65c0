"""Where a server that is not started by its editor listens: a port of this machine, and of nothing else.

Nothing asks who connects, and who is connected may read whatever the user may and choose where text is sent. So an
address that other machines could reach is refused, and so is a name that leads to one or that somebody else resolves.
Not here: listening (`listening`).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from dt6_lsp.errors import SettingError

_ADDRESS = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:]*)):(?P<port>[0-9]{1,5})")
_LOCALHOST = "127.0.0.1"  # the name may lead to two addresses, and port 0 would be another one on each


@dataclass(frozen=True, slots=True)
class Address:
    """`host` is an IP address of this machine alone; port 0 is whichever is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """HOST:PORT of a command line. `SettingError` for what is none, or is not of this machine alone."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match["port"]) > 65_535:
        raise SettingError(f"{text!r} is no address.", "Write it as HOST:PORT, like 127.0.0.1:4389; port 0 is any.")
    host = match["six"] if match["six"] is not None else match["host"]
    if not is_this_machine(host):
        raise SettingError(
            f"DT6 does not listen on {host or 'every address'}: other machines could reach it, and nobody is asked who "
            "they are.",
            "Listen on 127.0.0.1, and let ssh forward the port where the editor is on another machine.",
        )
    return Address(_LOCALHOST if host.lower() == "localhost" else host, int(match["port"]))


def is_this_machine(host: str) -> bool:
    """Whether `host` (an IPv6 address without its brackets) can't be another machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
