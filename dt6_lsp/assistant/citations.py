"""Citations in an answer, checked against the lines that were in its context.

A citation is `path:start-end` or `path:line`, bare, in backticks, brackets or a link, with `\\` for `/`, or as
`path#L1-L2`. One that lies in the context is kept and written in the canonical way; any other is removed and counted.
Not here: addresses (`localhost:8080`), which are no citations, and code in fences, which is never changed.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import Citation
from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dt6_lsp.assistant.parts import Passage

    Spans = Mapping[str, Sequence[tuple[int, int]]]

BLANK_GAP = 2  # chunks leave out the blank lines between them: a citation may run across as many
_GONE = "\x00"
_LINES = r"(?P<lines>(?::|#L)\d{1,7}(?:\s?[-–—]\s?L?\d{1,7})?(?:,\s?\d{1,7}\s?[-–—]\s?\d{1,7})*)(?![\w-])(?::\d+\b)?"
_GENERIC = r"(?<![\w./\\@~+-])(?:[A-Za-z]:)?[\w.@+~$/\\-]*[\w\])]"
_URL = r"\b[a-z][a-z0-9+.-]{1,20}://[^\s)>\]`]+"
_RANGE = re.compile(r"(\d+)(?:\s?[-–—]\s?L?(\d+))?")
_FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
_LEFTOVERS = (
    (re.compile(r"\[([^\[\]\n]*)\]\(\x00\)"), r"\1"),  # a link whose target is gone keeps its words
    (re.compile(r"(`+)\s*\x00(?:[\s,;]*\x00)*\s*\1"), _GONE),
    (re.compile(r"\x00(?:\s*(?:[,;]|and|or)\s*\x00)+"), _GONE),
    (re.compile(r"[ \t]*[(\[](?:(?:see|in|at|from|cf\.?)\s+)?\s*\x00\s*[)\]]", re.IGNORECASE), _GONE),
    (re.compile(r"\s*[,;]\s*\x00(?=\s*[)\]])"), ""),
    (re.compile(r"(?<=[(\[])\x00\s*[,;]\s*"), ""),
    (re.compile(r"[ \t]+\x00(?=[.,;:!?)\]]|\s|$)"), ""),
    (re.compile(r"\x00"), ""),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """`citations` in the order of the text, once each; `removed` counts those that were taken out."""

    text: str
    citations: tuple[Citation, ...]
    removed: int


def spans(passages: Iterable[Passage]) -> dict[str, list[tuple[int, int]]]:
    """Per file the lines that a citation may name, in order, joined over small gaps."""
    result: dict[str, list[tuple[int, int]]] = {}
    for passage in sorted(passages, key=lambda passage: (passage.path, passage.start_line)):
        ranges = result.setdefault(passage.path, [])
        if ranges and passage.start_line <= ranges[-1][1] + 1 + BLANK_GAP:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], passage.end_line))
        else:
            ranges.append((passage.start_line, passage.end_line))
    return result


def check(answer: str, allowed: Spans) -> Checked:
    """The answer with its false citations taken out. To be called with the whole text, when the stream has ended."""
    checker = _Checker(allowed)
    parts = []
    fenced = False
    for piece in _pieces(answer.replace(_GONE, "")):
        fence = _FENCE.match(piece) is not None
        fenced = fenced != fence
        parts.append(checker.code(piece) if fenced else checker.prose(piece))
    return Checked("".join(parts), tuple(dict.fromkeys(checker.citations)), checker.removed)


def places_in(text: str) -> Iterator[tuple[int, int, Citation]]:
    """All that looks like a citation, true or not: where it begins and ends in the text, and the first lines that it
    names. Paths with blanks are not seen: nothing tells where they begin."""
    for match in _pattern({}).finditer(text):
        if match["lines"] and (found := _RANGE.search(match["lines"])):
            start, end = sorted((int(found[1]), int(found[2] or found[1])))
            path = match["path"].replace("\\", "/").removeprefix("./")
            yield *match.span(), Citation(path, start, end)


def _pieces(text: str) -> list[str]:
    """The text cut before every fence line, so that each piece is prose or one fenced block, the info line with it.
    The closing fence begins the prose that follows it."""
    starts = [match.start() for match in _FENCE.finditer(text)]
    bounds = [0, *starts, len(text)]
    return [text[start:end] for start, end in itertools.pairwise(bounds) if end > start]


class _Checker:
    def __init__(self, allowed: Spans) -> None:
        self._allowed = allowed
        self._pattern = _pattern(allowed)
        self.citations: list[Citation] = []
        self.removed = 0

    def code(self, block: str) -> str:
        for match in self._pattern.finditer(block):
            if match["lines"]:
                self.citations.extend(self._kept(match))
        return block

    def prose(self, text: str) -> str:
        changed = self._pattern.sub(self._replace, text)
        for pattern, replacement in _LEFTOVERS if _GONE in changed else ():
            changed = pattern.sub(replacement, changed)
        return changed

    def _replace(self, match: re.Match[str]) -> str:
        if not match["lines"] or not self._is_citation(match):
            return match[0]
        kept = self._kept(match)
        self.removed += len(_RANGE.findall(match["lines"])) - len(kept)
        if not kept:
            return _GONE
        self.citations.extend(kept)
        in_link = match.string[: match.start()].endswith("](")
        return match[0] if in_link else ", ".join(_written(citation) for citation in kept)

    def _is_citation(self, match: re.Match[str]) -> bool:
        """Of unknown paths only what looks like a file: `db.example.com:5432` and `step:3` are left alone."""
        path = match["path"].replace("\\", "/")
        if self._files(path):
            return True
        name = path.rsplit("/", 1)[-1]
        if "/" in path or language_of(path) != "text":
            return re.search(r"[A-Za-z]", name) is not None
        return re.search(r"\.[A-Za-z]\w*$", name) is not None and _is_range(match["lines"])

    def _kept(self, match: re.Match[str]) -> list[Citation]:
        files = self._files(match["path"].replace("\\", "/"))
        found = []
        for first, last in _RANGE.findall(match["lines"]):
            start, end = sorted((int(first), int(last or first)))
            holding = [file for file in files if any(low <= start and end <= high for low, high in self._allowed[file])]
            if len(holding) == 1:
                found.append(Citation(holding[0], start, end))
        return found

    def _files(self, path: str) -> list[str]:
        """The files of the context that a path may mean: itself, or all that end in it or that it ends in."""
        short = path.removeprefix("./")
        if short in self._allowed:
            return [short]
        folded = short.casefold()
        return [file for file in self._allowed if _fits(file.casefold(), folded)]


def _fits(file: str, path: str) -> bool:
    return file == path or file.endswith("/" + path) or path.endswith("/" + file)


def _is_range(lines: str) -> bool:
    return lines.startswith("#L") or re.search(r"[-–—]", lines) is not None


def _written(citation: Citation) -> str:
    if citation.start_line == citation.end_line:
        return f"{citation.path}:{citation.start_line}"
    return str(citation)


def _pattern(allowed: Spans) -> re.Pattern[str]:
    """Known paths first, as they may hold spaces or brackets; addresses are matched so as to be passed over."""
    known = sorted(allowed, key=len, reverse=True)
    literal = [re.escape(path).replace("/", r"[/\\]") for path in known]
    paths = "|".join([*(rf"(?<![\w./\\@~+-]){path}" for path in literal), _GENERIC])
    return re.compile(rf"{_URL}|(?P<path>{paths}){_LINES}")
