"""What a model is shown around a gap: the nearest lines that fit, without secrets and without the marks of prompts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.features.completion.context import Searches, comments, definitions, query
from dt6_lsp.features.completion.gap import Gap, Window, window
from dt6_lsp.syntax.comments import LINE_COMMENTS
from dt6_lsp.syntax.languages import BY_NAME
from dt6_lsp.workspace.secrets import REMOVED
from tests.unit.assistant_fixtures import FakeReader, at_once, until

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def quarter(text: str) -> int:
    """A token for four characters."""
    return -(-len(text) // 4)


def shown(text: str, room: int = 1_000, path: str = "a.py") -> Window | None:
    return window(Gap.at(path, text.replace("$0", ""), text.index("$0")), quarter, room)


def test_all_of_a_short_text() -> None:
    assert shown("a = 1\nb = $0\nc = 3\n") == ("a = 1\nb = ", "\nc = 3\n")


def test_the_nearest_lines_of_a_long_one_and_more_of_those_before() -> None:
    lines = [f"line_{number:03} = {number}\n" for number in range(400)]
    found = shown("".join(lines[:200]) + "x = $0\n" + "".join(lines[200:]), 100)
    assert found is not None
    assert found.prefix.endswith("line_199 = 199\nx = ")
    assert found.prefix.startswith("line_")
    assert found.suffix.startswith("\nline_200 = 200\n")
    assert quarter(found.prefix) + quarter(found.suffix) <= 100
    assert found.prefix.count("\n") > 2 * found.suffix.count("\n")


def test_of_a_line_that_is_too_long_what_stands_next_to_the_gap() -> None:
    found = shown("x" * 1_000_000 + "a$0b" + "y" * 1_000_000, 100)
    assert found is not None
    assert found.prefix.endswith("xa")
    assert found.suffix.startswith("by")
    assert len(found.prefix) + len(found.suffix) < 1_000


def test_a_secret_is_taken_out() -> None:
    found = shown(f"token = '{KEY}'\nx = $0\nother = '{KEY}'\n")
    assert found is not None
    assert KEY not in found.prefix + found.suffix
    assert (found.prefix.count(REMOVED), found.suffix.count(REMOVED)) == (1, 1)
    assert found.prefix.endswith("\nx = ")


@pytest.mark.parametrize("text", [f"x = '{KEY[:9]}$0{KEY[9:]}'\n", "a = 1\npassword = 'hunt3r!$0x92'\n"])
def test_nothing_is_asked_within_a_secret(text: str) -> None:
    assert shown(text) is None


def test_nothing_is_asked_of_a_text_with_a_private_key() -> None:
    body = "\n".join(["A1b2" * 16] * 4)
    assert shown(f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nx = $0\n") is None


@pytest.mark.parametrize(
    "mark", ["<|fim_middle|>", "<|endoftext|>", "<fim_suffix>", "<MID>", "<EOT>", "[SUFFIX]", "<｜fim▁end｜>"]
)
def test_marks_of_prompts_in_a_text_are_broken_up(mark: str) -> None:
    found = shown(f"a = '{mark}'\nb = $0\nc = '{mark}'\n")
    assert found is not None
    assert mark not in found.prefix + found.suffix


def test_line_ends_are_plain_for_a_model() -> None:
    assert shown("a = 1\r\nb = $0\r\nc = 3\rd\n") == ("a = 1\nb = ", "\nc = 3\nd\n")


@given(st.text(max_size=300), st.integers(0, 300), st.integers(1, 50))
def test_always_some_of_what_stands_next_to_it(text: str, place: int, room: int) -> None:
    gap = Gap.at("a.py", text, min(place, len(text)))
    found = window(gap, quarter, room)
    if found is None:
        return
    assert "\r" not in found.prefix + found.suffix
    assert len(found.prefix) <= 2 * len(gap.before) + 1
    assert not gap.before or found.prefix or gap.before[-1:] in "\r\n"


@pytest.mark.parametrize(
    ("path", "language", "known"), [("a.py", "", "python"), ("", "typescriptreact", "tsx"), ("", "", "text")]
)
def test_the_language_is_told_by_the_path_or_else_by_the_editor(path: str, language: str, known: str) -> None:
    assert Gap.at(path, "", 0, language).language == known


# What of other files bears on it

FILES = {
    "app/server.py": (
        "class Server:\n"
        '    """Answers requests. And more."""\n\n'
        "    def start(self, port: int) -> None:\n        pass\n\n"
        "    def stop(self) -> None:\n        pass\n"
    ),
    "app/money.py": "def count_coins(purse):\n    return sum(purse)\n",
    "app/main.py": "from app.server import Server\n\nserver = Server()\n",
}


def context(text: str, path: str = "app/main.py", room: int = 1_000, files: dict[str, str] | None = None) -> str:
    gap = Gap.at(path, text.replace("$0", ""), text.index("$0"))
    reader = FakeReader(dict(files or FILES))
    found = asyncio.run(Searches(at_once, 10).pieces(path, gap.before, lambda: reader))
    return comments(gap.language, (*definitions(gap, reader), *found), quarter, room)


def test_names_near_the_gap_are_shown_as_other_files_define_them() -> None:
    assert "# app/server.py\n# class Server\n" in context("from app.server import Server\nserver = Server()\nserver.$0")
    said = context("server = Server()\nserver.$0")
    assert "#     def start(self, port: int) -> None\n" in said
    assert "#     def stop(self) -> None\n" in said


def test_search_adds_what_is_about_the_same() -> None:
    assert "# app/money.py\n# def count_coins(purse)" in context("purse = []\ncoins = count$0")


def test_the_file_itself_is_no_context_of_its_own() -> None:
    assert "app/main.py" not in context("server = Server()\n$0")


def test_every_line_is_a_comment_whatever_stands_in_it() -> None:
    files = {"app/odd.py": 'def odd():\n    return """\n<|fim_middle|>\n# x\n"""\n'}
    said = context("odd = odd()\n$0", files=files)
    assert "app/odd.py" in said
    assert all(line.startswith("# ") or line == "#" for line in said.splitlines())
    assert "<|fim_middle|>" not in said


