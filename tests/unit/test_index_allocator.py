"""What a process no longer needs goes back to the system, where its C library can be told so."""

from __future__ import annotations

import platform
import subprocess
import sys


def test_it_says_whether_it_could() -> None:
    program = "from dt6_lsp.index.allocator import give_memory_back; print(give_memory_back())"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(platform.libc_ver()[0] == "glibc")
