"""Answers from the import graph: what is told of a small till, and of workspaces in which there is nothing to tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.architecture.atlas import Map, map_for
from dt6_lsp.assistant.architecture.facts import Atlas
from dt6_lsp.assistant.architecture.parts import grouped, is_code
from dt6_lsp.workspace.history import Churn
from tests.unit.assistant_fixtures import FakeReader
from tests.unit.workspace_fixture import indexed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.index.model import Reader

SHOP = '''
//- README.md
# Shop

Shop is a small till for markets. It prints receipts.
//- pyproject.toml
[project]
name = "till"
description = "A till"

[project.scripts]
till = "shop.cli:main"
//- shop/__init__.py
"""A till for markets."""
//- shop/cli.py
"""The command line of the till."""
from shop.selling.basket import Basket

def main():
    """Reads a basket and prints its receipt."""
    run_till(Basket())

def run_till(basket):
    print(basket.total_price())
//- shop/selling/basket.py
"""What is bought."""
from shop.selling.rules import best_discount
from shop.storage.ledger_file import write_line

class Basket:
    """All that one customer buys."""

    def total_price(self):
        """The price with its best discount taken off."""
        write_line("sold")
        return 10 - best_discount(self)
//- shop/selling/rules.py
"""Rules by which a basket gets cheaper."""
from shop.storage.ledger_file import write_line
import shop.selling.basket

def best_discount(basket):
    """The largest discount of any rule."""
    write_line("looked")
    return 1
//- shop/storage/ledger_file.py
"""Where sales are written."""
import json

def write_line(text):
    """One more line."""
    return json.dumps(text)
//- tests/test_basket.py
from shop.selling.basket import Basket

def test_total_price():
    assert Basket().total_price() == 9
'''


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Iterator[Reader]:
    with indexed(SHOP, tmp_path) as index:
        yield index


def told(question: str, reader: Reader, intent: Intent = "arch", *, longest: int = 100_000) -> str:
    found = found_for(question, reader, intent, longest=longest)
    assert found is not None
    return found.text


def found_for(
    question: str, reader: Reader, intent: Intent = "arch", *, longest: int = 100_000, atlas: Atlas | None = None
) -> Map | None:
    return map_for(question, intent, reader, atlas or Atlas(), lambda text: len(text) <= longest)


def test_dependents_are_told_with_the_line_of_each_import_and_tests_apart(shop: Reader) -> None:
    answer = told("What depends on shop/selling/basket.py?", shop)
    assert answer.startswith("`shop/selling/basket.py` is imported by 2 files of code, and by 1 test or example.")
    assert "`shop/cli.py:2`" in answer
    assert "`shop/selling/rules.py:3`" in answer
    assert "**Tests and examples:** `tests/test_basket.py:1`" in answer


def test_a_folder_is_asked_about_from_outside(shop: Reader) -> None:
    answer = told("which modules import the storage package?", shop)
    assert answer.startswith("`shop/storage` is imported from outside by 2 files of code.")
    assert "`shop/selling/basket.py:3`, `shop/selling/rules.py:2`" in answer
    assert "Through these, 1 more file of code and 1 test or example depend on it." in answer


def test_what_breaks_is_told_by_distance(shop: Reader) -> None:
    answer = told("What breaks if I change ledger_file.py?", shop)
    assert "can reach 3 of 5 files of code and 1 test or example, up to 2 imports away." in answer
    assert "**It is imported by** (2 files): `shop/selling/basket.py:3`, `shop/selling/rules.py:2`" in answer
    assert "**2 imports away** (1 file): `shop/cli.py:2`" in answer
    assert "**Tests and examples that reach it**, nearest first: `tests/test_basket.py:1`" in answer


def test_of_a_symbol_those_who_use_it_are_told(shop: Reader) -> None:
    answer = told("What breaks if I change write_line?", shop)
    assert answer.startswith(
        "The function `write_line` (`shop/storage/ledger_file.py:4-6`) is used at 2 places in 2 files."
    )
    assert "`Basket.total_price` (`shop/selling/basket.py:10`)" in answer
    assert "**2 uses away** (1): `run_till` (`shop/cli.py:9`)" in answer
    assert "`test_total_price` (`tests/test_basket.py:4`)" in answer


def test_a_module_of_tests_in_a_file_of_code_is_told_among_tests(tmp_path: Path) -> None:
    source = """
    //- src/lib.rs
    mod money;
    pub fn pay_bill() { money::take_coins(); }
    //- src/money.rs
    pub fn take_coins() {}
    #[cfg(test)]
    mod tests {
        #[test]
        fn takes() { super::take_coins(); }
    }
    """
    with indexed(source, tmp_path) as index:
        answer = told("what breaks if I change take_coins?", index)
    assert "is used at 1 place in 1 file, and by 1 test or example." in answer
    assert "**Tests and examples that reach it** (1): `tests.takes` (`src/money.rs:5`)" in answer


def test_what_only_tests_use_is_said_to_be_used_nowhere_in_code(tmp_path: Path) -> None:
    source = """
    //- till/a.py
    def take_coins(): ...
    //- till/b.py
    def take_coins(): ...
    //- tests/test_a.py
    from till.a import take_coins

    def test_taking():
        take_coins()
    """
    with indexed(source, tmp_path) as index:
        answer = told("what breaks if I change take_coins?", index)
    assert "(`till/a.py:1`) is used nowhere in code, and by 1 test or example." in answer
    assert "1 other definition in this workspace has the same name; uses of it were told apart by imports." in answer


def test_dependencies_are_told_with_what_comes_from_elsewhere(shop: Reader) -> None:
    assert "**From elsewhere:** `json`" in told("what does ledger_file import?", shop)
    answer = told("dependencies of shop/cli.py", shop)
    assert answer.startswith("`shop/cli.py` imports 1 other file of this workspace:")
    assert "`shop/cli.py:2`" in answer


def test_whether_one_depends_on_the_other_is_told_with_the_chain(shop: Reader) -> None:
    assert told("Does selling depend on storage?", shop).startswith(
        "Yes: `shop/selling` imports `shop/storage` directly"
    )
    assert (
        told("does cli.py depend on storage?", shop)
        == "Yes, by way of 1 file: `shop/cli.py:2` → `shop/selling/basket.py:3` → `shop/storage/ledger_file.py`"
    )
    answer = told("does storage depend on shop/cli.py?", shop)
    assert answer.startswith("No: no chain of imports leads from `shop/storage` to `shop/cli.py`.")
    assert "The other way round it does: `shop/cli.py:2`" in answer


def test_how_a_request_reaches_a_function_is_told_step_by_step(shop: Reader) -> None:
    answer = told("How does a request reach write_line?", shop)
    first = "From the command `till` (`pyproject.toml:6`) `write_line` is reached in 3 steps of use:"
    assert answer.splitlines()[0] == first
    assert "1. `main` uses `run_till` (`shop/cli.py:6`)" in answer
    assert "2. `run_till` uses `Basket.total_price` (`shop/cli.py:9`)" in answer
    assert "3. `Basket.total_price` uses `write_line` (`shop/selling/basket.py:10`)" in answer
    assert "4. there it is: `write_line` (`shop/storage/ledger_file.py:4-6`)" in answer


def test_a_way_may_begin_where_the_question_says(shop: Reader) -> None:
    answer = told("How do we get from main to best_discount?", shop)
    assert answer.startswith("From `main` `best_discount` is reached in 3 steps of use:")


def test_what_only_imports_reach_is_told_so(shop: Reader) -> None:
    answer = told("How does a request reach shop/storage?", shop)
    assert "By imports the way from the command `till` (`pyproject.toml:6`) to `shop/storage` is:" in answer
    assert "1. `shop/cli.py` imports `shop/selling/basket.py` (`shop/cli.py:2`)" in answer


SERVICE = """
//- pyproject.toml
[project]
name = "shop"

