"""The JSON that every face hands out for hits, index reports and answers. Stable: tests hold the names.

Not here: what only one face has (the table of `models`, an editor's partial results).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dt6_lsp.engine import ChatStats, Citation, Done, Explained, Hit, IndexReport, Kept, Models, Passage, Routed
    from dt6_lsp.models.base import ModelInfo
    from dt6_lsp.models.orchestrator import ServerModels


def hit_json(hit: Hit) -> dict[str, Any]:
    """Lines count from 1; the path is relative to the workspace, with `/`."""
    return {
        "path": hit.path,
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "score": round(hit.score, 6),
        "text": hit.text,
    }


def place_json(place: Citation | Hit | Passage) -> dict[str, Any]:
    return {"path": place.path, "start_line": place.start_line, "end_line": place.end_line}


def report_json(report: IndexReport) -> dict[str, Any]:
    return {
        "files": report.files,
        "chunks": report.chunks,
        "skipped": dict(report.skipped),
        "languages": dict(report.languages),
        "embedding": {"model": report.model, "dimension": report.dimension},
        "seconds": round(report.seconds, 3),
        "chunks_per_second": round(report.chunks_per_second, 1),
        "vectors_synced": report.vectors_synced,
    }


def models_json(models: Models) -> dict[str, Any]:
    """`in_use` marks the model that answers where no intent has another. `health` is what this process has met."""
    chat = models.chat
    return {
        "servers": [_server_json(server, chat) for server in models.servers],
        "choice": {
            "backend": chat.backend,
            "model": chat.model,
            "context_tokens": chat.context_tokens,
            "why": chat.why,
        },
    }


def _server_json(server: ServerModels, chat: ChatStats) -> dict[str, Any]:
    used = {chat.model, f"{chat.model}:latest"} if server.backend == chat.backend else set()
    return {
        "backend": server.backend,
        "kind": server.kind,
        "url": server.url,
        "reachable": not server.problem,
        "models": [_model_json(model) | {"in_use": model.name in used} for model in server.models],
        "problem": server.problem,
        "health": asdict(server.health) if server.health else None,
    }


def _model_json(model: ModelInfo) -> dict[str, Any]:
    return {
        "name": model.name,
        "size_bytes": model.size_bytes,
        "context_tokens": model.context_length,
        "capabilities": list(model.capabilities),
    }


def forgotten_json(gone: Kept) -> dict[str, Any]:
    return {"turns": gone.turns, "conversations": gone.conversations, "bytes": gone.bytes}


def route_json(routed: Routed) -> dict[str, Any]:
    return {
        "intent": routed.intent,
        "probability": round(routed.probability, 4),
        "why": routed.why,
        "plan": routed.plan,
    }


def answer_json(done: Done) -> dict[str, Any]:
    """`left_out`: of each part of the prompt that did not fit, how many pieces went whole and how many were cut."""
    return {
        "answer": done.answer,
        "citations": [place_json(citation) for citation in done.citations],
        "intent": done.intent,
        "route": None if done.route is None else route_json(done.route),
        "backend": done.backend,
        "model": done.model,
        "cached": done.cached,
        "conversation": done.conversation,
        "resolved": done.resolved,
        "notice": done.notice,
        "broken": done.broken,
        "left_out": [asdict(each) for each in done.left_out],
        "prompt_tokens": done.usage.prompt_tokens,
        "completion_tokens": done.usage.completion_tokens,
        "index": {"files": done.index.files, "indexed": done.index.indexed, "stale": done.index.stale},
    }


def explained_json(about: Passage, explained: Explained) -> dict[str, Any]:
    """`place` are the lines that were explained."""
    made, usage = explained.explanation, explained.usage
    return {
        "answer": made.text,
        "place": place_json(about),
        "citations": [place_json(citation) for citation in explained.citations],
        "backend": made.backend,
        "model": made.model,
        "cached": explained.cached,
        "notice": " ".join(explained.notices),
        "prompt_tokens": usage.prompt_tokens if usage else 0,
        "completion_tokens": usage.completion_tokens if usage else 0,
    }


def digested_json(about: Passage, done: Done) -> dict[str, Any]:
    """What no model explained, in the same shape."""
    names = ("answer", "citations", "backend", "model", "cached", "notice", "prompt_tokens", "completion_tokens")
    answer = answer_json(done)
    return {"place": place_json(about), **{name: answer[name] for name in names}}
