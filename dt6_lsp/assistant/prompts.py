"""The texts that a model is given. They live in `prompts/*.md`, each with its version; here they are put together.

A prompt holds the system's words, and one message of the user's: excerpts, the question last. All that is quoted
(files, the map of the workspace, what was said before) stands in excerpts, which its own text can't leave (`fence`).
What a model writes that is no answer (`writing`) has its words in `prompts/tasks/*.md`; its task stands where the
question does.
Not here: what fits (`context`), and any choice of a model.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.assistant.fence import quoted, without_roles
from dt6_lsp.models.base import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.assistant.parts import Passage
    from dt6_lsp.assistant.turns import Turn

FORM = 2  # raised when what stands between the texts of the files changes
MAP, SUMMARY = "map of the workspace", "summary of what was said before"
TURN = "said before"
TO_ROUTE, LONGEST_TO_ROUTE = "the question", 2_000
NOTHING = "The index holds nothing that fits this question."
_VERSION = re.compile(r"version: (\d+)\n\n")


@cache
def _file(name: str) -> tuple[int, str]:
    whole = (resources.files("dt6_lsp.assistant") / "prompts" / f"{name}.md").read_text(encoding="utf-8")
    front = _VERSION.match(whole)
    if front is None:
        raise ValueError(f"The prompt {name} does not begin with its version.")
    return int(front[1]), whole[front.end() :].strip()


def text(name: str) -> str:
    """What the file `prompts/NAME.md` says."""
    return _file(name)[1]


@cache
def names(folder: str = "") -> tuple[str, ...]:
    """The files of answers, or those in a folder beside them."""
    files = (resources.files("dt6_lsp.assistant") / "prompts" / folder).iterdir()
    return tuple(sorted(file.name.removesuffix(".md") for file in files if file.name.endswith(".md")))


@cache
def edition() -> str:
    """What tells an answer to these prompts from an answer to others: it changes with every word of theirs."""
    return edition_of({name: text(name) for name in names()})


def edition_of(texts: Mapping[str, str]) -> str:
    whole = "\0".join((str(FORM), NOTHING, *(f"{name} {texts[name]}" for name in sorted(texts))))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def system(intent: str) -> str:
    """Of a question by its intent; of another task by its name, which is that of a file in `tasks`."""
    if intent in INTENTS:
        return f"{text('system')}\n\n{text(intent)}"
    return f"{text('tasks/system')}\n\n{text(f'tasks/{intent}')}"


def excerpt(passage: Passage) -> str:
    return quoted(passage.text, source=passage.source, note=passage.note)


def turn(said: Turn) -> str:
    return quoted(f"Question: {said.question.strip()}\nAnswer: {said.answer.strip()}", note=TURN)


def messages(
    question: str,
    intent: str,
    passages: Sequence[Passage],
    *,
    map_text: str = "",
    summary: str = "",
    turns: Iterable[Turn] = (),
) -> tuple[Message, ...]:
    """The system's words, then what is known, in the order given, with the question (or the task) last."""
    known = [
        *([quoted(map_text, note=MAP)] if map_text else ()),
        *([quoted(summary, note=SUMMARY)] if summary else ()),
        *map(turn, turns),
        *map(excerpt, passages),
    ]
    if not passages and not map_text:
        known.append(NOTHING)
    asked = "Question" if intent in INTENTS else "Task"
    body = "\n\n".join((*known, f"{asked}: {without_roles(question.strip())}"))
    return Message("system", system(intent)), Message("user", body)


def to_route(question: str) -> tuple[Message, ...]:
    """Asks which intent a question has. Of a long one the two ends say it."""
    shown = question if len(question) <= LONGEST_TO_ROUTE else f"{question[:1_500]}\n...\n{question[-500:]}"
    return Message("system", text("route")), Message("user", quoted(shown, note=TO_ROUTE))


def to_summarise(summary: str, turns: Iterable[Turn]) -> tuple[Message, ...]:
    """Asks for a summary of these turns, and of an earlier summary."""
    known = [*([quoted(summary, note=SUMMARY)] if summary else ()), *map(turn, turns)]
    return Message("system", text("summary")), Message("user", "\n\n".join((*known, "Write the summary.")))
