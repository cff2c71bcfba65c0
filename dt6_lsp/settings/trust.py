"""What is left of the settings for a workspace that is not trusted. The one place that says so.

Its files may be made by somebody who means harm, and they only wait for a program that runs, sends or changes something
on their word. So nobody is asked: there is no model, no server for embeddings or vectors, and no address or key left
that a mistake elsewhere could use. What remains is DT6 itself: it reads, parses and indexes the files, as it does any,
into the data folder of the user, which the workspace can't reach; without that there would be nothing to answer from.
Not here: git (`app`) and edits (`server.trust`), which look at `workspace.trusted` themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.settings.model import CompletionSettings, IntentSettings, PrivacySettings

if TYPE_CHECKING:
    from dt6_lsp.settings.model import Settings


def restricted(settings: Settings) -> Settings:
    """`settings`, unless the workspace is not trusted. What was set is found again once it is."""
    if settings.workspace.trusted:
        return settings
    return replace(
        settings,
        embedding=replace(settings.embedding, backend="static", model=""),
        chat=replace(settings.chat, backend="none", model="", fallback=()),
        intents=IntentSettings(),
        completion=CompletionSettings(),
        routing=replace(settings.routing, confirm_seconds=0.0),
        ollama=replace(settings.ollama, url=""),
        openai=replace(settings.openai, url="", api_key=""),
        chroma=replace(settings.chroma, url=""),
        privacy=PrivacySettings(),
        backends=(),
    )
