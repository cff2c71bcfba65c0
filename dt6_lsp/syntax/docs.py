"""Comments and docstrings as plain text: their marks taken off, at most 2,000 characters."""

from __future__ import annotations

import inspect
import re

MAX_DOC = 2_000

_LINE_MARK = re.compile(r"(?://[/!]*|#+[!:]?|--+\s?\|?\s?|;+|%+)\s?")
_RULER = re.compile(r"[-=*#~_/+]{4,}\s*")
_BLOCK_OPEN = re.compile(r"(?:/\*+[!<]?|<!--|\{-\s?\|?|\(\*+|--\[=*\[|=begin\b|#\|)")
_BLOCK_CLOSES = ("*/", "-->", "-}", "*)", "]]", "=end", "|#")
_STAR = re.compile(r"^[ \t]*\*(?!\*)[ \t]?", re.MULTILINE)
_STRING_OPEN = re.compile(r"[A-Za-z~]{0,3}(\"\"\"|'''|\"|')")
_XML_NAME = re.compile(r"<\w+ (?:cref|name|langword)=\"(?:[A-Z]:)?([^\"]*)\"\s*/>")
_XML_TAG = re.compile(r"</?[a-z]+[^>]*>")
_PRAGMA = re.compile(r"(?:noqa|type:|pylint:|mypy:|ruff:|fmt:|eslint|@ts-|prettier-|nolint|go:|rubocop:|shellcheck )")


def comment_text(raw: str) -> str:
    """One comment, of any language. A pragma for a tool is no documentation, nor is a line that is drawn."""
    opening = _BLOCK_OPEN.match(raw)
    if opening:
        inner = _without_close(raw[opening.end() :].rstrip())
        return inspect.cleandoc(_STAR.sub("", inner)).strip()
    lines = [_LINE_MARK.sub("", line.strip(), count=1) for line in raw.splitlines()]
    return "\n".join(line for line in lines if not (_PRAGMA.match(line) or _RULER.fullmatch(line))).rstrip()


def _without_close(text: str) -> str:
    """No regular expression: one that looks for the end tries it at every star of a row of 100,000."""
    for close in _BLOCK_CLOSES:
        if text.endswith(close):
            return text[: -len(close)].rstrip("*")
    return text


def docstring_text(raw: str) -> str:
    """What stands in a string literal, unindented as Python does it."""
    raw = raw.strip()
    opening = _STRING_OPEN.match(raw)
    inner = raw[opening.end() :].removesuffix(opening[1]) if opening else raw
    return inspect.cleandoc(inner).strip()


def clip(doc: str) -> str:
    """C#'s documentation comments are XML: the text of it, and the names it refers to."""
    if "<summary>" in doc:
        doc = _XML_TAG.sub("", _XML_NAME.sub(r"\1", doc))
    doc = doc.strip()
    return doc if len(doc) <= MAX_DOC else doc[: MAX_DOC - 1].rstrip() + "…"
