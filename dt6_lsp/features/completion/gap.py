"""A gap in a text, and as much of what stands around it as a model is shown: the nearest lines that fit.

What looks like a secret is taken out, and on a line that holds one nothing is asked. So is what a model would take for
the marks between the parts of its prompt.
Not here: other files (`context`), and what becomes of the filling (`trimming`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.assistant.fence import without_roles
from dt6_lsp.syntax.languages import TEXT, language_by_id, language_of
from dt6_lsp.workspace.secrets import holds_private_key, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Count = Callable[[str], int]

BEFORE = 0.75  # of the room for text around the gap; the rest is for what stands after it
_CHARACTERS = 6  # of a token, at most: more of a text is not looked at
_LONG_LINE = 2  # characters for each token of the room, of a line that is longer
_LINE_END = re.compile(r"\r\n?")
_MARKS = re.compile(r"<(?=(?:PRE|SUF|MID|EOT)>)|\[(?=(?:PREFIX|SUFFIX|MIDDLE)\])")  # of CodeLlama and Codestral


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands before and after a place. `path` is as the engine names files, "" for a text that has none."""

    path: str
    language: str
    before: str
    after: str

    @classmethod
    def at(cls, path: str, text: str, offset: int, language: str = "") -> Gap:
        """`language` is the editor's name for it, which counts where the path tells none."""
        told = language_of(path, text[:100].split("\n", 1)[0]) if path else TEXT
        return cls(path, language_by_id(language) if told == TEXT else told, text[:offset], text[offset:])

    @property
    def line(self) -> str:
        """What stands before it on its line."""
        return self.before[max(self.before.rfind("\n"), self.before.rfind("\r")) + 1 :]

    @property
    def rest(self) -> str:
        """What stands after it on its line."""
        return re.split(r"[\r\n]", self.after, maxsplit=1)[0]

    @property
    def in_line(self) -> bool:
        """Whether it is in the middle of a line: then one line fills it."""
        return bool(self.rest.strip())

    @property
    def line_end(self) -> str:
        """As the text has it."""
        found = re.search(r"\r\n|\n|\r", self.before[-10_000:] + self.after[:10_000])
        return found[0] if found else "\n"


class Window(NamedTuple):
    """What a model is shown of a text, with plain line ends."""

    prefix: str
    suffix: str


def window(gap: Gap, count: Count, room: int) -> Window | None:
    """The lines around a gap that fit into so many tokens, the most of them before it. None where the line of the gap,
    or the text, is one of secrets."""
    if holds_private_key(gap.before + gap.after):
        return None
    most = room * _CHARACTERS
    before, after = _plain(_tail(gap.before, most)), _plain(_head(gap.after, most))
    clean = _without_secrets(before, after)
    if clean is None:
        return None
    before_it = clean.prefix.splitlines(keepends=True)
    after_it = clean.suffix.splitlines(keepends=True)
    before_it[-1:] = [line[-room * _LONG_LINE :] for line in before_it[-1:]]
    after_it[:1] = [line[: room * _LONG_LINE // 3] for line in after_it[:1]]
    prefix = _nearest(reversed(before_it), count, int(room * BEFORE))
    left = room - sum(map(count, prefix))
    suffix = _nearest(after_it, count, min(left, int(room * (1 - BEFORE))))
    return Window(harmless("".join(reversed(prefix))), harmless("".join(suffix)))


def harmless(text: str) -> str:
    """Without what models take for marks."""
    return _MARKS.sub(lambda found: found[0] + " ", without_roles(text))


def _tail(text: str, most: int) -> str:
    """The last characters, from the start of a line where there is one."""
    if len(text) <= most:
        return text
    start = text.find("\n", len(text) - most)
    return text[start + 1 :] if start >= 0 else text[-most:]


def _head(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    end = text.rfind("\n", 0, most)
    return text[: end + 1] if end > 0 else text[:most]


def _plain(text: str) -> str:
    return _LINE_END.sub("\n", text) if "\r" in text else text


def _nearest(lines: Iterable[str], count: Count, room: int) -> list[str]:
    """The first lines that fit together; the first always."""
    taken: list[str] = []
    for line in lines:
        room -= count(line)
        if taken and room < 0:
            break
        taken.append(line)
    return taken


def _without_secrets(before: str, after: str) -> Window | None:
    """Secrets may lie across the gap, so they are looked for in the whole. Lines stay where they are."""
    text = before + after
    clean = redact(text)
    if clean == text:
        return Window(before, after)
    row, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    lines = clean.split("\n")
    if lines[row] != text.split("\n")[row]:
        return None
    prefix = "\n".join([*lines[:row], lines[row][:column]])
    return Window(prefix, "\n".join([lines[row][column:], *lines[row + 1 :]]))
