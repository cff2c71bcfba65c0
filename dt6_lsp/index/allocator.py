"""How this process gives back memory that it no longer needs.

glibc keeps an arena of memory for each thread and gives back none of it while anything at its end is in use. DT6 has a
dozen threads, and an index run passes through many times what stays: with one arena whose end is given back, a server
of 51,000 chunks takes three quarters of the memory (`python -m tests.benchmarks.memory`).
Not here: other C libraries, which have no such options, and need none.
"""

from __future__ import annotations

import sys

_OPTIONS = ((-8, 1), (-1, 128 * 1024), (-3, 128 * 1024))  # M_ARENA_MAX, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h


def give_memory_back() -> bool:
    """To be called before threads begin, as an arena stays. Whether this machine's C library does so."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # here, as only a server and ChromaDB's process need it

    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    taken = [set_option(option, value) for option, value in _OPTIONS]
    return all(each == 1 for each in taken)
