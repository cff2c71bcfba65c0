"""`textDocument/documentLink` and `textDocument/definition` in the pages that DT6 writes: from a citation to its lines.

Only there, and only into files of the workspace that exist; any other text is no page, whatever it names. Where a link
leads is told when it is followed (`documentLink/resolve`). Not here: what a citation looks like.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from lsprotocol import types

from dt6_lsp.errors import Dt6Error
from dt6_lsp.server.arguments import parse
from dt6_lsp.server.convert import lines_range, offsets_range, to_offset, to_path, to_uri
from dt6_lsp.server.notebooks import file_of
from dt6_lsp.server.pages import SCHEME, is_page, page_name, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.engine import Citation, Engine
    from dt6_lsp.server.session import Call

_PATIENCE_SECONDS = 1.0
_MOST_LINKS = 1_000
_MOST_CHARACTERS = 500_000
SELECTOR: list[types.TextDocumentFilter] = [
    types.TextDocumentFilterScheme(SCHEME),
    types.TextDocumentFilterPattern("**/answers/*.md", language="markdown", scheme="file"),
]
"""Where an editor is to ask for definitions; which files these are exactly is looked at here."""


@dataclass(frozen=True, slots=True)
class LinkData:
    """The place that a link leads to: a file as the engine names it, and a line from 1."""

    path: str
    line: int


async def document_link(call: Call, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    """None for what is no page."""
    text = await _page(call, params.text_document.uri)
    engine = await call.session.engines.get_within(_PATIENCE_SECONDS) if text is not None else None
    if text is None or engine is None:
        return None
    found = await call.session.in_worker(lambda: list(_cited(engine, text)))
    return [
        types.DocumentLink(
            offsets_range(text, start, end, call.encoding), data=asdict(LinkData(place.path, place.start_line))
        )
        for start, end, place in found[:_MOST_LINKS]
    ]


async def resolve(call: Call, link: types.DocumentLink) -> types.DocumentLink:
    data = parse(LinkData, link.data, "The data of a link")
    engine = await call.engine()
    located = await call.session.in_worker(lambda: _located(engine, data.path))
    return attrs.evolve(link, target=f"{to_uri(located)}#L{max(1, data.line)}" if located is not None else None)


async def definition(call: Call, params: types.DefinitionParams) -> types.Location | None:
    """Of a citation: its first line."""
    text = await _page(call, params.text_document.uri)
    engine = await call.session.engines.get_within(_PATIENCE_SECONDS) if text is not None else None
    if text is None or engine is None:
        return None
    at = to_offset(text, params.position, call.encoding)
    found = await call.session.in_worker(lambda: list(_cited(engine, text)))
    place = next((place for start, end, place in found if start <= at <= end), None)
    if place is None:
        return None
    return types.Location(call.uri(engine, place.path), lines_range(place.start_line, place.start_line - 1))


async def _page(call: Call, uri: str) -> str | None:
    """The text of a page, as the editor has it where it is open there; None for any other document."""
    name = page_name(uri)
    if not name:
        path = to_path(uri) if uri.lower().startswith("file:") else None
        folder = call.session.answers
        mine = path is not None and Path(path).parent in (folder, folder.resolve()) and is_page(Path(path).name)
        name = Path(path).name if path is not None and mine else ""
    if not name:
        return None
    snapshot = call.documents.get(uri)
    text = snapshot.text if snapshot is not None else await text_of(call.session, name)
    return text[:_MOST_CHARACTERS]


def _cited(engine: Engine, text: str) -> Iterator[tuple[int, int, Citation]]:
    """Those of files that there are. On a worker thread."""
    from dt6_lsp.engine import places_in  # late, as all that needs the engine

    known: dict[str, bool] = {}
    for start, end, place in places_in(text):
        if place.path not in known:
            known[place.path] = _located(engine, place.path) is not None
        if known[place.path] and place.start_line:
            yield start, end, place


def _located(engine: Engine, path: str) -> Path | None:
    """The file, where there is one in a folder of the workspace, and no link leads out of it."""
    try:
        located = engine.locate(file_of(path))
        inside = any(located.resolve().is_relative_to(root.resolve()) for root in engine.roots)
        return located if inside and located.is_file() else None
    except (Dt6Error, OSError, ValueError):
        return None
