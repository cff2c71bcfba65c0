"""Every setting and the sources it comes from, in order; a later source wins.

    defaults < user file < environment `DT6_*` < editor < command line, then narrowed by the workspace's own file

A setting's key is `section.name` ("ollama.url"); in the environment it is `DT6_OLLAMA_URL`; an editor may write it in
snake_case or camelCase. The user file is TOML with a table per section. A workspace's own file (`.dt6.toml`) can never
allow a host, choose a server or a command, or widen a limit: only the options marked for it are read, and they can
only be narrowed.
"""

from dt6_lsp.settings.model import (
    BackendSettings,
    CacheSettings,
    ChatSettings,
    ChromaSettings,
    CompletionSettings,
    EmbeddingSettings,
    HoverSettings,
    IndexSettings,
    IntentSettings,
    LensSettings,
    LogSettings,
    OllamaSettings,
    OpenAISettings,
    PrivacySettings,
    RoutingSettings,
    Settings,
    WorkspaceSettings,
    setting,
)
from dt6_lsp.settings.options import OPTIONS, Option
from dt6_lsp.settings.sources import WORKSPACE_FILE, Loaded, Origin, data_dir, load, narrowed, user_file, with_editor
from dt6_lsp.settings.trust import restricted

__all__ = [
    "OPTIONS",
    "WORKSPACE_FILE",
    "BackendSettings",
    "CacheSettings",
    "ChatSettings",
    "ChromaSettings",
    "CompletionSettings",
    "EmbeddingSettings",
    "HoverSettings",
    "IndexSettings",
    "IntentSettings",
    "LensSettings",
    "Loaded",
    "LogSettings",
    "OllamaSettings",
    "OpenAISettings",
    "Option",
    "Origin",
    "PrivacySettings",
    "RoutingSettings",
    "Settings",
    "WorkspaceSettings",
    "data_dir",
    "load",
    "narrowed",
    "restricted",
    "setting",
    "user_file",
    "with_editor",
]
