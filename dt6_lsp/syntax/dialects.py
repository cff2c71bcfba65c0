"""What grammars do not know, rewritten before parsing into something of the same length that they do.

Lengths stay, so every position found in the rewritten text holds in the file; names and texts are read from the file.
"""

from __future__ import annotations

import re

# `FMT_BEGIN_NAMESPACE` on a line of its own, which the grammar takes for the type of whatever follows.
_MACRO_LINE = re.compile(rb"^[A-Z][A-Z0-9_]{3,}(?:\([^()\r\n]*\))?[ \t]*$", re.MULTILINE)
# `@test "name" {` of bats, which is a function to bash.
_BATS_TEST = re.compile(rb"^([ \t]*)(@test[ \t]+[\"'].*)[\"'] ?(?=[ \t]*\{)", re.MULTILINE)
BATS_NAME = re.compile(r"@test\s+[\"']")


def parsable(language: str, data: bytes) -> bytes:
    if language in ("c", "cpp"):
        return _MACRO_LINE.sub(lambda found: b" " * len(found[0]), data)
    if language == "bash" and b"@test" in data:
        return _BATS_TEST.sub(_function, data)
    return data


def _function(found: re.Match[bytes]) -> bytes:
    """A bash function whose name covers `@test "name`, with `()` where the closing quote and the space were."""
    length = len(found[0]) - len(found[1])
    return found[1] + b"_" * (length - 2) + b"()"
