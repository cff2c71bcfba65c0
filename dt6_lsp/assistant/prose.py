"""Sentences and paragraphs that the workspace's own texts hold: docstrings, comments, Markdown and other prose.

Everything is quoted as it stands, shortened at most. Not here: choosing what answers a question (`digest`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
_COMMENT_START = re.compile(r"^\s*(?:/\*|//|#(?!!|\s*(?:include|define|if|pragma|import))|--|;;|%|<!--|\(\*)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Whole lines of a file's prose; `code` for a fenced block in it, fences left out."""

    path: str
    start_line: int
    end_line: int
    text: str
    code: bool = False


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
    """What the head of a file says about it: its docstring or first comment; a licence is not about the file."""
    docstring = _DOCSTRING.match(text)
    if docstring:
        return docstring["text"].strip()
    block: list[str] = []
    for line in [*text.splitlines()[:80], ""]:
        inside = _COMMENT_START.match(line) or (block and re.match(r"^\s*\*", line))
        if inside:
            block.append(_MARKS.sub("", _MARKS.sub("", line)).rstrip())
            continue
        said = "\n".join(block).strip()
        if said and not _LICENSE.search(said):
            return said
        block = []
        if line.strip() and not line.startswith("#!"):
            return ""
    return ""


def paragraphs(hit: Hit) -> list[Paragraph]:
    """The paragraphs and fenced blocks of a chunk of prose; headings, tables, badges and HTML are left out."""
    found: list[Paragraph] = []
    block: list[tuple[int, str]] = []
    fence = False
    for number, line in enumerate([*hit.text.splitlines(), ""], hit.start_line):
        if _FENCE.match(line) or (not fence and (not line.strip() or _HEADING.match(line) or _UNDERLINE.match(line))):
            found += _paragraph(hit.path, block, code=fence)
            block = []
            fence = fence != bool(_FENCE.match(line))
        else:
            block.append((number, line))
    return found


def _paragraph(path: str, block: list[tuple[int, str]], *, code: bool) -> list[Paragraph]:
    if not block:
        return []
    text = "\n".join(line for _, line in block)
    return [Paragraph(path, block[0][0], block[-1][0], text, code)]