[project.scripts]
shop = "shop.cli:main"
//- scripts/main.py
from shop.store import save

def main():
    save(1)
//- shop/cli.py
from shop.work import work

def main():
    work()
//- shop/server.py
from shop.work import work

class App:
    def __call__(self, environ, start_response):
        return self.dispatch(environ)

    def dispatch(self, environ):
        return work()
//- shop/work.py
from shop.store import save

def work():
    save(2)
//- shop/store.py
def save(value):
    return value
//- shop/model.py
x = 1
//- shop/deep/model.py
from shop.store import save
//- shop/wheels/wheel.py
def fit(): ...
//- shop/deep/wheels.py
def fit(): ...
//- shop/paint.py
class Brush: ...
//- tests/test_paint.py
def brush(): ...

def easel(): ...
"""


@pytest.fixture(name="service")
def _service(tmp_path: Path) -> Iterator[Reader]:
    with indexed(SERVICE, tmp_path) as index:
        yield index


def test_a_request_comes_in_where_a_server_hands_it_over(service: Reader) -> None:
    answer = told("How does a request reach save?", service)
    assert answer.startswith("From the handler `App.__call__` (`shop/server.py:4-5`) `save` is reached in 3 steps")
    assert "1. `App.__call__` uses `App.dispatch` (`shop/server.py:5`)" in answer


def test_what_is_no_request_comes_in_by_the_command_and_not_by_a_nearer_script(service: Reader) -> None:
    answer = told("How does a question reach save?", service)
    assert answer.startswith("From the command `shop` (`pyproject.toml:5`) `save` is reached in 2 steps of use:")


def test_a_script_is_where_it_begins_only_where_nothing_else_leads_there(tmp_path: Path) -> None:
    only = "//- scripts/main.py\nfrom shop.store import save\n\ndef main():\n    save(1)\n//- shop/__init__.py\n"
    with indexed(f"{only}//- shop/store.py\ndef save(value): ...\n", tmp_path) as index:
        answer = told("How does a request reach save?", index)
    assert answer.startswith(
        "From the program `scripts/main.py` (`scripts/main.py:3-4`) `save` is reached in 1 step of use:"
    )


def test_a_noun_that_several_files_are_called_by_is_none_of_them(service: Reader) -> None:
    answer = told("How does a question reach the model?", service)
    assert answer == (
        "`model` is no one part of the code: `shop/model.py`, `shop/deep/model.py` are called so. "
        "Ask for one of them by its path."
    )
    assert "`shop/deep/model.py`" not in told("How does a question reach shop/model.py?", service)


def test_a_noun_means_the_one_file_the_folder_above_all_others_or_the_type_that_is_called_so(service: Reader) -> None:
    assert "`shop/store.py` is reached in 2 steps" in told("How does a question reach the store?", service)
    assert "`shop/wheels`" in told("How does a question reach the wheel?", service)
    assert "`Brush`" in told("How does a question reach the brush?", service)
    assert told("How does a question reach the easel?", service).startswith("Nothing in the index is called `easel`.")


def test_a_cycle_is_told_with_each_import_of_it(shop: Reader) -> None:
    answer = told("Is there a cycle?", shop)
    assert answer.startswith("Yes: ")
    assert "- `shop/selling/basket.py:2` → `shop/selling/rules.py:3` → `shop/selling/basket.py`" in answer
    assert told("is there an import cycle in storage?", shop).startswith(
        "No: there is no cycle of imports through `shop/storage`."
    )


def test_words_that_name_no_part_ask_about_the_whole(shop: Reader) -> None:
    assert told("are there cycles among our layers?", shop).startswith("Yes: 1 import cycle, 2 files in all.")
    assert told("are there cycles in `nowhere`?", shop).startswith("Nothing in the index is called `nowhere`.")


def test_layers_are_told_from_the_top_with_a_reason(shop: Reader) -> None:
    answer = told("What are the layers?", shop)
    assert answer.startswith("3 layers, the top one first. Each imports only from layers below.")
    assert "- **3:** `shop/cli.py` (imports `shop/selling`, `shop/cli.py:2`)" in answer
    assert "- **2:** `shop/selling` (imports `shop/storage`, `shop/selling/basket.py:3`)" in answer


def test_entry_points_are_told_by_what_says_so(shop: Reader) -> None:
    answer = told("What are the entry points?", shop)
    assert "**Commands that it installs:**\n\n- `till` runs `shop/cli.py:main` (`pyproject.toml:6`)" in answer


def test_what_is_central_is_what_others_use(shop: Reader) -> None:
    first = told("What are the most central symbols?", shop).split("\n\n")[1].splitlines()[0]
    assert first == (
        "- `write_line`, function (`shop/storage/ledger_file.py:4-6`), used in 2 other files: One more line."
    )


def test_what_changed_most_is_told_when_git_tells(shop: Reader) -> None:
    atlas = Atlas(lambda _: [Churn("shop/cli.py", 7, 90, 3), Churn("gone.py", 9, 1, 1)])
    found = found_for("what changes most often? churn", shop, atlas=atlas)
    assert found is not None
    assert "| `shop/cli.py` | 7 | +90 -3 |" in found.text
    assert "gone.py" not in found.text
    assert "git tells of no changes" in told("churn", shop)


def test_a_name_that_nothing_has_is_said_plainly_with_what_is_near(shop: Reader) -> None:
    answer = told("What depends on shop/selling/baskets.py?", shop)
    assert answer == (
        "Nothing in the index is called `shop/selling/baskets.py`. Near it are `shop/selling/basket.py`, "
        "`tests/test_basket.py`."
    )
    assert found_for("what depends on the weather", shop, "general") is None


MEMBERS = """
//- .github/config.yml
on: push
//- till/config.py
class Config:
    secret_key: str = ""
    owner: str = ""
