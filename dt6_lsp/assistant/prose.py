"""Sentences and paragraphs that the workspace's own texts hold: docstrings, comments, Markdown and other prose.

Everything is quoted as it stands, shortened at most. Not here: choosing what answers a question (`digest`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.index.model import Hit

_PROSE_ENDINGS = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".org")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`\"(\[])")
_TAG_LINE = re.compile(
    r"^\s*(?:[@\\:](?:param|returns?|type|raises?|throws|see|example|brief)\b|(?:Args|Parameters|Returns)\s*:?$)"
)
_UNDERLINE = re.compile(r"^\s*[-=~^*]{3,}\s*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s|^\s*<|^\s*\[?!\[|^\s*\|")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_MARKS = re.compile(
    r"^\s*(?:/\*+!?|\*+/|///?!?|//!|\*(?!\*)|#+!?|--+(?:\[\[)?|;+|%+|<!--|\(\*)\s?|\s*(?:\*+/|-->|\*\))\s*$"
)
_DOCSTRING = re.compile(
    r"\A\s*(?:#[^\n]*\n|\s*\n|'use strict';?\s*)*[rRuU]?(?P<quote>\"\"\"|''')(?P<text>.*?)(?P=quote)", re.DOTALL
)
_LICENSE = re.compile(r"copyright|licensed under|spdx-|all rights reserved|permission is hereby", re.IGNORECASE)
_TO_TOOLS = re.compile(
    r"\s*(?:go:|\+build|eslint|@ts-|@flow|nolint|pylint|flake8|vim?:|-\*-|type:|noqa|mypy|shellcheck|use strict)",
    re.IGNORECASE,
)
_BANNER = re.compile(r"^\s*(?:[^\w\s]\s?){4,}$|^\s*https?://\S+\s*$")  # a ruler, or an address alone
_BLOCK_COMMENT = re.compile(r"^\s*(/\*|<!--|\(\*|--\[\[|\{-)")
_CLOSING = {"/*": "*/", "<!--": "-->", "(*": "*)", "--[[": "]]", "{-": "-}"}
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")
_QUOTE = re.compile(r"^(?:\s*>)+ ?")
_HEAD_LINES = 80
_LONG_LIST = 6
_COMMENT_START = re.compile(r"^\s*(?:/\*|//|#(?!!|\s*(?:include|define|if|pragma|import))|--|;;|%|<!--|\(\*)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Whole lines of a file's prose; `code` for a fenced block in it, fences left out. `heading` is the one above."""

    path: str
    start_line: int
    end_line: int
    text: str
    code: bool = False
    heading: str = ""


def is_prose(path: str) -> bool:
    """Whether a file is written for people: text without a known language may be anything else."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(_PROSE_ENDINGS) or name in ("readme", "changes", "changelog", "news", "contributing")


def first_sentences(doc: str, most: int = 240) -> str:
    """The beginning of a docstring or comment, whole sentences where they fit, without its list of parameters."""
    lines: list[str] = []
    for line in doc.strip().splitlines():
        if (lines and not line.strip()) or _TAG_LINE.match(line):
            break
        if not _UNDERLINE.match(line):
            lines.append(line.strip())
    return shortened(" ".join(lines), most)


def shortened(text: str, most: int) -> str:
    """Cut at the end of a sentence where one ends in time, else at a word, marked by an ellipsis."""
    plain = " ".join(text.split())
    if len(plain) <= most:
        return plain
    kept = ""
    for sentence in _SENTENCE_END.split(plain):
        if len(kept) + len(sentence) + 1 > most:
            break
        kept = f"{kept} {sentence}".strip()
    return kept if len(kept) >= most // 4 else plain[:most].rsplit(" ", 1)[0] + " …"


def file_doc(text: str) -> str:
    """What the head of a file says about it: its docstring or first comment. A licence or a word to a tool is not
    about the file."""
    docstring = _DOCSTRING.match(text)
    if docstring:
        return docstring["text"].strip()
    return next((said for said in _comments(text) if _tells(said)), "")


def _tells(said: str) -> bool:
    """Sentences, not a licence, an address or a picture made of letters."""
    words = re.findall(r"[^\W\d_]{2,}", said)
    letters = sum(len(word) for word in words)
    return len(words) >= 3 and letters * 2 >= len("".join(said.split())) and not _LICENSE.search(said)


def _comments(text: str) -> Iterator[str]:
    """The comments before the first line of code, each without its marks."""
    block: list[str] = []
    closing = ""
    for line in [*text.splitlines()[:_HEAD_LINES], ""]:
        opening = _BLOCK_COMMENT.match(line)
        if closing or opening or _COMMENT_START.match(line):
            block.append(_MARKS.sub("", _MARKS.sub("", line)).rstrip())
            closing = _CLOSING[opening[1]] if opening else closing
            closing = "" if closing and closing in line[opening.end() if opening else 0 :] else closing
            continue
        yield "\n".join(said for said in block if not _TO_TOOLS.match(said) and not _BANNER.match(said)).strip()
        block = []
        if line.strip() and not line.startswith("#!"):
            return


def paragraphs(hit: Hit) -> list[Paragraph]:
    """The paragraphs and fenced blocks of a chunk of prose; headings, tables, badges and HTML are left out."""
    found: list[Paragraph] = []
    block: list[tuple[int, str]] = []
    fence = False
    heading = hit.symbol
    for number, line in enumerate([*hit.text.splitlines(), ""], hit.start_line):
        if not fence and _UNDERLINE.match(line):
            heading, block = " ".join(text for _, text in block) or heading, []
        elif _FENCE.match(line) or (not fence and (not line.strip() or _HEADING.match(line))):
            found += _paragraph(Paragraph(hit.path, 0, 0, "", fence, heading), block)
            heading, block = (line if not fence and line.lstrip().startswith("#") else heading), []
            fence = fence != bool(_FENCE.match(line))
        else:
            block.append((number, line))
    return found


def _paragraph(frame: Paragraph, block: list[tuple[int, str]]) -> list[Paragraph]:
    """One paragraph in the frame; a long list is cut into its items, which speak of different things."""
    if not block:
        return []
    items = [place for place, (_, line) in enumerate(block) if _ITEM.match(line)]
    if not frame.code and len(block) > _LONG_LIST and len(items) > 1 and items[0] == 0:
        return [_filled(frame, block[start:end]) for start, end in pairwise([*items, len(block)])]
    return [_filled(frame, block)]


def _filled(frame: Paragraph, block: list[tuple[int, str]]) -> Paragraph:
    text = "\n".join(line if frame.code else _QUOTE.sub("", line) for _, line in block)
    return replace(frame, start_line=block[0][0], end_line=block[-1][0], text=text)


def is_list(text: str) -> bool:
    lines = text.splitlines()
    return len(lines) > 1 and sum(_ITEM.match(line) is not None for line in lines) * 2 >= len(lines)
