"""Small questions about text that more than one layer may ask. Pure; the bottom of the house.

Not here: anything that needs a parser, a file or a setting.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"\r\n|\n|\r")
_RUN = re.compile(r"\w+")
_OTHERS_TO_SPACES = bytes(code if chr(code).isalnum() or chr(code) == "_" else 32 for code in range(128)) + b" " * 128


def lines_of(text: str) -> list[str]:
    r"""The lines of a text, split at \n, \r\n and \r only (str.splitlines also splits at form feeds and the like, which
    editors and parsers do not). As with splitlines, a line end at the end of the text opens no further line."""
    if not text:
        return []
    lines = text.split("\n") if "\r" not in text else _LINE.split(text)
    return lines if lines[-1] else lines[:-1]


def article(word: str) -> str:
    """ "a" or "an", as English writes it before a plain word."""
    return "an" if word[:1].lower() in set("aeiou") else "a"


def word_runs(text: str) -> list[str]:
    r"""The runs of letters, digits and underscores in a text, in order, as the expression \w+ finds them. ASCII, which
    code mostly is, takes a third of the time that the expression does."""
    if text.isascii():
        return text.encode().translate(_OTHERS_TO_SPACES).decode().split()
    return _RUN.findall(text)


def shared_folders(one: str, other: str) -> int:
    """Leading folders that two paths have in common."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count
