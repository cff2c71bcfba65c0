"""`dt6-lsp ask`: renders the engine's stream of events as live text, or as JSON when it has ended.

A person at a terminal sees the tokens as they come; a pipe gets the answer whole, with its citations checked.
Not here: prompts, retrieval, the digest.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING

from dt6_lsp.cli.indexing import bring_up_to_date
from dt6_lsp.cli.invocation import named_file
from dt6_lsp.cli.queries import valid
from dt6_lsp.cli.terminal import counted
from dt6_lsp.contracts import answer_json
from dt6_lsp.errors import Dt6Error, SettingError
from dt6_lsp.text import article

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import AskContext, Done, Engine, Routed

_SOURCES_SHOWN = 8


def ask(call: Invocation) -> int:
    question = _question(call)
    done = call.run(_ask(call, question))
    if call.args.json:
        call.terminal.json(answer_json(done))
        if done.broken:
            call.terminal.note(f"dt6-lsp: {done.notice}")
    else:
        _tell(call, done)
    return 1 if done.broken else 0


def _question(call: Invocation) -> str:
    question = " ".join(call.args.question).strip()
    question = call.terminal.source.read().strip() if question == "-" else question
    question = valid(question)
    if not question:
        raise SettingError("The question is empty.", "Ask something about the workspace.")
    return question


async def _ask(call: Invocation, question: str) -> Done:
    from dt6_lsp.engine import AskContext

    async with call.engine() as engine:
        files = tuple(named_file(engine, call.workspace, name, "--file") for name in call.args.files)
        conversation = await _conversation(call, engine)
        await bring_up_to_date(call, engine)
        images = tuple(name if name[:5].lower() == "data:" else os.path.abspath(name) for name in call.args.images)
        context = AskContext(named_files=files, conversation=conversation, images=images, use_cache=call.args.use_cache)
        return await _answered(call, engine, question, context)


async def _conversation(call: Invocation, engine: Engine) -> str:
    """The one to go on with; "" for a new one, which is what a script gets that says nothing."""
    named: str = call.args.conversation
    if (named or call.args.goes_on) and not call.loaded.settings.memory.keep:
        raise SettingError("No conversation is remembered: memory.keep is off.", "Set memory.keep=true, or ask anew.")
    if named and not await engine.remembers(named):
        call.terminal.note(f"dt6-lsp: There is no conversation {named}; this question begins it.")
    if not call.args.goes_on:
        return named
    latest = await engine.latest_conversation()
    if not latest:
        call.terminal.note("dt6-lsp: There is no conversation yet; this question begins one.")
    return latest


async def _answered(call: Invocation, engine: Engine, question: str, context: AskContext) -> Done:
    from dt6_lsp.engine import Done, Failed, Resolved, Routed, Token

    live = call.terminal.live and not call.args.json
    events = engine.ask(question, cancel=call.cancel, context=context)
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Failed):
                raise Dt6Error(event.cause, event.mend)
            if isinstance(event, Resolved) and not call.args.json:
                call.terminal.note(f"Taken as: {event.question} ({event.why}.)")
            if isinstance(event, Routed) and not call.args.json:
                call.terminal.note(_route(event))
            if isinstance(event, Token) and live:
                call.terminal.stream(event.text)
            if isinstance(event, Done):
                return event
    raise RuntimeError("an answer ended without an end")


def _route(routed: Routed) -> str:
    why = f": {routed.why}" if routed.why else ""
    looks = f" Looks at {routed.plan}." if routed.plan else ""
    return f"Taken for {article(routed.intent)} {routed.intent} question ({routed.probability:.0%}){why}.{looks}"


def _tell(call: Invocation, done: Done) -> None:
    terminal = call.terminal
    terminal.line("" if terminal.live else done.answer.rstrip())
    cited = list(dict.fromkeys(done.citations))
    if cited:
        terminal.line()
        terminal.line("Sources:", "bold")
    for each in cited[:_SOURCES_SHOWN]:
        terminal.line(f"  {call.shown(each.path)}:{each.start_line}-{each.end_line}")
    if len(cited) > _SOURCES_SHOWN:
        terminal.line(f"  and {len(cited) - _SOURCES_SHOWN} more, named in the answer")
    for note in _notes(done):
        terminal.note(note)


def _notes(done: Done) -> list[str]:
    notes = [done.notice] if done.notice and done.notice not in done.answer else []
    if done.cached:
        notes.append("This answer was kept from before; --no-cache has it written anew.")
    if done.removed_citations:
        number = counted(done.removed_citations, "citation")
        notes.append(f"{number} named nothing that the answer was made from; not among the sources.")
    if done.index.indexed < done.index.files or done.index.stale:
        files = counted(done.index.files, "file")
        notes.append(f"The answer saw {done.index.indexed:,} of {files}; {done.index.stale:,} changed since.")
    return notes
