"""`dt6.references`: who uses a definition, as data, and as a page of links for an editor that knows nothing of DT6.

Uses are found by name; servers that know types have `textDocument/references`. Not here: finding them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.errors import WorkspaceError
from dt6_lsp.server import answers
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.convert import column_range
from dt6_lsp.server.documents import named_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsprotocol.types import ProgressToken

    from dt6_lsp.engine import Engine, NamePlace, Use, Uses
    from dt6_lsp.server.session import Call

REFERENCES = "dt6.references"


@dataclass(frozen=True, slots=True)
class ReferencesArguments:
    """The definition called `name` (`Till.open`, or `open`), in the file `uri` (a URI, or as answers name it) nearest
    to the line `line` (from 1), as far as these are told. `tests`: only the tests that use it. `show`: as a page, too.
    """

    name: str
    uri: str = ""
    line: int = 0
    tests: bool = False
    show: bool = False


async def references(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    """`count` are all uses in the workspace; `references` lists the first 1,000 of them."""
    from dt6_lsp.engine import Seen  # late: it is heavy to import

    arguments = parse(ReferencesArguments, given, REFERENCES, bare="name")
    engine = await call.engine()
    texts, path = call.texts(engine), named_file(engine, arguments.uri) if arguments.uri else ""
    uses = await engine.uses_of(arguments.name, path, arguments.line, texts=texts)
    if uses is None:
        raise WorkspaceError(f"The index holds no definition of {arguments.name!r}.", "Save or index its file.")
    listed = uses.tests if arguments.tests else uses.places
    seen = [Seen(use.path, uses.definition.name, use.line, use.column) for use in listed]
    places = await engine.name_places(seen, texts)
    if arguments.show:
        title = f"{'Tests' if arguments.tests else 'Uses'} of {uses.definition.qualified}"
        page = to_markdown(call, engine, title, uses, listed, places)
        await answers.show_text(call.session, title, page, f"{title}: {len(listed):,}.")
    return {
        "name": uses.definition.qualified,
        "count": len(listed) if arguments.tests else uses.count,
        "references": [_reference(call, engine, use, place) for use, place in zip(listed, places, strict=True)],
    }


def _reference(call: Call, engine: Engine, use: Use, place: NamePlace) -> dict[str, Any]:
    where = column_range(place.line, place.start, place.text, place.line, place.end, place.text, call.encoding)
    start, end = ({"line": each.line, "character": each.character} for each in (where.start, where.end))
    return {"uri": call.uri(engine, use.path), "range": {"start": start, "end": end}, "inside": use.inside}


def to_markdown(
    call: Call, engine: Engine, title: str, uses: Uses, listed: Sequence[Use], places: Sequence[NamePlace]
) -> str:
    from dt6_lsp.engine import inline  # late: it is heavy to import

    item = uses.definition
    about = f"The {item.kind} {inline(item.qualified)}, defined at {_link(call, engine, item.path, item.name_line)}"
    lines = [
        f"- {_link(call, engine, use.path, place.line)}{f' in {inline(use.inside)}' if use.inside else ''}: "
        f"{inline(place.text)}"
        for use, place in zip(listed, places, strict=True)
    ]
    more = uses.count - len(uses.places)
    ending = [f"… and {more:,} more."] if more > 0 and listed == uses.places else []
    nothing = [] if listed else ["Nothing in the workspace uses it by this name."]
    return "\n\n".join((f"# {answers.plain(title)}", f"{about}.", *nothing, "\n".join(lines), *ending)) + "\n"


def _link(call: Call, engine: Engine, path: str, line: int) -> str:
    return f"[{answers.plain(f'{path}:{line}')}]({call.uri(engine, path)}#L{line})"
