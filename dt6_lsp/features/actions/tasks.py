"""What a model is asked for each kind of draft, and all that it gets to see for it.

Not here: the words of the prompts (`assistant/prompts/tasks`), and what becomes of the reply (`drafts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.writing import Task
from dt6_lsp.features.actions.reply import fence_for
from dt6_lsp.features.actions.testing import examples
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from dt6_lsp.features.actions.model import Edit, Problem, Wanted
    from dt6_lsp.index.model import Reader

ABOUT = "what the task is about"
AROUND = 30  # lines before and after that a model sees
EXAMPLE_LINES = 80
LONGEST_PROBLEM = 2_000
_IN_PLACE: tuple[Edit, ...] = ("rewrite", "fix", "types")  # all lines come back: those that were cut would be lost


def task_of(wanted: Wanted, reader: Reader) -> Task:
    """Blocking."""
    given = [Passage(wanted.path, wanted.start_line, wanted.end_line, wanted.lines.rstrip("\r\n"), ABOUT)]
    given += _around(wanted)
    if wanted.problem is not None:
        given.append(Passage("problem", 0, 0, _told(wanted.problem), "the problem"))
    if wanted.kind == "tests":
        given += [Passage("name", 0, 0, wanted.new_path, "name of the new file"), *_example(wanted, reader)]
    return Task(
        wanted.kind,
        tuple(given),
        _asked(wanted),
        whole=wanted.kind in _IN_PLACE,
        query=wanted.lines,
        near=wanted.path,
        as_long_as=wanted.lines if wanted.kind in _IN_PLACE else "",
        intent="debug" if wanted.kind == "fix" else "code",
    )


def _asked(wanted: Wanted) -> str:
    """Nothing of the workspace: not even the name of a file, which may be an instruction, too."""
    what = {
        "document": f"Write the documentation of what the task is about, in {wanted.language}.",
        "rewrite": "Refactor the lines that the task is about.",
        "types": f"Add types to the lines that the task is about, in {wanted.language}.",
        "fix": f"Mend what is noted as the problem{_place(wanted)}, in the lines that the task is about.",
        "tests": "Write the new file, which tests what the task is about.",
    }[wanted.kind]
    return f"{what} Begin and end the code block with a line of {fence_for(wanted.lines)}."


def _place(wanted: Wanted) -> str:
    return f" in line {wanted.problem.start_line}" if wanted.problem is not None else ""


def _told(problem: Problem) -> str:
    by = " ".join(filter(None, (problem.source, problem.code)))
    return f"{by}: {problem.message}"[:LONGEST_PROBLEM] if by else problem.message[:LONGEST_PROBLEM]


def _around(wanted: Wanted) -> list[Passage]:
    lines = lines_of(wanted.text)
    first, last = max(1, wanted.start_line - AROUND), min(len(lines), wanted.end_line + AROUND)
    runs = ((first, wanted.start_line - 1, "before it"), (wanted.end_line + 1, last, "after it"))
    passages = (Passage(wanted.path, start, end, "\n".join(lines[start - 1 : end]), note) for start, end, note in runs)
    return [passage for passage in passages if passage.text.strip()]


def _example(wanted: Wanted, reader: Reader) -> list[Passage]:
    """A test that this workspace has, whose style the new ones take on."""
    for path in examples(wanted.path, reader.files(), 1):
        text = "\n".join(chunk.text for chunk in reader.chunks(path))
        lines = lines_of(text)[:EXAMPLE_LINES]
        return [Passage(path, 1, len(lines), "\n".join(lines), "a test of this workspace")]
    return []
