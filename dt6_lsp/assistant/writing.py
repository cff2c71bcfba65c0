"""What a model writes that is no answer to a question: a draft of code, a review, an explanation.

A task names its prompt (`prompts/tasks/NAME.md`) and brings what it is about; code from search that bears on it fills
what is left of the model's window. From there it is as with an answer: whoever the user's settings name is asked, the
next of them where one fails before its first word, and a conversation is not folded meanwhile. Files that are secret by
name are refused, and what looks like a secret is taken out.
Not here: what becomes of the text. Nobody has checked it: a face gets the tokens, which are harmless Markdown.
"""

from __future__ import annotations

import time
from contextlib import aclosing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant import context
from dt6_lsp.assistant.asking_models import Written, ask_models
from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.assistant.events import Token
from dt6_lsp.assistant.fence import without_roles
from dt6_lsp.assistant.fitting import tokens_of
from dt6_lsp.errors import ModelError, WorkspaceError
from dt6_lsp.models.base import ChatRequest, Message, Usage
from dt6_lsp.workspace.defaults import is_secret
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.events import Intent, Retrieved
    from dt6_lsp.assistant.parts import Count, Packed, Passage
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Hit, Reader
    from dt6_lsp.models.orchestrator import Choice

QUERY_CHARACTERS = 2_000
_MARGIN = 256  # tokens that a text may grow by while it is rewritten, before it counts twice


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that could not be used, and what is wrong with it, said to the model."""

    text: str
    because: str


@dataclass(frozen=True, slots=True)
class Task:
    """`given` always goes in; with `whole`, uncut or not at all. `asked` is the task's last sentence. `query` is what
    related code is searched by, near the file `near`; "" wants none. `as_long_as` is a text that what is written may
    be as long as, where that is more than an answer may be. `refused` is what was written before. `intent` says whom
    of the user's models it is for. `background`: nobody waits for it, so it ends nothing else that nobody waits for."""

    name: str
    given: tuple[Passage, ...]
    asked: str
    whole: bool = False
    query: str = ""
    near: str = ""
    hits: int = 8
    as_long_as: str = ""
    refused: tuple[Refused, ...] = ()
    intent: Intent = "code"
    background: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """All that was written, as the model wrote it. `passages` are what it has seen; `notices` are sentences about what
    was cut, and about who stood in for whom. `error`: it broke off there."""

    text: str
    backend: str
    model: str
    usage: Usage
    passages: tuple[Passage, ...]
    notices: tuple[str, ...] = ()
    error: ModelError | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    task: Task
    hits: tuple[Hit, ...]
    services: Services

    def count(self, choice: Choice) -> Count:
        return partial(self.services.counter.count, model=choice.model)

    def reply_tokens(self, choice: Choice) -> int:
        """No more than half the window; at least what an answer may have."""
        usual = self.services.settings.chat.max_answer_tokens
        long = 2 * self.count(choice)(self.task.as_long_as) + _MARGIN if self.task.as_long_as else 0
        return min(max(usual, long), context.window(self.services.settings, choice) // 2)


async def written(
    task: Task,
    reader: Reader,
    services: Services,
    cancel: CancelToken,
    *,
    run: Blocking,
    tell: Callable[[str], None] = lambda _: None,
) -> Writing:
    """The whole text; `ModelError` also where it broke off. `tell` hears each piece as it comes."""
    async with aclosing(write(task, reader, services, cancel, run=run)) as events:
        async for event in events:
            if isinstance(event, Token):
                tell(event.text)
            if isinstance(event, Writing):
                if event.error is not None:
                    raise event.error
                return event
    raise AssertionError("the last event is the writing")


async def write(
    task: Task, reader: Reader, services: Services, cancel: CancelToken, *, run: Blocking
) -> AsyncGenerator[Retrieved | Token | Writing, None]:
    """Retrieved, Tokens, then the Writing. `ModelError` where nobody writes a word, `WorkspaceError` for a file that is
    secret; `Cancelled` within milliseconds when `cancel` says so, and the stream from the model is closed."""
    given = tuple(_sendable(task.given))
    cancel.raise_if_cancelled()
    started = time.perf_counter()
    with nullcontext() if task.background else services.folding.question():
        choice = await until_cancelled(services.hub.choose(task.intent), cancel)
        if choice.backend is None:
            raise _nobody(choice)
        hits = await until_cancelled(run(lambda: _related(task, reader)), cancel)
        prepared = _Prepared(replace(task, given=given), hits, services)
        note = Written(choice)
        pack, request = partial(_packed, prepared, cancel=cancel, run=run), partial(_request, prepared)
        async with aclosing(ask_models(services.hub, task.intent, pack, request, cancel, note)) as events:
            async for event in events:
                yield event
        writing = _writing(prepared, note)
        await until_cancelled(run(lambda: _learn(services, note)), cancel)
    _meter(services, task.name, writing.usage, time.perf_counter() - started)
    yield writing


def _sendable(given: Sequence[Passage]) -> list[Passage]:
    for passage in given:
        if is_secret(passage.path):
            raise WorkspaceError(
                f"{passage.path} is sent to no model, because such files hold secrets.", "Choose another file."
            )
    return [replace(passage, text=redact(passage.text)) for passage in given]


def _related(task: Task, reader: Reader) -> tuple[Hit, ...]:
    if not task.query.strip():
        return ()
    return tuple(reader.search(redact(task.query[:QUERY_CHARACTERS]), task.hits, task.near))  # a server may embed it


async def _packed(prepared: _Prepared, choice: Choice, *, cancel: CancelToken, run: Blocking) -> Packed:
    return await until_cancelled(run(lambda: _pack(prepared, choice)), cancel)


def _pack(prepared: _Prepared, choice: Choice) -> Packed:
    """With what was refused before as the last turns of the exchange."""
    task, count = prepared.task, prepared.count(choice)
    before = _exchange(task.refused)
    window = context.window(prepared.services.settings, choice)
    room = window - prepared.reply_tokens(choice) - tokens_of(before, count)
    packed = context.pack(context.Parts(task.asked, task.name, task.given, prepared.hits), count, room)
    if task.whole and any(left.part in ("given", "question") for left in packed.left_out):
        raise ModelError(
            f"The context of {choice.model}, {window:,} tokens, is too small for {task.given[0].source}.",
            "Choose less, a model with a larger context, or raise chat.context_tokens.",
        )
    messages = (*packed.messages, *before)
    expected = prepared.services.counter.estimate([each.content for each in messages], choice.model)
    return replace(packed, messages=messages, tokens=packed.tokens + tokens_of(before, count), expected=expected)


def _exchange(refused: Sequence[Refused]) -> tuple[Message, ...]:
    turns = ((Message("assistant", without_roles(each.text)), Message("user", each.because)) for each in refused)
    return tuple(message for turn in turns for message in turn)


def _request(prepared: _Prepared, choice: Choice, packed: Packed) -> ChatRequest:
    window, reply = context.window(prepared.services.settings, choice), prepared.reply_tokens(choice)
    return ChatRequest(choice.model, packed.messages, min(window, packed.tokens + reply), reply)


def _writing(prepared: _Prepared, note: Written) -> Writing:
    backend, packed, choice = note.choice.backend, note.packed, note.choice
    if backend is None or packed is None:
        raise note.error or _nobody(choice)
    usage = note.usage or Usage(packed.expected, prepared.count(choice)(note.text))
    notices = tuple(filter(None, (*packed.notices, choice.why)))
    return Writing(note.text, backend.name, choice.model, usage, packed.passages, notices, note.error)


def _nobody(choice: Choice) -> ModelError:
    return choice.error or ModelError(
        f"No model can write this. {choice.why}".strip(), "Start a model server, or choose one in the settings `chat`."
    )


def _learn(services: Services, note: Written) -> None:
    if note.usage is not None and note.packed is not None:
        services.counter.calibrate(note.packed.texts, note.usage.prompt_tokens, note.choice.model)


def _meter(services: Services, name: str, usage: Usage, seconds: float) -> None:
    """Names of tasks are those of files that ship with DT6, so they stay few."""
    services.metrics.observe(f"write.{name}.seconds", seconds)
    services.metrics.count("write.prompt_tokens", usage.prompt_tokens)
    services.metrics.count("write.completion_tokens", usage.completion_tokens)
