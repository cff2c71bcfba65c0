"""For all tests: DT6's folders are temporary ones, and no test reaches beyond this machine."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HERE = {"", "localhost", "localhost.localdomain"}

# The same examples every time: a failure in CI is one that everybody can repeat. No deadline, as machines are busy.
hypothesis.settings.register_profile("dt6", derandomize=True, deadline=None)
hypothesis.settings.load_profile("dt6")


def _name(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_here(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name in _HERE


def _stay_here(event: str, args: tuple[object, ...]) -> None:
    """An audit hook: sees every connection of this process, whichever library makes it."""
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = _name(args[1][0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = _name(args[0])
    else:
        return
    if host.endswith(".invalid"):  # no such host exists (RFC 2606), and no resolver need be asked
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if not _is_here(host):
        raise PermissionError(f"A test tried to reach {host!r}; tests stay on this machine.")


sys.addaudithook(_stay_here)


@pytest.fixture(autouse=True)
def own_log_levels() -> Iterator[None]:
    """A command sets them for its process, which here is that of all tests."""
    loggers = [logging.getLogger(name) for name in (None, "dt6_lsp", "pygls")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test. Neither the settings nor the indexes of whoever runs the tests are touched."""
    for variable in [name for name in os.environ if name.startswith("DT6_")]:
        monkeypatch.delenv(variable)
    folder = tmp_path_factory.mktemp("dt6")
    (folder / "config.toml").touch()
    monkeypatch.setenv("DT6_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("DT6_DATA_DIR", str(folder / "data"))
    return folder / "data"
