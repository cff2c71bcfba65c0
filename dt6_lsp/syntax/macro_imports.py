"""Imports inside a macro's braces, which a grammar has as tokens only: `cfg_if! { if ... { mod a; use b::c; } }`.

They are found by how they are written, at the beginning of a statement. Not here: what the macro makes of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATEMENT = re.compile(
    r"(?:^|(?<=[{};]))\s*(?P<pub>pub(?:\([^()]{0,100}\))?\s+)?"
    r"(?:mod\s+(?P<mod>\w+)\s*;|use\s+(?P<use>[\w:\s{},*#]{1,4000});)",
    re.MULTILINE,
)
_USE = re.compile(r"(?P<path>[\w:#]*?)(?:::(?=[{*])|(?=\{)|\s+as\s+|$)(?P<names>.*)", re.DOTALL)


def imports_in(text: str) -> Iterator[tuple[int, str, str]]:
    """(where it begins, module, names) of each, as a query would find them."""
    for found in _STATEMENT.finditer(text):
        begin = found.start("pub") if found["pub"] else found.start("mod" if found["mod"] else "use")
        if found["mod"]:
            yield begin, found["mod"], ", ".join(filter(None, ((found["pub"] or "").strip(), "mod")))
        else:
            use = _USE.fullmatch(" ".join(found["use"].split()))
            if use:
                yield begin, use["path"], use["names"]
