"""Comments and docstrings as plain text: their marks taken off, at most 2,000 characters."""

from __future__ import annotations

import inspect
import re

MAX_DOC = 2_000

_LINE_MARK = re.compile(r"(?://[/!]*|#+[!:]?|--+\s?\|?\s?|;+|%+)\s?")
_BLOCK_OPEN = re.compile(r"(?:/\*+[!<]?|<!--|\{-\s?\|?|\(\*+|--\[=*\[|=begin\b|#\|)")
_BLOCK_CLOSE = re.compile(r"\s*(?:\*+/|-->|-\}|\*+\)|\]=*\]|=end|\|#)\s*\Z")
_STAR = re.compile(r"^[ \t]*\*(?!\*)[ \t]?", re.MULTILINE)
_STRING = re.compile(r"[A-Za-z~]{0,3}(\"\"\"|'''|\"|')(.*?)\1\s*\Z", re.DOTALL)
_XML_NAME = re.compile(r"<\w+ (?:cref|name|langword)=\"(?:[A-Z]:)?([^\"]*)\"\s*/>")
_XML_TAG = re.compile(r"</?[a-z]+[^>]*>")
_PRAGMA = re.compile(r"(?:noqa|type:|pylint:|mypy:|ruff:|fmt:|eslint|@ts-|prettier-|nolint|go:|rubocop:|shellcheck )")


def comment_text(raw: str) -> str:
    """One comment, of any language. A pragma for a tool is no documentation."""
    opening = _BLOCK_OPEN.match(raw)
    if opening:
        inner = _BLOCK_CLOSE.sub("", raw[opening.end() :])
        return inspect.cleandoc(_STAR.sub("", inner)).strip()
    lines = [_LINE_MARK.sub("", line.strip(), count=1) for line in raw.splitlines()]
    return "\n".join(line for line in lines if not _PRAGMA.match(line)).rstrip()


def docstring_text(raw: str) -> str:
    """What stands in a string literal, unindented as Python does it."""
    quoted = _STRING.match(raw.strip())
    return inspect.cleandoc(quoted[2] if quoted else raw).strip()


def clip(doc: str) -> str:
    """C#'s documentation comments are XML: the text of it, and the names it refers to."""
    if "<summary>" in doc:
        doc = _XML_TAG.sub("", _XML_NAME.sub(r"\1", doc))
    doc = doc.strip()
    return doc if len(doc) <= MAX_DOC else doc[: MAX_DOC - 1].rstrip() + "…"
