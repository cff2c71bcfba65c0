"""Who is to answer, in the user's order: from settings to a list of (backend, model). Pure.

A model that the user named is followed by others only where the user gave an order (`chat.fallback`).
Not here: whether they can be reached (`orchestrator`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.models.base import COMPLETION
from dt6_lsp.models.build import chat_backends

if TYPE_CHECKING:
    from dt6_lsp.settings import Settings

NOBODY, AUTO = "none", "auto"


@dataclass(frozen=True, slots=True)
class Target:
    """`model` empty: the backend's own, or the first that can chat."""

    backend: str
    model: str = ""


def targets(settings: Settings, intent: str = "", switched: Target | None = None) -> list[Target]:
    """`switched` is what the user chose while DT6 ran: it goes before the settings, also before those for intents.
    Nobody is asked about a workspace that is not trusted."""
    if intent == COMPLETION:
        named = settings.completion.model if settings.workspace.trusted else ""
        return [parse(named, settings.chat.backend, settings)] if named else []
    usual = switched or Target(settings.chat.backend, settings.chat.model)
    if usual.backend == NOBODY or not settings.workspace.trusted:
        return []
    mapped = "" if switched or not intent else getattr(settings.intents, intent, "")
    wanted = [parse(mapped, usual.backend, settings) if mapped else _whole(usual, settings)]
    wanted += [parse(each, usual.backend, settings) for each in settings.chat.fallback]
    return list(dict.fromkeys(wanted))


def parse(text: str, usual: str, settings: Settings) -> Target:
    """MODEL@BACKEND, @BACKEND, BACKEND, or MODEL on the usual backend. Names of models may hold an @ themselves."""
    known = chat_backends(settings)
    model, at, backend = text.strip().rpartition("@")
    if at and backend in known:
        return _whole(Target(backend, model), settings)
    if text in known:
        return _whole(Target(text), settings)
    return Target(_named(usual), text)


def unknown_backend(model: str, settings: Settings) -> str:
    """What stands behind the last @ of a model's name and is the name of no backend; "" where none stands there. Mostly
    one was meant, but models have such names, too: only who found no such model should speak of it."""
    _, at, backend = model.rpartition("@")
    return backend if at and backend not in chat_backends(settings) else ""


def _whole(target: Target, settings: Settings) -> Target:
    backend = chat_backends(settings).get(_named(target.backend))
    return Target(_named(target.backend), target.model or (backend.model if backend else ""))


def _named(backend: str) -> str:
    """`auto` is Ollama, if it is there."""
    return "ollama" if backend in (AUTO, NOBODY) else backend