//- till/app.py
from till.config import Config

def run(config: Config):
    return config.secret_key
//- tests/test_config.py
SECRET_KEY = "abc"
"""


def test_a_member_that_is_written_as_a_name_is_found_and_nobody_is_said_not_to_use_it(tmp_path: Path) -> None:
    with indexed(MEMBERS, tmp_path) as reader:
        untold = "The index does not tell who reads or sets a field or property."
        for name in ("secret_key", "Config.secret_key", "`secret_key`"):
            answer = told(f"what breaks if I change {name}?", reader)
            assert answer == f"`Config.secret_key` (`till/config.py:2`): {untold}"
        assert "Nothing in the index is called `owner`" in told("what depends on the owner?", reader)


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("src/flask/config.py", True),
        ("config/config.go", True),
        ("web/vite.config.ts", False),
        (".lintrc.js", False),
    ],
)
def test_a_project_s_own_config_is_code_and_that_of_its_tools_is_not(path: str, own: bool) -> None:
    assert is_code(path) is own


def test_a_word_means_code_before_a_file_of_settings_that_is_called_so(tmp_path: Path) -> None:
    with indexed(MEMBERS, tmp_path) as reader:
        assert told("what depends on config?", reader).startswith("`till/config.py` is imported by 1 file of code")


def test_the_same_index_gives_the_same_words(shop: Reader) -> None:
    for question in ("explain the architecture", "what breaks if I change write_line?", "is there a cycle?"):
        assert told(question, shop) == told(question, shop)


@pytest.mark.parametrize("longest", [200, 400, 800, 1_600, 3_200])
def test_the_overview_fits_and_loses_the_least_important_first(shop: Reader, longest: int) -> None:
    answer = told("explain the architecture", shop, longest=longest)
    assert 0 < len(answer) <= longest
    assert longest < 400 or "shop/selling" in answer
    assert longest < 3_200 or all(words in answer for words in ("```mermaid", "**Cycles:**", "**Central symbols:**"))


def test_every_place_that_is_named_is_listed_and_is_there(shop: Reader) -> None:
    for question in ("explain the architecture", "layers", "how does a request reach write_line?", "impact of errors"):
        found = found_for(question, shop)
        assert found is not None
        named = re.findall(r"`([\w./]+\.\w+):(\d+)(?:-(\d+))?`", found.text)
        listed = {(place.path, place.start_line, place.end_line) for place in found.citations}
        assert {(path, int(start), int(end or start)) for path, start, end in named} == listed
        for path, start, end in listed:
            assert 1 <= start <= end <= max(chunk.end_line for chunk in shop.chunks(path))


@pytest.mark.parametrize(
    "files",
    ["//- only.py\ndef lonely():\n    return 1\n", "//- a.py\nx = 1\n//- b.py\ny = 2\n", "//- notes.txt\nnothing\n"],
)
def test_a_workspace_with_little_in_it_is_no_matter(files: str, tmp_path: Path) -> None:
    with indexed(files, tmp_path) as index:
        for question in (
            "architecture", "is there a cycle?", "layers", "entry points", "central symbols", "what depends on only.py",
            "how does a request reach lonely", "what breaks if I change a.py", "churn",
        ):  # fmt: skip
            assert told(question, index)


def test_an_empty_workspace_says_so() -> None:
    assert told("explain the architecture", FakeReader()) == "The index holds no code to tell of."


def test_parts_are_folders_below_what_all_files_share() -> None:
    assert grouped(["src/a/x.py", "src/a/y.py", "src/b/z.py", "src/c.py"]) == {
        "src/a": ["src/a/x.py", "src/a/y.py"],
        "src/b": ["src/b/z.py"],
        "src/c.py": ["src/c.py"],
    }
    assert grouped(["a.py"]) == {"a.py": ["a.py"]}
    assert grouped([]) == {}


def test_where_a_folder_is_a_package_its_files_are_one_part() -> None:
    assert grouped(["gin.go", "context.go", "render/json.go"]) == {
        ".": ["gin.go", "context.go"],
        "render": ["render/json.go"],
    }
