"""Every setting, typed, with its default and its words.

An option that guards something (`guard=True`) and is given a value that makes no sense takes its strictest value,
whatever a source below it said: off where it is a switch, else its default.
Not here: where values come from (`sources`), and what the settings mean to the parts that use them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Check = Literal["", "url", "host"]


def setting(
    default: Any,
    doc: str,
    *,
    workspace: bool = False,
    minimum: float | None = None,
    guard: bool = False,
    secret: bool = False,
    check: Check = "",
) -> Any:
    """A field with its documentation. `workspace=True`: a workspace's own file may narrow it. `secret`: never shown."""
    metadata = {
        "doc": doc,
        "workspace": workspace,
        "minimum": minimum,
        "guard": guard,
        "secret": secret,
        "check": check,
    }
    if isinstance(default, (list, tuple)):
        return field(default_factory=lambda: tuple(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    exclude: tuple[str, ...] = setting((), "Patterns, as in .gitignore, of files not to index.", workspace=True)
    include: tuple[str, ...] = setting((), "Patterns of files to index although an ignore rule names them.")
    max_file_bytes: int = setting(1_000_000, "Larger files are not indexed.", workspace=True, minimum=1)
    trusted: bool = setting(
        True,
        "Off: of this workspace nothing is run, sent or changed. It is indexed and answered from, without a model and "
        "without git. An editor that asks its user for trust says this itself.",
        guard=True,
    )


@dataclass(frozen=True, slots=True)
class IndexSettings:
    at_start: bool = setting(True, "Index the workspace when the server starts.")
    watch: bool = setting(True, "Follow changes on disk, also those that are made outside of the editor.")


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    backend: Literal["static", "sentence-transformers", "ollama", "openai"] = setting(
        "static", "What turns text into vectors. `static` is built in and needs nothing else."
    )
    model: str = setting("", "Model name; empty takes the backend's default.")
    batch_size: int = setting(64, "Texts in one request, at most.", minimum=1)
    max_wait_ms: float = setting(5.0, "How long a lone text waits for others before it is sent.", minimum=0)
    request_seconds: float = setting(
        120.0, "Longest silence of a server while it makes vectors (a model may have to load).", minimum=0.05
    )


@dataclass(frozen=True, slots=True)
class ChatSettings:
    backend: str = setting(
        "auto",
        "Who writes answers: `auto`, `none`, `ollama`, `openai`, or the name of one of your `backends`. `auto` takes a "
        "local Ollama with an installed model, else none.",
    )
    model: str = setting("", "Model name; empty takes the first that the server has. No other stands in for a name.")
    fallback: tuple[str, ...] = setting(
        (),
        "Who answers, in this order, when the model that was chosen can't: names of backends, MODEL@BACKEND, or other "
        "models of the same backend. Empty: nobody stands in.",
    )
    context_tokens: int = setting(16_384, "Tokens for prompt and answer together.", minimum=1024)
    max_answer_tokens: int = setting(1_024, "Tokens kept for the answer.", minimum=64)
    connect_seconds: float = setting(3.0, "Time to reach a model server.", minimum=0.05)
    first_token_seconds: float = setting(120.0, "Time until the first token (a model may have to load).", minimum=0.05)
    next_token_seconds: float = setting(30.0, "Longest gap between two tokens.", minimum=0.05)
    answer_seconds: float = setting(600.0, "Longest time for one answer; what came until then is kept.", minimum=1)
    retries: int = setting(
        2, "How often a busy or faltering server is asked again, as long as no word of the answer has come.", minimum=0
    )
    retry_wait_seconds: float = setting(
        10.0, "Longest wait before asking again. A server that wants a longer one is not waited for.", minimum=0
    )


def _intent(what: str) -> Any:
    return setting("", f"Who answers {what}: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.")


@dataclass(frozen=True, slots=True)
class IntentSettings:
    code: str = _intent("questions about how code works")
    docs: str = _intent("questions about documentation and settings")
    debug: str = _intent("questions about errors")
    arch: str = _intent("questions about architecture, which a larger model may answer better")
    general: str = _intent("other questions")


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    confirm_seconds: float = setting(
        1.5,
        "How long a model may take to say what kind of question it is, where two are nearly as likely. 0: it is never "
        "asked.",
        minimum=0,
    )


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    model: str = setting(
        "",
        "Who completes code: MODEL or MODEL@BACKEND, one that fills in the middle of a text, such as "
        "qwen2.5-coder:1.5b-base. Empty: nothing is suggested.",
    )
    while_typing: bool = setting(
        True, "Suggest while you type, in editors that show such text in the line. Off: only when you ask for it."
    )
    delay_ms: float = setting(150.0, "How long typing has to rest before the model is asked.", minimum=0)
    seconds: float = setting(10.0, "Longest time for one suggestion; what comes later is not shown.", minimum=0.05)
    context_tokens: int = setting(
        2_048, "Tokens of the text around the cursor and of code that bears on it.", minimum=256
    )
    max_tokens: int = setting(128, "Tokens of a suggestion, at most.", minimum=8)


@dataclass(frozen=True, slots=True)
class MemorySettings:
    keep: bool = setting(
        True,
        "Remember conversations in the workspace's data folder, so that a question may lean on those before. "
        "Off, nothing is written and each question stands alone.",
        workspace=True,
    )
    max_turns: int = setting(
        5_000, "Questions with their answers that are kept; the oldest go first.", workspace=True, minimum=1
    )
    max_bytes: int = setting(
        20_000_000, "Bytes of them that are kept; the oldest go first.", workspace=True, minimum=100_000
    )


@dataclass(frozen=True, slots=True)
class CacheSettings:
    enabled: bool = setting(True, "Keep answers, and give them again to who asks the same.", workspace=True)
    ttl_hours: float = setting(168.0, "How long an answer is kept.", workspace=True, minimum=0)
    max_entries: int = setting(1_000, "Answers that are kept of a workspace; the oldest go.", workspace=True, minimum=0)
    max_bytes: int = setting(10_000_000, "Bytes that they may take.", workspace=True, minimum=0)


@dataclass(frozen=True, slots=True)
class OllamaSettings:
    url: str = setting("http://127.0.0.1:11434", "Address of the Ollama server.", guard=True, check="url")


@dataclass(frozen=True, slots=True)
class OpenAISettings:
    url: str = setting("http://127.0.0.1:8080/v1", "Base URL of an OpenAI-compatible server.", guard=True, check="url")
    api_key: str = setting(
        "", "Sent to that server as a bearer token. Better set as DT6_OPENAI_API_KEY than in a file.", secret=True
    )


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """One model server beside the two that have a section of their own: the table `[backends.NAME]`."""

    name: str
    kind: Literal["ollama", "openai"] = setting("openai", "The protocol that it speaks.")
    url: str = setting("", "Its address; for `openai` the base URL, which mostly ends in /v1.", guard=True, check="url")
    api_key: str = setting("", "Sent to this server only, as a bearer token.", secret=True)
    model: str = setting("", "Its model where none is named; empty takes the first that it has.")


@dataclass(frozen=True, slots=True)
class ChromaSettings:
    url: str = setting("", "A shared Chroma server; empty keeps Chroma in the data folder.", guard=True, check="url")
    search_above: int = setting(
        100_000,
        "With more chunks, Chroma searches their vectors. Up to there, memory does: exactly, and as quickly.",
        minimum=0,
    )


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    allowed_hosts: tuple[str, ...] = setting(
        (),
        "Hosts that text of this workspace may be sent to. This machine needs no entry; none other is allowed.",
        guard=True,
        check="host",
    )


@dataclass(frozen=True, slots=True)
class HoverSettings:
    explain: Literal["on", "request", "off"] = setting(
        "request",
        "Whether a hover shows a model's explanation: `request`, once you have asked for one; `on`, one is written in "
        "the background for the next hover; `off`, never.",
    )


@dataclass(frozen=True, slots=True)
class LensSettings:
    enabled: bool = setting(
        True, "Show above each function and class how often it is used, by which tests, and a way to have it explained."
    )


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    on_save: bool = setting(False, "Have a model review each document that is saved, and show what it finds.")


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: Literal["error", "warning", "info", "debug"] = setting("info", "What the server logs.")


@dataclass(frozen=True, slots=True)
class Settings:
    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    intents: IntentSettings = field(default_factory=IntentSettings)
    routing: RoutingSettings = field(default_factory=RoutingSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    ollama: OllamaSettings = field(default_factory=OllamaSettings)
    openai: OpenAISettings = field(default_factory=OpenAISettings)
    chroma: ChromaSettings = field(default_factory=ChromaSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    hover: HoverSettings = field(default_factory=HoverSettings)
    lens: LensSettings = field(default_factory=LensSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    log: LogSettings = field(default_factory=LogSettings)
    backends: tuple[BackendSettings, ...] = ()
