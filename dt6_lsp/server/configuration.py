"""The editor's settings: `initializationOptions`, then the section "dt6" of its configuration, pulled or pushed.

They lie over what DT6 knows from elsewhere. What is unusable is said once, in plain words, and the value without it
stays.
Not here: names, types and defaults of settings.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp.server import messages
from dt6_lsp.settings import with_editor

if TYPE_CHECKING:
    from dt6_lsp.server.session import Session
    from dt6_lsp.settings import Settings

logger = logging.getLogger(__name__)

SECTION = "dt6"
_PATIENCE_SECONDS = 2.0


def section(settings: object) -> Mapping[str, Any]:
    """Editors send {"dt6": {...}}, or the inside of it, or nothing."""
    if not isinstance(settings, Mapping):
        return {}
    inner = settings.get(SECTION, settings)
    return inner if isinstance(inner, Mapping) else {}


async def refresh(session: Session, pushed: object = None) -> None:
    """Take the settings of now: asked for where the editor answers such questions, else what it sent."""
    said = await _asked(session) if session.client.configuration else section(pushed)
    editor = _over(session.initial_options, said)
    session.loaded = with_editor(session.own, editor)
    messages.set_level(session.settings.log.level)
    for problem in session.loaded.problems:
        session.show(types.MessageType.Warning, problem)


async def _asked(session: Session) -> Mapping[str, Any]:
    """An editor that does not answer in time is taken to have no settings: it must not keep DT6 from starting."""
    params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
    asked = session.server.protocol.send_request_async(types.WORKSPACE_CONFIGURATION, params)
    await asyncio.wait([asked], timeout=_PATIENCE_SECONDS)
    if not asked.done() or asked.exception() is not None or not asked.result():
        logger.warning("The editor did not answer the question for its settings.")
        return {}
    return section(asked.result()[0])


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Sections are merged, values replaced; an editor answers null for what the user has not set."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[name] = _over(under, value)
        elif value is not None:
            merged[name] = value
    return merged


def needs_new_engine(before: Settings, after: Settings) -> bool:
    """What DT6 logs changes nothing about the engine, and who answers can change while it runs: unless the index rests
    on the same servers."""
    local = after.embedding.backend in ("static", "sentence-transformers") and not after.chroma.url
    live = (
        "log",
        "hover",
        "lens",
        "review",
        "intents",
        "completion",
        "backends",
        *(("chat", "ollama", "openai", "privacy") if local else ()),
    )
    return replace(before, **{section: getattr(after, section) for section in live}) != after
