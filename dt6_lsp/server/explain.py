"""`dt6.explain`: what the code at a place, or a definition by its name, is for and how it works; also on a page.

A model explains it, and a hover shows that from then on; without one, a digest of the workspace's own text tells what
it can. Imported with the first explanation, because it imports the engine. Not here: finding what is meant.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from dt6_lsp.contracts import digested_json, explained_json
from dt6_lsp.engine import AskContext, Explained, Marked, Passage, Retrieved
from dt6_lsp.errors import ModelError, WorkspaceError
from dt6_lsp.server import answers, questions
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.code_action import path_of
from dt6_lsp.server.convert import from_position, to_path, to_uri
from dt6_lsp.server.documents import Snapshot, named_file
from dt6_lsp.server.faults import invalid_params
from dt6_lsp.server.pages import Page

if TYPE_CHECKING:
    from lsprotocol.types import ProgressToken

    from dt6_lsp.engine import Done, Engine, Subject
    from dt6_lsp.server.progress import WorkDone
    from dt6_lsp.server.session import Call

EXPLAIN = "dt6.explain"
_TITLE = "DT6: explaining"


@dataclass(frozen=True, slots=True)
class ExplainArguments:
    """Either `symbol`, the name of a definition (`Till.open`, or `open`), in the file `uri` where it has several; or
    `uri` with a `range` (as in LSP): what its lines hold, or, where it is empty, what the name at that place means.
    `show`: on a page, too."""

    symbol: str = ""
    uri: str = ""
    range: Any = None
    show: bool = True


async def explain(call: Call, given: object, token: ProgressToken | None) -> dict[str, Any]:
    arguments = parse(ExplainArguments, given, EXPLAIN, bare="symbol")
    if not arguments.symbol and (not arguments.uri or arguments.range is None):
        raise invalid_params(f"{EXPLAIN} needs 'symbol', or 'uri' and 'range'.")
    engine = await call.engine()
    about = await _about(call, engine, arguments)
    with call.session.progress(_TITLE, call.cancel, token=token) as bar, Page(call.session, _title(about)) as page:
        await engine.look_for_model()
        shown = page if arguments.show else None
        if engine.why_no_model():
            return await _digest(call, engine, about, bar, shown)
        explained = await _explained(call, engine, about, bar, shown)
        if arguments.show:
            await page.finish(to_markdown(engine, about, explained), answers.short(explained.explanation.text))
        return explained_json(_passage(about), explained)


async def _about(call: Call, engine: Engine, arguments: ExplainArguments) -> Subject | Passage:
    texts = call.texts(engine)
    if arguments.symbol:
        near = named_file(engine, arguments.uri) if arguments.uri else ""
        found = await engine.subject_called(arguments.symbol, near, texts=texts)
        if found is None:
            raise WorkspaceError(f"The index holds no definition of {arguments.symbol!r}.", "Save or index its file.")
        return found
    marked = questions.range_of(arguments.range)
    snapshot = call.documents.get(arguments.uri) or await _on_disk(engine, arguments.uri)
    first, column = from_position(snapshot.text, marked.start, call.encoding)
    selected = marked.start != marked.end
    last = max(first, marked.end.line + (marked.end.character > 0))
    place = Marked(
        path_of(engine, snapshot), snapshot.text, first, last, column, selected=selected, inside=snapshot.name(engine)
    )
    about = await engine.subject_at(place, texts=texts)
    if not about.text.strip():
        raise WorkspaceError("There is nothing to explain at that place.", "Choose lines that hold something.")
    return about


async def _on_disk(engine: Engine, uri: str) -> Snapshot:
    """A file of the workspace that is not open, as a lens or a link may name it."""
    name = named_file(engine, uri)
    text = await engine.on_disk(name) if name else None
    if text is None:
        shown = PurePath(to_path(uri) or uri).name
        raise WorkspaceError(f"{shown} is neither open nor a text of this workspace.", "Open it.")
    return Snapshot(to_uri(engine.locate(name)), text, None)


async def _explained(
    call: Call, engine: Engine, about: Subject | Passage, bar: WorkDone, page: Page | None
) -> Explained:
    add = questions.onto(page) if page is not None else None
    words = 0
    async with aclosing(engine.explain(about, cancel=call.cancel, texts=call.texts(engine))) as events:
        async for event in events:
            if isinstance(event, Explained):
                return event
            if isinstance(event, Retrieved):
                bar.report(f"Writing, from {len(event.hits)} places in the workspace")
                continue
            if add is not None:
                add(event)
            words += len(event.text.split())
            bar.report(f"{words} words written")
    raise ModelError("The explanation ended before it was complete.", "Ask again.")


async def _digest(
    call: Call, engine: Engine, about: Subject | Passage, bar: WorkDone, page: Page | None
) -> dict[str, Any]:
    """What the workspace's own text tells, as a question about these lines does."""
    passage = _passage(about)
    context = AskContext(
        passage.text, passage.path, passage.start_line, passage.end_line, conversation=call.session.conversation
    )
    done: Done = await questions.answered(call, engine, f"{_title(about)}.", context, bar)
    if page is not None:
        await answers.show(page, engine, _title(about), done)
    return digested_json(passage, done)


def to_markdown(engine: Engine, about: Subject | Passage, explained: Explained) -> str:
    """The place that it is about first, as a citation."""
    made, notices = explained.explanation, " ".join(explained.notices)
    parts = [f"# {_title(about)}", answers.plain(_passage(about).source), made.text]
    if explained.citations:
        parts.append(answers.sources(engine, explained.citations))
    kept = " It was kept from before." if explained.cached else ""
    parts.append(
        f"---\n\nWritten by {answers.plain(made.model)} ({made.backend}).{kept} {answers.plain(notices)}".rstrip()
    )
    return "\n\n".join(parts) + "\n"


def _title(about: Subject | Passage) -> str:
    if isinstance(about, Passage):
        return f"Explain {answers.plain(about.source)}"
    return f"Explain `{about.definition.qualified}`"


def _passage(about: Subject | Passage) -> Passage:
    if isinstance(about, Passage):
        return about
    item = about.definition
    return Passage(item.path, item.start_line, item.end_line, about.text)
