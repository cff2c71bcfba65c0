"""The texts that a model is given. They live in `prompts/*.md`; here they are put together.

Text of the workspace stands in excerpts between marks that it can't forge: whatever looks like such a mark, or like the
marks by which chat models tell who speaks, is escaped inside. What the user types is not.
Not here: what fits (`context`), and any choice of a model.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from dt6_lsp.models.base import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.context import Passage
    from dt6_lsp.assistant.events import Intent

OPEN, CLOSE = "<excerpt", "</excerpt>"
_MARK = re.compile(r"[<＜﹤‹](?=[^\w<]{0,8}excerpt)", re.IGNORECASE)
_ROLE = re.compile(
    r"<(?=[|｜][\w▁ -]{1,40}[|｜]>|(?:start|end)_of_turn>|</?SYS>>)|\[(?=/?(?:INST|SYSTEM_PROMPT)\])", re.IGNORECASE
)


@cache
def _text(name: str) -> str:
    return (resources.files("dt6_lsp.assistant") / "prompts" / name).read_text(encoding="utf-8").strip()


@cache
def _by_intent() -> dict[str, str]:
    rows = (line.partition(": ") for line in _text("intents.md").splitlines())
    return {intent: words for intent, _, words in rows}


def system(intent: Intent) -> str:
    return f"{_text('system.md')}\n\n{_by_intent()[intent]}"


def escape(text: str) -> str:
    """Workspace text in which nothing looks like a mark of DT6's or of a chat template."""
    return _ROLE.sub(lambda match: match[0] + " ", _MARK.sub("&lt;", text))


def excerpt(passage: Passage) -> str:
    note = f' note="{passage.note}"' if passage.note else ""
    source = re.sub(r"[\"<>\r\n]", "_", passage.source)
    return f'{OPEN} source="{source}"{note}>\n{escape(passage.text)}\n{CLOSE}'


def messages(question: str, intent: Intent, passages: Sequence[Passage]) -> tuple[Message, ...]:
    """The system's words, then the excerpts with the question last."""
    found = "\n\n".join(excerpt(passage) for passage in passages)
    body = found or "The index holds nothing that fits this question."
    return Message("system", system(intent)), Message("user", f"{body}\n\nQuestion: {question.strip()}")
