"""`textDocument/inlineCompletion` and `textDocument/completion`: what a model suggests to write at the cursor.

Editors ask for completions with each word that is begun, and show none until all servers have answered. So only who
asks by hand waits for a model there; while somebody types, what is known already is answered at once. The protocol does
not tell the two apart, but a request right after an edit is nobody's wish.
Not here: what is suggested, and whether the editor may ask (`completion_offer`).
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol import types

from dt6_lsp.errors import ModelError
from dt6_lsp.server.convert import from_position, line_at, name_range, to_offset

if TYPE_CHECKING:
    from dt6_lsp.engine import CompletionWish, Engine, Gap, Suggestion
    from dt6_lsp.server.documents import Snapshot
    from dt6_lsp.server.session import Call

TYPED_SECONDS = 0.25  # after an edit; the slowest editors wait a fifth of a second before they ask by themselves
_PATIENCE_SECONDS = 1.0
_LONGEST_LABEL = 60
_WORD = re.compile(r"\w*$")
_LAST = "\uffff"  # sorts behind everything


async def inline_completion(call: Call, params: types.InlineCompletionParams) -> types.InlineCompletionList:
    snapshot, chosen = call.documents.get(params.text_document.uri), params.context.selected_completion_info
    if snapshot is None:
        return types.InlineCompletionList([])
    text, offset = snapshot.text, to_offset(snapshot.text, params.position, call.encoding)
    if chosen is not None:  # of a popup: what is suggested goes on from there
        start, end = (to_offset(text, place, call.encoding) for place in (chosen.range.start, chosen.range.end))
        text, offset = text[:start] + chosen.text + text[max(start, end) :], start + len(chosen.text)
    typing = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
    found = await _suggested(call, snapshot, text, offset, typing=typing)
    if found is None:
        return types.InlineCompletionList([])
    inserted = (chosen.text if chosen else "") + found[1].text
    where = chosen.range if chosen else _word_range(call, snapshot, params.position, "")
    return types.InlineCompletionList([types.InlineCompletionItem(inserted, range=where)])


async def completion(call: Call, params: types.CompletionParams) -> types.CompletionList:
    """The list is incomplete as long as it has an item, which changes with each letter."""
    snapshot = call.documents.get(params.text_document.uri)
    if snapshot is None:
        return types.CompletionList(is_incomplete=False, items=[])
    offset = to_offset(snapshot.text, params.position, call.encoding)
    found = await _suggested(call, snapshot, snapshot.text, offset, known=not _is_asked(params, snapshot))
    items = [] if found is None else [_item(call, snapshot, params.position, *found)]
    return types.CompletionList(is_incomplete=bool(items), items=items)


def _is_asked(params: types.CompletionParams, snapshot: Snapshot) -> bool:
    """By hand, as far as can be told."""
    kind = params.context.trigger_kind if params.context else types.CompletionTriggerKind.Invoked
    rested = time.monotonic() - snapshot.changed_at > TYPED_SECONDS
    return kind == types.CompletionTriggerKind.Invoked and rested


async def _suggested(
    call: Call, snapshot: Snapshot, text: str, offset: int, *, typing: bool = False, known: bool = False
) -> tuple[Gap, Suggestion] | None:
    """None also for a document outside of the workspace: no rule tells whether it may be sent."""
    engine = await call.session.engines.get_within(0 if known else _PATIENCE_SECONDS)
    if engine is None:
        return None
    from dt6_lsp.engine import CompletionWish, Gap  # late: the engine is not needed for `initialize`

    path = snapshot.name(engine)
    if not path and not _is_nameless(snapshot.uri):
        return None
    gap = Gap.at(path, text, offset, snapshot.language)
    found = await _complete(call, engine, CompletionWish(gap, typing=typing, known=known))
    return None if found is None else (gap, found)


async def _complete(call: Call, engine: Engine, wish: CompletionWish) -> Suggestion | None:
    try:
        return await engine.complete(wish, cancel=call.cancel, texts=call.texts(engine))
    except ModelError as error:
        call.session.show(types.MessageType.Warning, str(error))
        return None


def _is_nameless(uri: str) -> bool:
    from dt6_lsp.workspace.defaults import is_secret  # late, as above

    scheme, _, rest = uri.partition(":")
    return scheme.lower() == "untitled" and not is_secret(unquote(rest))


def _item(
    call: Call, snapshot: Snapshot, position: types.Position, gap: Gap, found: Suggestion
) -> types.CompletionItem:
    client, word = call.session.client, _word(gap)
    new_text = word + found.text
    first = new_text.strip().split("\n", 1)[0].rstrip()
    source = f"DT6: {found.model}"
    return types.CompletionItem(
        label=first[:_LONGEST_LABEL],
        label_details=types.CompletionItemLabelDetails(description="DT6") if client.completion_label_details else None,
        kind=types.CompletionItemKind.Text,
        detail=source,
        documentation=_documentation(new_text, gap.language, markdown=client.completion_markdown),
        sort_text=_LAST,
        filter_text=word + found.text.strip().split("\n", 1)[0] if word else first,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs if client.completion_as_is else None,
        text_edit=types.TextEdit(_word_range(call, snapshot, position, word), new_text),
    )


def _documentation(text: str, language: str, *, markdown: bool) -> types.MarkupContent | str:
    if not markdown:
        return text
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{language}\n{text}\n{fence}")


def _word(gap: Gap) -> str:
    """What of a word stands before the cursor."""
    found = _WORD.search(gap.line[-_LONGEST_LABEL:])
    return found[0] if found else ""


def _word_range(call: Call, snapshot: Snapshot, position: types.Position, word: str) -> types.Range:
    """From the start of the word up to the cursor."""
    line, column = from_position(snapshot.text, position, call.encoding)
    return name_range(line, column - len(word), len(word), line_at(snapshot.text, line), call.encoding)