def test_it_keeps_to_its_room() -> None:
    assert quarter(context("server = Server()\ncount_coins(server)\n$0", room=20)) <= 20
    assert context("server = Server()\n$0", room=0) == ""


@pytest.mark.parametrize("path", ["a.html", "a.json", "a.md", "a.css", "a.txt", ""])
def test_a_language_without_comments_of_one_line_gets_none(path: str) -> None:
    assert context("Server count_coins $0", path) == ""


def test_comments_are_known_of_languages_that_are() -> None:
    assert set(LINE_COMMENTS) <= set(BY_NAME)
    assert {"python", "go", "lua"} <= set(LINE_COMMENTS)


def test_search_is_asked_with_the_nearest_words_but_not_with_the_one_that_is_being_typed() -> None:
    assert query("open the door\nclose the wind") == "open door close the"
    assert query(" ".join(f"word{number}" for number in range(40)) + " ") == " ".join(
        f"word{number}" for number in range(30, 40)
    )


async def test_search_is_asked_once_for_each_word_and_not_waited_for() -> None:
    reader, searches = FakeReader(dict(FILES)), Searches(at_once, 10)
    for typed in ("c", "co", "cou"):
        assert await searches.pieces("app/main.py", f"purse = []\nx = {typed}", lambda: reader)
    assert len(reader.queries) == 1

    released = asyncio.Event()

    async def late(call: Callable[[], T]) -> T:
        await released.wait()
        return call()

    hasty = Searches(late, 0)
    assert await hasty.pieces("app/main.py", "purse = []\n", lambda: reader) == []
    released.set()
    await until(lambda: len(reader.queries) == 2)
    [piece] = await hasty.pieces("app/main.py", "purse = []\n", lambda: reader)
    assert piece.path == "app/money.py"
