"""Small questions about text that more than one layer may ask. Pure; the bottom of the house.

Not here: anything that needs a parser, a file or a setting.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"\r\n|\n|\r")


def lines_of(text: str) -> list[str]:
    r"""The lines of a text, split at \n, \r\n and \r only (str.splitlines also splits at form feeds and the like, which
    editors and parsers do not). As with splitlines, a line end at the end of the text opens no further line."""
    if not text:
        return []
    lines = text.split("\n") if "\r" not in text else _LINE.split(text)
    return lines if lines[-1] else lines[:-1]
