"""`dt6-lsp models`: each model server that the settings name, what it has, and which model would answer.

Not here: the asking and the choice (`dt6_lsp.models.orchestrator`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dt6_lsp.models.orchestrator import ModelHub

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.models.base import ModelInfo
    from dt6_lsp.models.orchestrator import Choice, ServerModels
    from dt6_lsp.settings import Settings


def models(call: Invocation) -> int:
    servers, choice = call.run(survey(call.loaded.settings))
    if call.args.json:
        call.terminal.json(_as_json(servers, choice))
        return 0
    for server in servers:
        call.terminal.line(f"{server.backend} at {server.url}", "bold")
        call.terminal.lines(f"  {line}" for line in _told(server))
    call.terminal.line()
    call.terminal.line(choice_in_words(choice))
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
    return f"Answers are written by {choice.model} ({choice.backend.name}, {choice.context_tokens:,} tokens)."


def _told(server: ServerModels) -> list[str]:
    if server.problem:
        return [server.problem]
    return [_model(each) for each in server.models] or ["It has no model."]


def _model(model: ModelInfo) -> str:
    return f"{model.name}  {model.size_bytes / 1e9:.1f} GB" if model.size_bytes else model.name


def _as_json(servers: list[ServerModels], choice: Choice) -> dict[str, Any]:
    return {
        "servers": [
            {
                "backend": server.backend,
                "url": server.url,
                "reachable": not server.problem,
                "models": [{"name": each.name, "size_bytes": each.size_bytes} for each in server.models],
                "problem": server.problem,
            }
            for server in servers
        ],
        "choice": {
            "backend": choice.backend.name if choice.backend else "none",
            "model": choice.model,
            "context_tokens": choice.context_tokens,
            "why": choice.why,
        },
    }
