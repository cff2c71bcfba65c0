"""Identifiers, lines and paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.text import lines_of, path_key, relative_posix, shorten, split_identifier, stable_hash


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("parseHTTPRequest2", ["parse", "http", "request", "2"]),
        ("snake_case_name", ["snake", "case", "name"]),
        ("kebab-case", ["kebab", "case"]),
        ("__init__", ["init"]),
        ("SCREAMING_CASE", ["screaming", "case"]),
        ("utf8Decode", ["utf", "8", "decode"]),
        ("XMLParser", ["xml", "parser"]),
        ("getX", ["get", "x"]),
        ("größteZahlÜber", ["größte", "zahl", "über"]),
        ("名前", ["名前"]),
        ("os.path::join", ["os", "path", "join"]),
        ("", []),
        ("_", []),
    ],
)
def test_identifiers_are_split_where_a_person_would(name: str, words: list[str]) -> None:
    assert split_identifier(name) == words


@given(st.text(alphabet="aBé Ü1_-", max_size=20))
def test_splitting_loses_no_letter(name: str) -> None:
    assert "".join(split_identifier(name)) == "".join(letter for letter in name if letter.isalnum()).lower()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\rc\n\n", ["a", "b", "c", ""]),
        ("a\x0cb\u2028c\x85d", ["a\x0cb\u2028c\x85d"]),
    ],
)
def test_only_line_ends_that_editors_know_split_lines(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


@given(st.text(alphabet="ab\r\n\x0c\u2028"))
def test_lines_with_their_ends_make_up_the_text(text: str) -> None:
    kept = lines_of(text, keep_ends=True)
    assert "".join(kept) == text
    assert [line.rstrip("\r\n") for line in kept] == lines_of(text)


def test_shorten_gives_one_line_of_at_most_that_length() -> None:
    assert shorten("  two\n words\t", 20) == "two words"
    assert shorten("hello world", 7) == "hello…"
    assert [shorten("hello", most) for most in (0, 1, 5)] == ["", "…", "hello"]


def test_the_hash_of_a_text_is_stable_and_takes_any_text() -> None:
    assert stable_hash("") == "cae66941d9efbd404e4d88758ea67670"
    assert len({stable_hash("a"), stable_hash("b"), stable_hash("\ud800")}) == 3


@pytest.mark.parametrize(
    ("root", "path", "relative"),
    [
        ("/w", "/w/a/b.py", "a/b.py"),
        ("/w/", "/w", ""),
        ("/w", "/work/a.py", None),
        ("/w", "/w/../x.py", None),
        ("/w", "/W/a.py", None),
        ("/", "/a", "a"),
        ("C:\\w", "c:\\W\\Sub\\a.py", "Sub/a.py"),
        ("C:/w", "C:\\w\\a.py", "a.py"),
        ("C:\\w", "D:\\w\\a.py", None),
        ("\\\\host\\share\\w", "\\\\HOST\\share\\w\\a.py", "a.py"),
        ("/w", "C:\\w\\a.py", None),
        ("/w", "/w/a\\b.py", "a\\b.py"),
        ("/w", "/w/c:/x", "c:/x"),
    ],
)
def test_paths_relative_to_a_root(root: str, path: str, relative: str | None) -> None:
    assert relative_posix(root, path) == relative


def test_paths_that_name_the_same_file_have_one_key() -> None:
    assert path_key("C:\\Src/A.py", fold_case=True) == path_key("c:/src/a.PY", fold_case=True)
    assert path_key("a\\A.py", fold_case=False) == "a\\A.py"
