"""May text of the workspace be sent there? The one place that decides, and it fails closed.

This machine (127.0.0.0/8, ::1, localhost) is free. Any other host must be in `privacy.allowed_hosts`, as `host` or
`host:port`, exactly. Addresses that different programs read differently (a user name before the host, backslashes,
numbers in other bases, IPv4 inside IPv6, spaces) are refused rather than understood.
Not here: following redirects and proxies (`transport` allows neither for this machine).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dt6_lsp.errors import ConsentRequired

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS = {"http": 80, "https": 443}
# A host name in ASCII, or an IPv6 address in brackets. Names in other scripts are written as their xn-- form.
_NETLOC = re.compile(r"(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_LOOKS_LIKE_A_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


@dataclass(frozen=True, slots=True)
class Host:
    """Where a URL leads: `name` in lower case; an IPv6 address without brackets, in its short form."""

    name: str
    port: int

    @property
    def loopback(self) -> bool:
        if self.name == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.name).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


def host_of(url: str) -> Host | None:
    """The host that every HTTP client would connect to for `url`; None where clients might not agree."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    match = _NETLOC.fullmatch(parts.netloc)
    if parts.scheme not in _PORTS or match is None:
        return None
    name = _host_name(match["host"].lower())
    port = int(match["port"] or _PORTS[parts.scheme])
    return Host(name, port) if name and 0 < port < 65536 else None


def is_loopback(url: str) -> bool:
    host = host_of(url)
    return host is not None and host.loopback


def require_consent(url: str, allowed_hosts: Iterable[str]) -> None:
    """Return when `url` is on this machine or its host is allowed; ConsentRequired else."""
    host = host_of(url)
    if host is None:
        raise ConsentRequired(
            f"The address {url!r} is not one whose host is beyond doubt, so nothing is sent there.",
            "Write it as http://HOST:PORT or https://HOST, without a user name, and with IP addresses in plain form.",
        )
    if host.loopback or any(_allows(entry, host) for entry in allowed_hosts):
        return
    raise ConsentRequired(
        f"Text of this workspace would be sent to {host}, which you have not allowed.",
        f'Add "{_plain(host)}" to privacy.allowed_hosts if that is what you want, or use a server on this machine.',
    )


def _host_name(host: str) -> str:
    """ "" where the host is malformed or written in a way that some clients read as another address."""
    if host.startswith("["):
        return _ipv6(host[1:-1])
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        last = host.rpartition(".")[2]
        numeric = _LOOKS_LIKE_A_NUMBER.fullmatch(last)  # 2130706433, 0x7f.1, 127.1: an address to some, a name to none
        return host if _NAME.fullmatch(host) and len(host) <= 253 and not numeric else ""


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return ""
    return "" if address.ipv4_mapped or address.sixtofour or address.teredo else str(address)


def _allows(entry: str, host: Host) -> bool:
    """An entry without a port allows every port of its host."""
    with_port = host_of(f"http://{entry}") if "/" not in entry and "?" not in entry and "#" not in entry else None
    if with_port is None:
        return False
    has_port = re.search(r"[^:]:[0-9]+$", entry) is not None or "]:" in entry
    return with_port.name == host.name and (not has_port or with_port.port == host.port)


def _plain(host: Host) -> str:
    return f"[{host.name}]" if ":" in host.name else host.name
