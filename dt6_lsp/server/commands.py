"""`workspace/executeCommand`: what DT6 does on demand, in any editor. Results are those of the command line's `--json`.

Each command takes one object; a lone string stands for its obvious field.
Not here: checking of arguments (`arguments`), questions (`questions`), index runs (`indexing`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.contracts import answer_json, forgotten_json, hit_json, report_json
from dt6_lsp.server import code_action_resolve, lists, models, references, review
from dt6_lsp.server.arguments import only, parse
from dt6_lsp.server.documents import named_file
from dt6_lsp.server.faults import invalid_params

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from lsprotocol.types import ExecuteCommandParams, ProgressToken

    from dt6_lsp.server.session import Call

    Command = Callable[[Call, object, ProgressToken | None], Awaitable[object]]

_MOST_HITS = 100
_MOST_TOKENS = 16_384


@dataclass(frozen=True, slots=True)
class SearchArguments:
    """`near` is the open file, as a URI or as hits name it. `show`: as a page of links, too."""

    query: str
    n: int = 10
    near: str = ""
    show: bool = False


@dataclass(frozen=True, slots=True)
class ArchitectureArguments:
    """`focus` is a folder or file (a URI, or as answers name it); the whole workspace where it is empty. `tokens` is
    how long the overview may be. `show`: on a page, too."""

    focus: str = ""
    tokens: int = 0
    show: bool = True


@dataclass(frozen=True, slots=True)
class IndexArguments:
    rebuild: bool = False


@dataclass(frozen=True, slots=True)
class ClearCacheArguments:
    pass


@dataclass(frozen=True, slots=True)
class ForgetArguments:
    """One conversation; left out or with `all`, everything that is remembered of this workspace."""

    conversation: str = ""
    all: bool = False


@dataclass(frozen=True, slots=True)
class StatsArguments:
    """`show`: as a page, too."""

    show: bool = False


async def execute(call: Call, params: ExecuteCommandParams) -> object:
    command = _COMMANDS.get(params.command)
    if command is None:
        raise invalid_params(f"DT6 has no command {params.command!r}; it has {', '.join(NAMES)}.")
    return await command(call, only(params.arguments, params.command), params.work_done_token)


async def _ask(call: Call, given: object, token: ProgressToken | None) -> dict[str, Any]:
    from dt6_lsp.server import questions  # late: it imports the engine

    arguments = parse(questions.AskArguments, given, "dt6.ask", bare="question")
    return answer_json(await questions.show(call, arguments, "DT6: answering", token=token))


async def _architecture(call: Call, given: object, token: ProgressToken | None) -> dict[str, Any]:
    from dt6_lsp.engine import MAP_TOKENS
    from dt6_lsp.server import questions

    arguments = parse(ArchitectureArguments, given, "dt6.architecture", bare="focus")
    if not 0 <= arguments.tokens <= _MOST_TOKENS:
        raise invalid_params(f"dt6.architecture gives up to {_MOST_TOKENS:,} tokens, not {arguments.tokens}.")
    engine = await call.engine()
    focus = (named_file(engine, arguments.focus) or arguments.focus) if arguments.focus else ""
    about = questions.AskArguments(questions.of_architecture(focus))
    title, tokens = "DT6: looking at the architecture", arguments.tokens or MAP_TOKENS
    answer = questions.show if arguments.show else questions.ask
    return answer_json(await answer(call, about, title, token=token, map_tokens=tokens))


async def _explain(call: Call, given: object, token: ProgressToken | None) -> dict[str, Any]:
    from dt6_lsp.server.explain import explain  # late: it imports the engine

    return await explain(call, given, token)


async def _search(call: Call, given: object, _token: ProgressToken | None) -> list[dict[str, Any]]:
    arguments = parse(SearchArguments, given, "dt6.search", bare="query")
    if not 1 <= arguments.n <= _MOST_HITS:
        raise invalid_params(f"dt6.search gives 1 to {_MOST_HITS} hits, not {arguments.n}.")
    engine = await call.engine()
    near = named_file(engine, arguments.near) if arguments.near else ""
    hits = await engine.search(arguments.query, arguments.n, near, texts=call.texts(engine))
    if arguments.show:
        await lists.show_hits(call, engine, arguments.query, hits)
    return [hit_json(hit) for hit in hits]


async def _index(call: Call, given: object, token: ProgressToken | None) -> dict[str, Any] | None:
    arguments = parse(IndexArguments, given, "dt6.index")
    report = await call.session.indexer.run(cancel=call.cancel, rebuild=arguments.rebuild, token=token)
    return None if report is None else report_json(report)


async def _clear_cache(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    parse(ClearCacheArguments, given, "dt6.clearCache")
    gone = await (await call.engine()).clear_cache()
    return {"answers": gone.entries, "bytes": gone.bytes}


async def _forget(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    arguments = parse(ForgetArguments, given, "dt6.forget", bare="conversation")
    if arguments.conversation and arguments.all:
        raise invalid_params("dt6.forget takes a conversation, or all; it was given both.")
    return forgotten_json(await (await call.engine()).forget(arguments.conversation))


async def _stats(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    arguments = parse(StatsArguments, given, "dt6.stats")
    stats = await (await call.engine()).stats()
    if arguments.show:
        await lists.show_stats(call, stats)
    return asdict(stats)


_COMMANDS: Mapping[str, Command] = {
    "dt6.applyAction": code_action_resolve.apply_action,
    "dt6.architecture": _architecture,
    "dt6.ask": _ask,
    "dt6.clearCache": _clear_cache,
    "dt6.clearReview": review.clear,
    "dt6.explain": _explain,
    "dt6.forget": _forget,
    "dt6.index": _index,
    "dt6.models": models.models,
    "dt6.references": references.references,
    "dt6.review": review.review,
    "dt6.search": _search,
    "dt6.stats": _stats,
    "dt6.switchModel": models.switch,
}

NAMES = tuple(_COMMANDS)
