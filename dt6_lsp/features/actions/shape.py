"""A model's code in the shape of the file that it goes into: its indentation, its line ends, and the end of its lines.

Not here: what the code says.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from math import gcd
from typing import TYPE_CHECKING

from dt6_lsp.assistant.fence import escape
from dt6_lsp.features.actions.changes import line_end, lines_with_ends
from dt6_lsp.text import lines_of
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

_INDENT = re.compile(r"[ \t]*")
TAB = "\t"
_USUAL = "    "
_STEPS = (2, 4, 8)


def indent_unit(lines: Sequence[str]) -> str:
    """One step of indentation: a tab, or so many blanks; "" where nothing is indented."""
    indents = [indent_of(line) for line in lines if line.strip()]
    tabs = sum(indent.startswith(TAB) for indent in indents)
    blanks = [len(indent) for indent in indents if indent.startswith(" ")]
    if tabs > len(blanks):
        return TAB
    even = [size for size in blanks if size > 1 and not size % 2] or blanks
    return " " * gcd(*even) if even else ""


def indent_of(line: str) -> str:
    found = _INDENT.match(line)
    return found[0] if found else ""


def shaped(code: str, original: str, text: str) -> str:
    """`code` as it can stand in place of `original`, a run of whole lines of `text`."""
    lines = _bare(lines_of(code))
    least = _least_indent(lines)
    flat = [line.removeprefix(least) for line in lines]
    theirs, ours = indent_unit(flat), indent_unit(lines_of(text)) or _USUAL
    stepped = [_in_steps(line, theirs, ours) for line in flat] if _differs(flat, theirs, ours) else flat
    ended = not original or lines_with_ends(original)[-1] != lines_of(original)[-1]
    return joined(indented(stepped, _least_indent(lines_of(original))), line_end(text), ended=ended)


def joined(lines: Sequence[str], end: str, *, ended: bool = True) -> str:
    return end.join(lines) + (end if ended and lines else "")


def indented(lines: Sequence[str], indent: str) -> list[str]:
    return [indent + line if line.strip() else "" for line in lines]


def restored(code: str, original: str) -> str:
    """Lines of `original` that a model could not see as they are (a secret was taken out, a mark was escaped) as they
    were, wherever it wrote them as it saw them, and as often."""
    hidden: dict[str, deque[str]] = {}
    seen = lines_of(escape(redact(original)))
    for shown, real in zip(seen, lines_of(original), strict=False):
        if shown.strip() != real.strip():
            hidden.setdefault(shown.strip(), deque()).append(real.strip())
    if not hidden:
        return code
    written = Counter(line.strip() for line in lines_of(code))
    sure = {shown for shown, reals in hidden.items() if written[shown] == len(reals)}
    lines = []
    for line in lines_of(code):
        stripped = line.strip()
        lines.append(indent_of(line) + hidden[stripped].popleft() if stripped in sure else line)
    return "\n".join(lines)


def _bare(lines: Sequence[str]) -> list[str]:
    """Without blank lines around it."""
    kept = [line.rstrip() if not line.strip() else line for line in lines]
    while kept and not kept[0]:
        del kept[0]
    while kept and not kept[-1]:
        del kept[-1]
    return kept


def _differs(lines: Sequence[str], theirs: str, ours: str) -> bool:
    """Whether code is written in other steps than the file. Blanks that are no whole steps are an alignment."""
    if theirs in ("", ours):
        return False
    if TAB in (theirs, ours):
        return True
    return len(theirs) in _STEPS and all(len(indent_of(line)) % len(theirs) == 0 for line in lines if line.strip())


def _in_steps(line: str, theirs: str, ours: str) -> str:
    """Its indentation in steps of the file's own; what is less than a step stays as blanks."""
    indent = indent_of(line)
    steps, rest = (len(indent), 0) if theirs == TAB else divmod(len(indent), len(theirs))
    return ours * steps + " " * rest + line[len(indent) :]


def _least_indent(lines: Sequence[str]) -> str:
    return min((indent_of(line) for line in lines if line.strip()), key=len, default="")
