"""What has a lens, and what a lens counts: uses by others, and the tests among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.features.lenses import is_test, uses_of, worth_a_lens
from tests.unit.workspace_fixture import indexed

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.features.lenses import Uses

WORK = """
//- till.py
LIMIT = 3

class Till:
    def open(self):
        def helper(): ...
        return self.open()

class Door:
    def open(self): ...
//- shop.py
from till import Till

def sell():
    Till().open()
//- tests/test_till.py
from till import Till

def test_opens():
    Till().open()
    Till()

class TestTill:
    def test_more(self):
        Till()
//- notes.md
# Till
"""


def check(name: str, folder: Path, path: str = "", line: int = 0) -> Uses | None:
    with indexed(WORK, folder) as index:
        return uses_of(index, name, path, line)


def lenses(path: str, folder: Path) -> list[str]:
    with indexed(WORK, folder) as index:
        return [item.qualified for item in worth_a_lens(index, path)]


def test_functions_and_types_have_lenses_and_locals_and_constants_none(tmp_path: Path) -> None:
    assert lenses("till.py", tmp_path) == ["Till", "Till.open", "Door", "Door.open"]


@pytest.mark.parametrize("path", ["tests/test_till.py", "notes.md", "gone.py"])
def test_tests_prose_and_what_is_not_indexed_have_none(path: str, tmp_path: Path) -> None:
    assert lenses(path, tmp_path) == []


def test_uses_are_counted_and_tests_once_each(tmp_path: Path) -> None:
    found = check("Till", tmp_path)
    assert found is not None
    assert (found.count, len(found.places)) == (4, 4)
    assert [(use.path, use.inside) for use in found.tests] == [
        ("tests/test_till.py", "test_opens"), ("tests/test_till.py", "TestTill.test_more"),
    ]  # fmt: skip


def test_a_call_of_itself_is_no_use_by_others(tmp_path: Path) -> None:
    found = check("Till.open", tmp_path, "till.py", 4)
    assert found is not None
    assert [use.inside for use in found.places] == ["sell", "test_opens"]


def test_the_definition_is_the_one_nearest_to_the_line_in_the_file(tmp_path: Path) -> None:
    for line, name in ((4, "Till.open"), (9, "Door.open")):
        found = check("open", tmp_path / name, "till.py", line)
        assert found is not None
        assert found.definition.qualified == name


@pytest.mark.parametrize(("name", "path"), [("no_such_name", ""), ("Till", "shop.py"), ("", "")])
def test_of_what_is_not_defined_there_nothing_is_told(name: str, path: str, tmp_path: Path) -> None:
    assert check(name, tmp_path, path) is None


@pytest.mark.parametrize(
    ("path", "test"), [("tests/a.py", True), ("src/a_test.go", True), ("a.spec.ts", True), ("src/contest.py", False)]
)
def test_files_of_tests_are_known_by_their_paths(path: str, test: bool) -> None:
    assert is_test(path) is test
