"""Edits as an editor sends them leave the text that the editor has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import Workspace

from dt6_lsp.server.convert import split_lines, to_units
from dt6_lsp.server.documents import Documents, snapshots
from tests.lsp.harness import editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

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
    """How an editor names an offset."""
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


def test_a_document_is_found_changed_and_closed_by_any_spelling_of_its_uri() -> None:
    documents = opened("before", "utf-16")
    spelt = "file://localhost/folder/%61.py"
    change = types.TextDocumentContentChangeWholeDocument("after")
    documents.update_text_document(types.VersionedTextDocumentIdentifier(2, spelt), change)
    taken = snapshots(documents)
    assert (taken[URI].text, taken[spelt].text, list(taken)) == ("after", "after", [URI])
    assert taken.get("file:///folder/b.py") is None
    documents.remove_text_document(spelt)
    assert len(snapshots(documents)) == 0


def test_the_document_that_changed_last_stands_last() -> None:
    documents = opened("a", "utf-16")
    documents.put_text_document(types.TextDocumentItem("untitled:b", "python", 1, "b"))
    assert list(snapshots(documents)) == [URI, "untitled:b"]
    edit(documents, types.Position(0, 0), types.Position(0, 0), "x")
    assert list(snapshots(documents)) == ["untitled:b", URI]


async def test_texts_and_names_that_are_hard_to_take(tmp_path: Path) -> None:
    """Half characters, NUL, a megabyte in one line, no name, one that is no file's or a folder's: every request is
    answered, and what stands beside them is found."""
    root = make_workspace(tmp_path / "work")
    hard = {
        root.as_uri() + "/app/half.py": "x = '\ud800'  # \udc00\nServer()\n",
        root.as_uri() + "/app/\ud83d.py": "Server()\n",
        root.as_uri() + "/app/nul%00.py": "Server()\n\0",
        root.as_uri() + "/app/long.py": "Server(); é😀 = 1; " * 60_000,
        root.as_uri() + "/app": "Server()\n",
        root.as_uri() + "/../../outside.py": "Server()\n",
        "untitled:Untitled-1": "Server()\n",
        "no uri": "Server()\n",
        "file:": "Server()\n",
        "file://": "Server()\n",
        "file://host/share/x.py": "Server()\n",
    }
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        for uri, text in hard.items():
            editor.open(root, text, uri=uri)
        for uri, text in hard.items():
            found = await editor.hover(uri, int(text.startswith("x")), 1)
            if len(text) > 1_000_000:  # nobody reads such a line
                assert found is None
                continue
            assert found is not None, uri
            assert isinstance(found.contents, types.MarkupContent)
            assert "Answers requests." in found.contents.value
        symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("Server")) or []
        assert symbols[0].name == "Server"
        assert await editor.execute("dt6.search", "listen on a port")
        assert (await editor.execute("dt6.ask", "How does the server listen on a port?"))["citations"]
        for uri in hard:
            editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        assert (await editor.execute("dt6.stats"))["roots"][0]["files"] == 4


@given(st.text(alphabet="ab\r\n😀", max_size=20), st.text(alphabet="x\r\n", max_size=5), st.data())
def test_any_edit_between_lines_that_end_in_any_way(text: str, new: str, data: st.DataObject) -> None:
    """Between CR and LF there is no place to edit."""
    places = [place for place in range(len(text) + 1) if text[place - 1 : place + 1] != "\r\n" or not place]
    start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
    documents = opened(text, "utf-16")
    edit(documents, position_at(text, start, "utf-16"), position_at(text, end, "utf-16"), new)
    assert snapshots(documents)[URI].text == text[:start] + new + text[end:]
