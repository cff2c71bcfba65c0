"""A model reviews lines of a text, in pieces that it can hold, and is asked once more where findings can't be used.

Not here: reading them (`reply`), which lines (`choosing`), and what becomes of findings.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.writing import Refused, Task, written
from dt6_lsp.features.reviewing.model import Reviewed
from dt6_lsp.features.reviewing.reply import Read, read
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.assistant.writing import Writing
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.features.reviewing.model import Target
    from dt6_lsp.index.model import Reader

TASK = "review"
ABOUT = "what the task is about"
PIECE_LINES, PIECE_CHARACTERS = 200, 8_000
_HITS = 4
_TOLD = 5  # problems that the model is told of


async def review(
    target: Target,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    *,
    run: Blocking,
    tell: Callable[[str], None] = lambda _: None,
) -> Reviewed:
    """`ModelError` where no model reviews it, `WorkspaceError` for what no model may see. `tell` hears what is written
    as it comes, unchecked."""
    done: list[Reviewed] = []
    for piece in pieces(target, await until_cancelled(run(partial(_begins, target, reader)), cancel)):
        done.append(await _piece(piece, reader, services, cancel, run=run, tell=tell))
    notices = dict.fromkeys(notice for each in done for notice in each.notices)
    last = done[-1]
    return Reviewed(
        target,
        tuple(finding for each in done for finding in each.findings),
        sum(each.dropped for each in done),
        last.backend,
        last.model,
        tuple(notices),
    )


def pieces(target: Target, begins: Sequence[int] = ()) -> list[Target]:
    """Runs of its lines that a model can look at, one at least. They end before a definition begins, where one does in
    their second half."""
    lines, last = lines_of(target.text), target.last_line
    made, first = [], target.first_line
    while first <= last:
        end = _end(lines, first, last)
        if end < last:
            breaks = [line - 1 for line in begins if (first + end) // 2 <= line - 1 < end]
            end = breaks[-1] if breaks else end
        made.append(replace(target, first_line=first, last_line=end))
        first = end + 1
    return made


def _end(lines: Sequence[str], first: int, last: int) -> int:
    end, size = first, len(lines[first - 1]) if first <= len(lines) else 0
    while end < min(last, first + PIECE_LINES - 1, len(lines)):
        size += len(lines[end]) + 1
        if size > PIECE_CHARACTERS:
            break
        end += 1
    return max(end, last if end >= len(lines) else end)


def _begins(target: Target, reader: Reader) -> list[int]:
    return sorted(item.start_line for item in reader.outline(target.path))


async def _piece(
    piece: Target,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    *,
    run: Blocking,
    tell: Callable[[str], None],
) -> Reviewed:
    task = _task(piece)
    writing = await written(task, reader, services, cancel, run=run, tell=tell)
    found = await until_cancelled(run(partial(read, writing.text, piece)), cancel)
    if not found.problems:
        return _reviewed(piece, writing, found)
    again = replace(task, refused=(Refused(writing.text, _because(found.problems)),))
    second = await written(again, reader, services, cancel, run=run, tell=tell)
    better = await until_cancelled(run(partial(read, second.text, piece)), cancel)
    if len(better.findings) >= len(found.findings):
        return _reviewed(piece, second, better)
    return _reviewed(piece, writing, found)


def _task(piece: Target) -> Task:
    text = "\n".join(lines_of(piece.text)[piece.first_line - 1 : piece.last_line])
    about = Passage(piece.path, piece.first_line, piece.last_line, text, ABOUT)
    asked = f"Review {about.source}."
    return Task(TASK, (about,), asked, whole=True, query=text, near=piece.path, hits=_HITS)


def _because(problems: Sequence[str]) -> str:
    told = " ".join(problems[:_TOLD])
    return f"Some of that can't be used. {told} Write all findings again, one JSON object on a line, and nothing else."


def _reviewed(piece: Target, writing: Writing, found: Read) -> Reviewed:
    return Reviewed(piece, found.findings, len(found.problems), writing.backend, writing.model, writing.notices)
