"""Edits as an editor sends them leave the text that the editor has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import Workspace

from dt6_lsp.server.convert import split_lines, to_units
from dt6_lsp.server.documents import Documents, snapshots

URI = "file:///folder/a.py"
TEXTS = st.text(alphabet="ab é😀\f\u2028\n", max_size=30)


def opened(text: str, encoding: str) -> Documents:
    documents = Documents.following(Workspace(None, position_encoding=encoding))
    documents.put_text_document(types.TextDocumentItem(URI, "python", 1, text))
    return documents


def edit(documents: Documents, start: types.Position, end: types.Position, text: str, version: int = 2) -> None:
    change = types.TextDocumentContentChangePartial(range=types.Range(start, end), text=text)
    documents.update_text_document(types.VersionedTextDocumentIdentifier(version, URI), change)


def position_at(text: str, offset: int, encoding: str) -> types.Position:
    """How an editor names an offset (the texts here have LF only)."""
    lines = split_lines(text[:offset])
    return types.Position(len(lines) - 1, to_units(lines[-1], len(lines[-1]), encoding))


@given(TEXTS, TEXTS, st.integers(0, 30), st.integers(0, 30), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_any_edit_anywhere(text: str, new: str, one: int, other: int, encoding: str) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    documents = opened(text, encoding)
    edit(documents, position_at(text, start, encoding), position_at(text, end, encoding), new)
    assert snapshots(documents)[URI].text == text[:start] + new + text[end:]


def test_lines_after_a_form_feed_keep_their_numbers() -> None:
    documents = opened("a\f\nb\r\nc", "utf-16")
    edit(documents, types.Position(1, 0), types.Position(1, 1), "B")
    edit(documents, types.Position(2, 99), types.Position(2, 99), "!", version=3)
    assert snapshots(documents)[URI].text == "a\f\nB\r\nc!"


def test_a_snapshot_does_not_see_later_edits() -> None:
    documents = opened("before", "utf-16")
    taken = snapshots(documents)
    edit(documents, types.Position(0, 0), types.Position(0, 6), "after")
    assert (taken[URI].text, taken[URI].version) == ("before", 1)
    assert (snapshots(documents)[URI].text, snapshots(documents)[URI].version) == ("after", 2)
