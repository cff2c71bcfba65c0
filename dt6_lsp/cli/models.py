"""`dt6-lsp models`: each model server that the settings name, what it has and what that can do, and which model would
answer.

Not here: the asking and the choice (`dt6_lsp.models.orchestrator`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.contracts import models_json
from dt6_lsp.engine import Models, chat_stats
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.targets import NOBODY, Target, parse, targets, unknown_backend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.models.base import ModelInfo
    from dt6_lsp.models.orchestrator import Choice, ServerModels
    from dt6_lsp.settings import Settings

_COLUMNS = ("model", "size", "context", "can", "")


def models(call: Invocation) -> int:
    settings = call.loaded.settings
    servers, choice = call.run(survey(settings))
    if call.args.json:
        call.terminal.json(models_json(Models(tuple(servers), chat_stats(choice))))
        return 0
    for server in servers:
        call.terminal.line(f"{server.backend} at {server.url}", "bold")
        if server.models:
            call.terminal.table([_row(server, each, choice) for each in server.models], _COLUMNS)
        else:
            call.terminal.line(f"  {server.problem or 'It has no model.'}")
    call.terminal.line()
    call.terminal.line(choice_in_words(choice))
    call.terminal.lines(_others(settings))
    for said, mend in unknown_backends(settings, servers):
        call.terminal.note(f"dt6-lsp: {said} {mend}")
    return 0


async def survey(settings: Settings) -> tuple[list[ServerModels], Choice]:
    hub = ModelHub(settings)
    try:
        return await hub.models(), await hub.choose()
    finally:
        await hub.close()


def choice_in_words(choice: Choice) -> str:
    if choice.backend is None:
        return f"Answers are written without a model. {choice.why}".strip()
    said = f"Answers are written by {choice.model} ({choice.backend.name}, {choice.context_tokens:,} tokens)."
    return f"{said} {choice.why}".strip()


def unknown_backends(settings: Settings, servers: list[ServerModels]) -> list[tuple[str, str]]:
    """Settings that name MODEL@BACKEND with a backend that there is not, and no model whose name that could be: what
    is wrong, and the mend."""
    listed = {(server.backend, model.name.removesuffix(":latest")) for server in servers for model in server.models}
    found = []
    for setting, text in _named_models(settings):
        target = parse(text, settings.chat.backend, settings)
        meant = unknown_backend(target.model, settings)
        if meant and (target.backend, target.model.removesuffix(":latest")) not in listed:
            said = f"{setting} names {text!r}, but {target.backend} lists no such model, and the settings have no"
            found.append(
                (f"{said} backend {meant!r}.", f"Add it as a table [backends.{meant}], or name one that there is.")
            )
    return found


def _named_models(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every place of the settings that may name a model together with a backend, and that would be asked."""
    if settings.completion.model:  # whether or not any answers questions
        yield "completion.model", settings.completion.model
    if settings.chat.backend == NOBODY:
        return
    for intent in INTENTS:
        if text := getattr(settings.intents, intent):
            yield f"intents.{intent}", text
    for text in settings.chat.fallback:
        yield "chat.fallback", text


def _row(server: ServerModels, model: ModelInfo, choice: Choice) -> tuple[str, ...]:
    size = f"{model.size_bytes / 1e9:.1f} GB" if model.size_bytes else ""
    context = f"{model.context_length:,}" if model.context_length else ""
    named = model.name in (choice.model, f"{choice.model}:latest")
    used = named and choice.backend is not None and choice.backend.name == server.backend
    return model.name, size, context, ", ".join(model.capabilities), "answers" if used else ""


def _others(settings: Settings) -> list[str]:
    """Who answers certain questions, and who stands in."""
    usual, *fallback = targets(settings) or [Target("none")]
    by_intent = ((intent, targets(settings, intent)[:1]) for intent in INTENTS)
    lines = [
        f"Questions of the kind {intent}: {_named(first[0])}."
        for intent, first in by_intent
        if first and first[0] != usual
    ]
    return [*lines, f"Who stands in: {', then '.join(map(_named, fallback))}."] if fallback else lines


def _named(target: Target) -> str:
    return f"{target.model} ({target.backend})" if target.model else f"the first model of {target.backend}"
