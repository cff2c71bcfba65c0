"""A change that a model drafts for a place: asked for, read strictly, checked, and asked for once more where it fails.

A draft touches only the lines that it was asked for, or is a new file. It parses with no more errors than before, or is
refused: a model that is not understood changes nothing.
Not here: what is asked (`tasks`), how the reply is read (`drafts`), and whether the user wants what comes of it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.writing import Refused, written
from dt6_lsp.errors import ModelError
from dt6_lsp.features.actions.drafts import read
from dt6_lsp.features.actions.model import Draft
from dt6_lsp.features.actions.reply import UnusableError
from dt6_lsp.features.actions.tasks import task_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.assistant.writing import Task
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.features.actions.drafts import Changed
    from dt6_lsp.features.actions.model import Wanted
    from dt6_lsp.index.model import Reader

TRIES = 2


async def draft(
    wanted: Wanted,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    *,
    run: Blocking,
    tell: Callable[[str], None] = lambda _: None,
) -> Draft:
    """`ModelError` where no model writes one that can be used, `WorkspaceError` for what no model may see. `tell` hears
    what is written as it comes, for a progress bar: none of it has been checked."""
    task = await until_cancelled(run(lambda: task_of(wanted, reader)), cancel)
    for _ in range(TRIES):
        writing = await written(task, reader, services, cancel, run=run, tell=tell)
        text = writing.text
        outcome = await until_cancelled(run(partial(_read, text, wanted)), cancel)
        if not isinstance(outcome, UnusableError):
            return Draft(*outcome, writing.backend, writing.model, writing.notices)
        task = _again(task, text, outcome)
    mend = "Nothing was changed. Try again, or with a larger model."
    raise ModelError(f"{writing.model} wrote nothing that can be used. {outcome}", mend)


def _read(text: str, wanted: Wanted) -> Changed | UnusableError:
    try:
        return read(text, wanted)
    except UnusableError as error:
        return error


def _again(task: Task, text: str, error: UnusableError) -> Task:
    because = f"That can't be used. {error} Write all of it again, as one fenced code block."
    return replace(task, refused=(*task.refused, Refused(text, because)))
