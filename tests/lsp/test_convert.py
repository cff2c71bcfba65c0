"""Positions in three encodings, texts with every kind of line end, URIs of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from dt6_lsp.server import convert

ENCODINGS = ("utf-8", "utf-16", "utf-32")
LINE = 'x = "😀é"; naïve = 1'
TEXTS = st.text(alphabet="a é😀\t\f\v\u2028\x85\ud800" + "\r\n", max_size=40)


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 18), ("utf-16", 14), ("utf-32", 13)])
def test_a_column_after_an_emoji_has_other_units_in_every_encoding(encoding: str, units: int) -> None:
    column = LINE.index("ve =")
    assert convert.to_units(LINE, column, encoding) == units
    assert convert.to_column(LINE, units, encoding) == column


@pytest.mark.parametrize(("encoding", "inside"), [("utf-8", 7), ("utf-16", 6)])
def test_an_offset_inside_a_character_is_its_start(encoding: str, inside: int) -> None:
    assert LINE[convert.to_column(LINE, inside, encoding)] == "😀"


@given(st.text(alphabet="aé😀\ud800\udc00", max_size=20), st.integers(0, 30), st.sampled_from(ENCODINGS))
def test_columns_survive_the_way_there_and_back(line: str, column: int, encoding: str) -> None:
    there = convert.to_units(line, column, encoding)
    assert convert.to_column(line, there, encoding) == min(column, len(line))


@given(TEXTS)
def test_only_cr_and_lf_end_a_line(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert convert.split_lines(text) == lines
    assert [convert.line_at(text, number + 1) for number in range(len(lines))] == lines
    assert convert.line_at(text, len(lines) + 1) == ""


def test_a_position_past_the_text_is_moved_into_it() -> None:
    text = "one\r\ntwo"
    assert convert.from_position(text, types.Position(0, 99), "utf-16") == (1, 3)
    assert convert.from_position(text, types.Position(9, 9), "utf-16") == (10, 0)
    assert convert.to_offset(text, types.Position(1, 99), "utf-16") == len(text)
    assert convert.to_offset(text, types.Position(9, 0), "utf-16") == len(text)


def test_what_is_selected_across_lines_keeps_its_line_ends() -> None:
    chosen = types.Range(types.Position(0, 6), types.Position(1, 1))
    assert convert.text_in("x = 😀é\r\nnext", chosen, "utf-16") == "é\r\nn"
    backward = types.Range(types.Position(1, 1), types.Position(0, 0))
    assert convert.text_in("ab\ncd", backward, "utf-16") == ""


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/a.py", "/home/me/a.py"),
        ("file:///home/me/a%20b%23c/%C3%A9.py", "/home/me/a b#c/é.py"),
        ("file:///with%3Bsemi;colon.py", "/with;semi;colon.py"),
        ("file://localhost/etc/hosts", "/etc/hosts"),
        ("FILE:///tmp/x", "/tmp/x"),
        ("file:/tmp/x", "/tmp/x"),
        ("file:///bytes/%FF.c", "/bytes/\udcff.c"),
        ("file://server/share/x", None),
        ("vscode-notebook-cell:/home/me/n.ipynb#W0sZmlsZQ%3D%3D", "/home/me/n.ipynb"),
        ("vscode-notebook-cell://localhost/home/me/n.ipynb?x#W0", "/home/me/n.ipynb"),
        ("untitled:Untitled-1", None),
        ("git:/home/me/a.py?ref=HEAD", None),
        ("vscode-remote://ssh+host/home/me/a.py", None),
        ("", None),
        ("no uri", None),
        ("file:", None),
    ],
)
def test_files_by_uri(uri: str, path: str | None) -> None:
    assert convert.to_path(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/Users/me/a.py", "C:\\Users\\me\\a.py"),
        ("file:///C:/Users/me/a%20b.py", "C:\\Users\\me\\a b.py"),
        ("file://server/share/dir/a.py", "\\\\server\\share\\dir\\a.py"),
        ("file:///d:", "D:"),
        ("untitled:Untitled-1", None),
    ],
)
def test_files_by_uri_on_windows(uri: str, path: str | None) -> None:
    assert convert.to_path(uri, windows=True) == path


@given(st.text(alphabet=st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_every_file_name_survives_as_a_uri(name: str) -> None:
    path = Path("/src") / name
    assert convert.to_path(convert.to_uri(path), windows=False) == str(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:///src/a%20b.py", "file:///src/a b.py"),
        ("file:///src/%61.py", "FILE://localhost/src/a.py"),
        ("file:///src/%C3%A9.py", "file:///src/é.py"),
        ("untitled:Untitled%2D1", "untitled:Untitled-1"),
        ("vscode-vfs://github/a%2fb.py", "vscode-vfs://github/a%2Fb.py"),
        ("vscode-notebook-cell:/c%3A/n.ipynb#W0", "vscode-notebook-cell:/c:/n.ipynb#W0"),
        ("zip:/é", "zip:/%c3%a9"),
    ],
)
def test_spellings_of_one_document(one: str, other: str) -> None:
    assert convert.document_key(one, windows=False) == convert.document_key(other, windows=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:///src/a%2520b.py", "file:///src/a%20b.py"),
        ("file:///c:/a.py", "file:///C:/a.py"),
        ("git:/a.py?ref=HEAD", "git:/a.py?ref=main"),
        ("zip:/a%23b", "zip:/a#b"),
        ("vscode-notebook-cell:/n.ipynb#W0", "vscode-notebook-cell:/n.ipynb#W1"),
        ("untitled:a", "untitled:A"),
    ],
)
def test_documents_that_only_look_alike(one: str, other: str) -> None:
    assert convert.document_key(one, windows=False) != convert.document_key(other, windows=False)


def test_the_letter_of_a_drive_has_no_case_on_windows() -> None:
    spellings = ("file:///c%3A/Users/a.py", "file:///C:/Users/a.py", "file:///c:/Users/a.py")
    assert len({convert.document_key(uri, windows=True) for uri in spellings}) == 1


@given(st.text(max_size=20) | st.text(max_size=20).map("file://".__add__))
def test_whatever_is_sent_as_a_uri_has_a_key(uri: str) -> None:
    """Also halves of characters, which JSON can hold."""
    assert convert.document_key(uri, windows=False) == convert.document_key(uri, windows=False)
    assert convert.document_key(f"{uri}\ud800", windows=False)


def test_lines_past_the_last_that_the_protocol_can_name() -> None:
    last = 2**31 - 1
    assert convert.lines_range(last + 7, last + 9) == types.Range(types.Position(last, 0), types.Position(last, 0))
