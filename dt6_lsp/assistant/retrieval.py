"""What the index and the user bring to a question: hits, and the passages that the user selected or named.

Blocking; the engine's threads run it. Not here: what fits into a prompt (`context`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from dt6_lsp.assistant.given import chunks_of
from dt6_lsp.assistant.mentions import located, matching, places
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.assistant.prose import is_prose
from dt6_lsp.assistant.traces import error_query, innermost_first
from dt6_lsp.workspace.defaults import is_secret
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.architecture.atlas import Map
    from dt6_lsp.assistant.ask_context import AskContext
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.mentions import Place
    from dt6_lsp.assistant.plans import Plan
    from dt6_lsp.index.model import Hit, IndexState, Reader

BROAD = 60  # looked at where a plan chooses among hits, and where no model reads them
QUERY_CHARACTERS = 2_000  # of a long question (a pasted log), its beginning says enough to search by


@dataclass(frozen=True, slots=True)
class Findings:
    """`hits` are for a model; `wide` are those and the next ones, from which code may choose. `given` goes into every
    prompt; `about` are the lines of it that the user selected or named beside the question, as the index has them.
    `notices` are sentences about what the user named and the index does not have; `map` is of the workspace, where it
    is asked about."""

    hits: tuple[Hit, ...]
    given: tuple[Passage, ...]
    state: IndexState
    notices: tuple[str, ...] = ()
    wide: tuple[Hit, ...] = ()
    about: tuple[Hit, ...] = ()
    map: Map | None = None


def retrieve(question: str, intent: Intent, reader: Reader, context: AskContext) -> Findings:
    plan = PLANS[intent]
    hits = _search(question, plan, reader, context.path)
    named, notices = _named(reader, context)
    beside = (*_selected(context), *named)
    if context.selection.strip() and is_secret(context.path):
        notices.append(f"The selection in {context.path} was left out, because such files hold secrets.")
    return Findings(
        hits=tuple(_planned(hits, plan)),
        given=(*beside, *_mentioned(question, plan, reader, named)),
        state=reader.state(),
        notices=tuple(notices),
        wide=tuple(hits),
        about=tuple(chunks_of(beside, reader)),
    )


def _search(question: str, plan: Plan, reader: Reader, near: str) -> list[Hit]:
    """By the question; where a trace tells of an error, by that as well, the two taking turns."""
    hits = reader.search(question[:QUERY_CHARACTERS], BROAD, near)
    query = error_query(question) if plan.trace else ""
    return _by_turns(reader.search(query, BROAD, near), hits)[:BROAD] if query else hits


def _by_turns(one: Sequence[Hit], other: Sequence[Hit]) -> list[Hit]:
    """Each hit once, where it comes first."""
    first: dict[tuple[str, int], Hit] = {}
    for hit in (hit for pair in zip_longest(one, other) for hit in pair if hit is not None):
        first.setdefault((hit.path, hit.start_line), hit)
    return list(first.values())


def _planned(hits: Sequence[Hit], plan: Plan) -> list[Hit]:
    """The plan's choice, in the order in which it wants them."""
    chosen = one_per_file(hits) if plan.one_per_file else list(hits)
    prose = [hit for hit in chosen if is_prose(hit.path)][: plan.prose]
    rest = [hit for hit in chosen if hit not in prose]
    if not prose:
        return rest[: plan.hits]
    by_turns = chain.from_iterable(zip_longest(prose, rest))
    return [hit for hit in by_turns if hit is not None][: plan.hits]


def one_per_file(hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each file, in rank order."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.path, hit)
    return list(first.values())


def file_text(chunks: Sequence[Hit]) -> str:
    """The text of a file from its first chunk to its last, with the blank lines that chunks leave out."""
    lines: list[str] = []
    for chunk in chunks:
        lines.extend("" for _ in range(chunk.start_line - chunks[0].start_line - len(lines)))
        lines.extend(chunk.text.rstrip("\r\n").splitlines())
    return "\n".join(lines)


def _selected(context: AskContext) -> list[Passage]:
    """What keys look like is taken out; of a file that is secret by its name nothing is taken."""
    if not context.selection.strip() or is_secret(context.path):
        return []
    text = redact(context.selection).rstrip("\r\n")
    first = max(0, context.start_line)
    last = first + text.count("\n") if first else 0
    return [Passage(context.path or "selection", first, last, text, "selected by the user")]


def _named(reader: Reader, context: AskContext) -> tuple[list[Passage], list[str]]:
    """Files that the editor or the command line named go in whole, once each."""
    files = reader.files() if context.named_files else []
    passages: dict[str, Passage] = {}
    notices = []
    for path in context.named_files:
        found = _whole(path, files, reader)
        if found is None:
            notices.append(f"{path} is not in the index, so it was not read.")
        else:
            passages[found.path] = found
    return list(passages.values()), notices


def _mentioned(question: str, plan: Plan, reader: Reader, named: Sequence[Passage]) -> list[Passage]:
    """Of files in the question only the part around a line that it gives, and none that goes in whole."""
    asked = innermost_first(question, places(question)) if plan.trace else places(question)
    files = reader.files() if asked else []
    passages = {passage.path: passage for passage in named}
    for place in asked:
        found = _around(place, files, reader) if len(passages) < plan.named else None
        if found is not None:
            passages.setdefault(found.path, found)
    return list(passages.values())[len(named) :]


def _whole(path: str, files: list[str], reader: Reader) -> Passage | None:
    known = matching(path, files)
    return _passage(reader.chunks(known)) if known else None


def _around(place: Place, files: list[str], reader: Reader) -> Passage | None:
    known = located(place, files, reader)
    if known is None:
        return None
    chunks = reader.chunks(known)
    near = [chunk for chunk in chunks if chunk.start_line <= place.line <= chunk.end_line]
    return _passage(near or chunks)


def _passage(chunks: Sequence[Hit]) -> Passage | None:
    if not chunks:
        return None
    return Passage(chunks[0].path, chunks[0].start_line, chunks[-1].end_line, file_text(chunks), "named by the user")
