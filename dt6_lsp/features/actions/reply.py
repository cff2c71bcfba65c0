"""The code in a model's reply: one fenced block, whole. Prose around it is tolerated, a second block is not.

Not here: whether the code is any good.
"""

from __future__ import annotations

import re

from dt6_lsp.text import lines_of

_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")
_RUNS = re.compile(r"`{3,}")
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # of models whose server does not keep it apart
MOST_LINES = 2_000


class UnusableError(Exception):
    """A sentence that says, to people and to the model, why what it wrote can't be used."""


def fence_for(text: str) -> str:
    """One that no line of the text can close."""
    return "`" * (1 + max((len(run) for run in _RUNS.findall(text)), default=2))


def code_of(reply: str) -> str:
    """The code, lines joined with line feeds. `UnusableError` where there is not exactly one block."""
    blocks: list[list[str]] = []
    opened = ""
    indent = ""
    for line in lines_of(_THOUGHT.sub("", reply)):
        found = _OPENING.fullmatch(line)
        if not opened and found is not None:
            opened, indent = found["fence"], found["indent"]
            blocks.append([])
        elif opened and found is not None and _closes(found, opened):
            opened = ""
        elif opened:
            blocks[-1].append(line.removeprefix(indent))
    if opened:
        raise UnusableError("The code block does not end.")
    if not blocks:
        raise UnusableError("There is no code block.")
    if len(blocks) > 1:
        raise UnusableError(f"There are {len(blocks)} code blocks in place of one.")
    if not any(line.strip() for line in blocks[0]):
        raise UnusableError("The code block is empty.")
    if len(blocks[0]) > MOST_LINES:
        raise UnusableError(f"The code block has more than {MOST_LINES:,} lines.")
    return "\n".join(blocks[0])


def _closes(found: re.Match[str], opened: str) -> bool:
    return found["fence"].startswith(opened) and not found["info"].strip()
