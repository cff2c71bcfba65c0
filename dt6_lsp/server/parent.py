"""Notices that the editor is gone although nobody closed the pipe, so that no server outlives its editor.

Where the kernel can tell (Linux), it tells; elsewhere the process is looked for every few seconds. A process that can't
be seen when watching starts is not watched: an editor outside a container names a process that does not exist inside
it.
"""

from __future__ import annotations

import asyncio
import os
import sys

_LOOK_SECONDS = 3.0


async def gone(pid: int) -> bool:
    """Return True once the process has ended; False, at once, where it can't be watched."""
    if hasattr(os, "pidfd_open"):
        return await _told_by_kernel(pid)
    if not _alive(pid):
        return False
    while _alive(pid):
        await asyncio.sleep(_LOOK_SECONDS)
    return True


async def _told_by_kernel(pid: int) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    return True


def _alive(pid: int) -> bool:
    if sys.platform == "win32":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _alive_on_windows(pid: int) -> bool:
    """`os.kill(pid, 0)` would end the process there."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    synchronize, wait_timeout = 0x00100000, 0x102
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == wait_timeout)
    finally:
        kernel.CloseHandle(handle)
