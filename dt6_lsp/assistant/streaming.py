"""An answer made harmless while it is written, so that a face may render each piece as it comes.

What is held back is the end of a paragraph from where something has begun that may yet become a link, an image or a
tag, and in a code block the line that is not complete. Joined, the pieces are the beginning of what `sanitize` makes
of the whole, and mostly all of it; where the end of a text changes what its beginning is, the rest is not told in
pieces. Not here: citations, which are checked when the answer is complete.
"""

from __future__ import annotations

import re
from os.path import commonprefix

from dt6_lsp.assistant.sanitize import DANGER, SPAN, fences, sanitize

_BEGINS = re.compile(r"!(?=\[|$)|[\[<`$|~\\&]")
_BLANK = re.compile(r"\n[ \t]*\n")
_SHARE = 64  # of a paragraph that must be new: a long one is looked at as a whole each time
_MORE = "x"  # what a text goes on with, to see what of it stays whatever comes


class Harmless:
    """One answer, fed as it comes. Paragraphs and code blocks that are complete are not looked at again."""

    def __init__(self) -> None:
        self._text = ""  # since the last one that is complete
        self._end = 0  # of what is settled in it
        self._told = ""  # of it
        self._lost = False  # what was told is not the beginning of what the text turned out to be

    def feed(self, text: str) -> str:
        """What can be told now and was not before; "" while nothing can."""
        self._text += text.replace("\r", "")
        start, end = settled(self._text)
        before = self._finish(start) if start else ""
        if end - start - self._end <= len(self._text) // _SHARE:
            return before
        self._end = end - start
        sure = self._text[: self._end]
        return before + self._tell(commonprefix((sanitize(sure), sanitize(sure + _MORE))))  # noqa: RUF071 - by characters

    def rest(self) -> str:
        """What is left to tell when nothing more comes."""
        return self._tell(sanitize(self._text))

    def _finish(self, start: int) -> str:
        told = self._tell(sanitize(self._text[:start]))
        self._text, self._end, self._told = self._text[start:], 0, ""
        return told

    def _tell(self, clean: str) -> str:
        self._lost = self._lost or not clean.startswith(self._told)
        if self._lost:
            return ""
        new, self._told = clean[len(self._told) :], clean
        return new


def settled(text: str) -> tuple[int, int]:
    """Where the paragraph or code block at the end of a text begins, and up to where it means the same whatever
    follows."""
    start, inside = fences(text)
    if inside:
        return start, max(start, text.rfind("\n") + 1)
    for blank in _BLANK.finditer(text, start):
        start = blank.end()
    masked = SPAN.sub(_masked, text[start:])
    begun = _BEGINS.search(masked)
    return start, len(text) if begun is None else start + begun.start()


def _masked(span: re.Match[str]) -> str:
    """A code span that is complete and holds nothing dangerous says nothing more than it does."""
    return span[0] if DANGER.search(span[0]) else " " * len(span[0])
