"""What a place in a text means: a definition, or lines."""

from __future__ import annotations

from dt6_lsp.assistant.parts import Passage
from dt6_lsp.features.explaining import Subject
from dt6_lsp.features.subjects import Marked, subject_at, subject_called
from tests.unit.assistant_fixtures import FakeReader

FILES = {
    "till.py": "class Till:\n    def open(self):\n        return 1\n\n    def shut(self):\n        return 2\n",
    "shop.py": "from till import Till\n\n\ndef buy():\n    Till().open()\n\n\nbuy()\n",
    "other.py": "def open():\n    return 3\n",
}


def check(path: str, marked: str, expected: str, *, inside: str | None = None) -> None:
    """`marked` is a text with `$0` at the cursor, or around what is selected; `expected` a name, or `path:1-2`."""
    before, *rest = marked.split("$0")
    text = "".join((before, *rest))
    first, column = before.count("\n") + 1, len(before.rpartition("\n")[2])
    last = first + (rest[0].rstrip("\n").count("\n") + rest[0].endswith("\n\n") if len(rest) > 1 else 0)
    selected = len(rest) > 1
    reader = FakeReader({**FILES, path: text} if inside is None else dict(FILES))
    place = Marked(path, text, first, last, column, selected=selected, inside=path if inside is None else inside)
    found = subject_at(reader, place)
    shown = found.definition.qualified if isinstance(found, Subject) else found.source
    assert shown == expected


def test_a_name_means_its_definition_wherever_that_is() -> None:
    check("shop.py", FILES["shop.py"].replace(".open", ".op$0en"), "Till.open")


def test_where_no_name_is_the_innermost_definition_around_the_place_is_meant() -> None:
    check("till.py", FILES["till.py"].replace("return 2", "return $02"), "Till.shut")


def test_lines_that_are_all_of_a_definition_are_that_definition_and_others_are_lines() -> None:
    text = FILES["till.py"]
    check(
        "till.py", text.replace("    def open", "$0    def open").replace("return 1\n\n", "return 1\n\n$0"), "Till.open"
    )
    check("till.py", text.replace("        return 1", "$0        return 1").replace("shut", "sh$0ut"), "till.py:3-5")


def test_an_empty_text_has_nothing_to_tell_about() -> None:
    found = subject_at(FakeReader(dict(FILES)), Marked("empty.py", "", 1, 1))
    assert isinstance(found, Passage)
    assert found.text == ""


def test_outside_of_definitions_the_lines_around_the_place_are_meant() -> None:
    lines = [f"# line {number}" for number in range(1, 201)]
    lines[99] = "$0# line 100"
    check("notes.py", "\n".join(lines), "notes.py:60-140")


def test_what_has_no_place_in_the_workspace_is_told_by_its_own_lines() -> None:
    check("untitled.py", "$0first = 1\nsecond = 2\n$0", "untitled.py:1-2", inside="")


def test_a_name_alone_is_looked_up_first_in_the_file_that_is_told() -> None:
    reader = FakeReader(dict(FILES))
    found = subject_called(reader, "Till.open")
    assert found is not None
    assert found.text == "    def open(self):\n        return 1"
    near = subject_called(reader, "open", "other.py")
    assert near is not None
    assert near.definition.path == "other.py"
    assert subject_called(reader, "nothing_of_that_name") is None


def test_lines_are_passed_on_as_they_stand() -> None:
    reader = FakeReader({"a.py": "one = 1\ntwo = 2\n"})
    place = Marked("a.py", "one = 1\r\ntwo = 2\r\n", 1, 2, selected=True, inside="a.py")
    assert subject_at(reader, place) == Passage("a.py", 1, 2, "one = 1\ntwo = 2")
