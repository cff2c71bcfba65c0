"""What of a model's filling is suggested: what belongs into the gap, and nothing that stands behind it already.

Models go on after the gap is filled: they write the next lines again, or the next function, or break off in the middle
of a line. Pure; nothing is parsed. Brackets in strings and comments count like others, so a rare filling is cut short.
Not here: asking (`filling`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.features.completion.gap import Gap

MOST_LINES = 16
_TOKEN = re.compile(
    r"<[|｜][^|｜>\n]{1,40}[|｜]>|<(?:PRE|SUF|MID|EOT|fim_\w+|file_sep|repo_name)>|\[(?:PREFIX|SUFFIX|MIDDLE)\]"
)
_CLOSED = {")": "(", "]": "[", "}": "{"}
_QUOTES = "\"'`"


def is_enough(gap: Gap, written: str) -> bool:
    """Whether what has been written so far has all that will be suggested."""
    plain = written.replace("\r", "")
    return "\n" in plain if gap.in_line else plain.count("\n") > MOST_LINES


def trimmed(gap: Gap, written: str, *, whole: bool) -> str:
    """With the line ends of the text; "" where nothing is left. Not `whole`: the model was stopped before its end."""
    lines = _cleaned(gap, written).split("\n")
    if len(lines) > MOST_LINES:
        lines, whole = [*lines[:MOST_LINES], ""], False
    if gap.in_line:
        lines, whole = lines[:1], True
    if not whole and len(lines) > 1:
        lines = lines[:-1]  # it may not be complete
    lines = _inside(gap, lines)
    lines = lines[: _repeats_from(gap, lines)]
    while not whole and len(lines) > 1 and open_brackets("\n".join(lines)):
        lines = lines[:-1]
    return _finished(gap, lines)


def _finished(gap: Gap, lines: Sequence[str]) -> str:
    text = _without_the_rest(gap, "\n".join(lines))
    plain = text.rstrip()
    if not plain:
        return ""
    if gap.in_line and text != plain and not gap.rest[:1].isspace():
        plain += " "  # as between two arguments
    return plain.replace("\n", gap.line_end)


def _cleaned(gap: Gap, written: str) -> str:
    """Without what is no code: marks between the parts of a prompt, and the fences of a chat."""
    text = _TOKEN.split(written.replace("\r\n", "\n").replace("\r", "\n"), maxsplit=1)[0].replace("\x00", "")
    if gap.language != "markdown" and "```" in text:
        opened = re.match(r"\s*```[^\n]*\n", text)
        text = text[opened.end() :] if opened else text
        text = text.split("```", maxsplit=1)[0].removesuffix("\n")
    indent = gap.line
    return text[len(indent) :] if indent and not indent.strip() and text.startswith(indent) else text


def _inside(gap: Gap, lines: Sequence[str]) -> list[str]:
    """Up to where the block of the gap ends: at a line that is indented less, or at the next statement after a blank
    line where the gap's own line had begun with one."""
    base, begun = _width(gap.line), bool(gap.line.strip())
    for number in range(1, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        after_blank = not lines[number - 1].strip() and number > 1
        if _width(line) < base or (begun and after_blank and _width(line) <= base):
            return list(lines[:number])
    return list(lines)


def _repeats_from(gap: Gap, lines: Sequence[str]) -> int:
    """The first line from which on there is only what follows the gap anyway."""
    following = [line.rstrip() for line in re.split(r"\r\n|\r|\n", gap.after[:20_000])[1:] if line.strip()]
    for start in range(1, len(lines)):
        rest = [line.rstrip() for line in lines[start:] if line.strip()]
        same = bool(rest) and rest == following[: len(rest)]
        if same and not (open_brackets("\n".join(lines[:start])) and open_brackets("\n".join(lines)) == 0):
            return start
    return len(lines)


def _without_the_rest(gap: Gap, text: str) -> str:
    """Without the rest of the gap's line at its end."""
    rest = gap.rest.strip()
    if not rest:
        return text
    closer = _unopened(text)
    if closer >= 0 and rest.startswith(text[closer]):
        return text[:closer]
    plain = text.rstrip()
    for size in range(min(len(rest), len(plain)), 0, -1):
        kept, doubled = plain[:-size], plain[-size:]
        if rest.startswith(doubled) and _is_doubled(kept, doubled, rest):
            return kept
    return text


def _is_doubled(kept: str, doubled: str, rest: str) -> bool:
    """Not where it is the end of what begins before it: a bracket, a string, a word."""
    if open_brackets(kept) > open_brackets(kept + doubled):
        return False
    if doubled[0] in _QUOTES:
        return kept.count(doubled[0]) % 2 == 0
    cut_word = _in_word(kept[-1:]) and _in_word(doubled[0])
    half_word = _in_word(doubled[-1]) and _in_word(rest[len(doubled) : len(doubled) + 1])
    return not cut_word and not half_word


def open_brackets(text: str) -> int:
    """How many brackets are opened and not closed."""
    stack: list[str] = []
    for char in text:
        if char in "([{":
            stack.append(char)
        elif stack and _CLOSED.get(char) == stack[-1]:
            stack.pop()
    return len(stack)


def _unopened(text: str) -> int:
    """Where the first bracket is closed that was opened before; -1 for none."""
    stack: list[str] = []
    for place, char in enumerate(text):
        if char in "([{":
            stack.append(char)
        elif char in _CLOSED and (not stack or stack.pop() != _CLOSED[char]):
            return place
    return -1


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _width(line: str) -> int:
    """Of its indentation."""
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" "))
