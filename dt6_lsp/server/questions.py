"""Questions: `dt6/ask`, whose words stream as partial results, and what it shares with the command `dt6.ask`.

A partial result is a plain object with `kind` (resolved, routed, retrieved or token); the final result is the one of
`dt6-lsp ask --json`. Imported with the first question, because it imports the engine.
Not here: how an answer is made, and where a written answer goes (`answers`).
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dt6_lsp.contracts import answer_json, place_json, route_json
from dt6_lsp.engine import AskContext, Done, Event, Failed, Resolved, Retrieved, Routed, Token
from dt6_lsp.errors import ModelError
from dt6_lsp.server import answers
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.ask import ASK
from dt6_lsp.server.convert import text_in, to_path
from dt6_lsp.server.documents import named_file
from dt6_lsp.server.faults import invalid_params
from dt6_lsp.server.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.engine import Engine
    from dt6_lsp.server.progress import WorkDone
    from dt6_lsp.server.session import Call


@dataclass(frozen=True, slots=True)
class AskArguments:
    """`uri` and `range` (as in LSP) are what the user has open and marked; `selection` overrides the marked text;
    `files` (URIs, or paths as answers name them) always go into the context. `conversation` is the one to go on with;
    left out, it is that of this editor. `images` are URIs, of files or with their data in them, or paths. Without
    `use_cache` the answer is written anew."""

    question: str
    uri: str = ""
    range: Any = None
    selection: str = ""
    files: tuple[str, ...] = ()
    conversation: str = ""
    images: tuple[str, ...] = ()
    use_cache: bool = True


async def answer_request(call: Call, params: Any) -> dict[str, Any]:
    given = dict(params) if isinstance(params, dict) else params
    work_token, partial_token = _tokens(given)
    arguments = parse(AskArguments, given, ASK)
    stream = None if partial_token is None else _streamer(call, partial_token)
    done = await ask(call, arguments, "DT6: answering", token=work_token, stream=stream, hidden=True)
    return answer_json(done)


def _tokens(given: Any) -> tuple[Any, Any]:
    if not isinstance(given, dict):
        return None, None
    tokens = given.pop("workDoneToken", None), given.pop("partialResultToken", None)
    if any(not isinstance(token, (str, int, type(None))) for token in tokens):
        raise invalid_params("A progress token is a string or a number.")
    return tokens


def _streamer(call: Call, token: types.ProgressToken) -> Callable[[Event], None]:
    def send(event: Event) -> None:
        if (value := to_partial(event)) is not None:
            call.session.server.progress(types.ProgressParams(token=token, value=value))

    return send


async def ask(
    call: Call,
    arguments: AskArguments,
    title: str,
    *,
    token: types.ProgressToken | None = None,
    stream: Callable[[Event], None] | None = None,
    hidden: bool = False,
    map_tokens: int = 0,
) -> Done:
    """The finished answer. `Dt6Error` where there is none; cancelling the call closes the stream from the model."""
    engine = await call.engine()
    context = replace(_context(call, engine, arguments), map_tokens=map_tokens)
    with call.session.progress(title, call.cancel, token=token, hidden=hidden) as bar:
        return await answered(call, engine, arguments.question, context, bar, stream)


async def answered(
    call: Call,
    engine: Engine,
    question: str,
    context: AskContext,
    bar: WorkDone,
    stream: Callable[[Event], None] | None = None,
) -> Done:
    """As `ask`, with what the user has before them and the bar given."""
    asked = engine.ask(question, cancel=call.cancel, context=context, texts=call.texts(engine))
    async with aclosing(asked) as events:
        async for event in events:
            if stream is not None:
                stream(event)
            if isinstance(event, Done):
                return event
            tell(bar, event)
    raise ModelError("The answer ended before it was complete.", "Ask again.")


async def show(
    call: Call,
    arguments: AskArguments,
    title: str,
    *,
    token: types.ProgressToken | None = None,
    map_tokens: int = 0,
) -> Done:
    """As `ask`, on a page that grows where the editor can see it grow."""
    with Page(call.session, arguments.question) as page:
        stream = onto(page)
        done = await ask(call, arguments, title, token=token, stream=stream, map_tokens=map_tokens)
        await answers.show(page, await call.engine(), arguments.question, done)
    return done


def onto(page: Page) -> Callable[[object], None]:
    """Puts the words of a stream onto a page."""
    return lambda event: page.add(event.text) if isinstance(event, Token) else None


def of_architecture(focus: str) -> str:
    return f"What is the architecture of `{focus}`?" if focus.strip() else "What is the architecture of this workspace?"


def tell(bar: WorkDone, event: Event) -> None:
    if isinstance(event, Failed):
        raise ModelError(event.cause, event.mend)
    if isinstance(event, Routed):
        bar.report(f"Reading the index ({event.intent}: {event.why})")
    elif isinstance(event, Retrieved):
        bar.report(f"Writing, from {len(event.hits)} places in the workspace")


def _context(call: Call, engine: Engine, arguments: AskArguments) -> AskContext:
    snapshot = call.documents.get(arguments.uri)
    named = snapshot.name(engine) if snapshot else ""
    path = (named or named_file(engine, arguments.uri) or _outside(arguments.uri)) if arguments.uri else ""
    files = tuple(filter(None, (named_file(engine, name) for name in arguments.files)))
    talk = arguments.conversation or call.session.conversation
    images = tuple(_image(engine, name) for name in arguments.images)
    if arguments.range is None:
        return AskContext(
            arguments.selection,
            path,
            named_files=files,
            conversation=talk,
            images=images,
            use_cache=arguments.use_cache,
        )
    marked = range_of(arguments.range)
    selection = arguments.selection or (text_in(snapshot.text, marked, call.encoding) if snapshot else "")
    # A selection of whole lines ends at the start of the line after.
    end = marked.end.line + (marked.end.character > 0 or marked.end == marked.start)
    first = marked.start.line + 1
    last = max(end, first)
    return AskContext(selection, path, first, last, files, talk, images=images, use_cache=arguments.use_cache)


def _image(engine: Engine, name: str) -> str:
    """As the engine takes it. A path that is not absolute is one of the workspace."""
    scheme = name[:5].lower()
    if scheme == "data:" or PurePath(name).is_absolute():
        return name
    if scheme != "file:" and "://" not in name:
        return str(engine.locate(name))
    path = to_path(name)
    if path is None:
        raise invalid_params(f"{name!r} is no image on this machine; DT6 fetches none.")
    return path


def _outside(uri: str) -> str:
    """The folder and name of a file that is in no root: enough to know one that is secret by its name."""
    path = to_path(uri)
    return "/".join(PurePath(path).parts[-2:]) if path else ""


def range_of(given: Any) -> types.Range:
    """By hand: lsprotocol's types are for whole messages, and this stands inside a command's argument."""
    try:
        start, end = (types.Position(given[side]["line"], given[side]["character"]) for side in ("start", "end"))
    except (TypeError, KeyError, ValueError) as error:
        raise invalid_params("'range' is an LSP range: start and end, each with line and character.") from error
    return types.Range(start, end)


def to_partial(event: Event) -> dict[str, Any] | None:
    match event:
        case Token(text):
            return {"kind": "token", "text": text}
        case Resolved(question, why):
            return {"kind": "resolved", "question": question, "why": why}
        case Routed():
            return {"kind": "routed", **route_json(event)}
        case Retrieved(hits, dropped, prompt_tokens, left_out):
            places = [place_json(hit) for hit in hits]
            counts = {"dropped": dropped, "prompt_tokens": prompt_tokens}
            return {"kind": "retrieved", "hits": places, **counts, "left_out": [asdict(each) for each in left_out]}
    return None
