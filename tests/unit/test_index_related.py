"""Code that is about the same as a definition, and the definitions on some lines: of one root, of several, and beside
what is not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.index.federation import Federation
from tests.index_fixtures import FakeEmbedder, function, opened, write

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "till.py": function("count_coins", "Counts coins in the drawer of the till."),
    "bank.py": function("count_notes", "Counts notes in the drawer of the bank."),
    "sky.py": function("forecast", "Rain snow wind sun."),
}


def test_the_nearest_comes_first_and_never_itself(tmp_path: Path) -> None:
    write(tmp_path / "work", FILES)
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        found = index.related("till.py", "count_coins", 1, 5)
        assert [hit.path for hit in found][:1] == ["bank.py"]
        assert "till.py" not in {hit.path for hit in found}
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert len(index.related("till.py", "count_coins", 1, 1)) == 1


def test_without_a_vector_a_file_or_a_model_nothing_is_related(tmp_path: Path) -> None:
    write(tmp_path / "work", FILES)
    embedder = FakeEmbedder(broken=True)
    with opened(tmp_path / "work", tmp_path / "store", embedder) as index:
        index.update()
        assert index.related("till.py", "count_coins", 1, 5) == []
        embedder.broken = False
        index.update()
        assert index.related("till.py", "count_coins", 1, 5)
        assert index.related("gone.py", "count_coins", 1, 5) == []
        before = len(embedder.embedded)
        index.related("till.py", "count_coins", 1, 5)
        assert len(embedder.embedded) == before  # no model is asked


def test_beside_unsaved_text_it_is_found_by_its_name(tmp_path: Path) -> None:
    """Lines have moved there; vectors are of what is saved."""
    write(tmp_path / "work", {**FILES, "till.py": function("other", "Rain snow.") + "\n\n" + FILES["till.py"]})
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        reader = index.over({"till.py": FILES["till.py"]})
        found = {hit.symbol for hit in reader.related("till.py", "count_coins", 1, 9)}
        assert found == {"other", "count_notes", "forecast"}
        assert [item.name for item in reader.defined_in("till.py", 1, 1)] == ["count_coins"]
        assert [item.name for item in index.defined_in("till.py", 1, 1)] == ["other"]
        assert index.defined_in("till.py", 2, 3) == index.defined_in("gone.py", 1, 99) == []


def test_of_several_roots_each_has_its_own(tmp_path: Path) -> None:
    for root in ("one", "two"):
        write(tmp_path / root, FILES)
    with (
        opened(tmp_path / "one", tmp_path / "store1") as one,
        opened(tmp_path / "two", tmp_path / "store2") as two,
    ):
        one.update()
        two.update()
        both = Federation([one, two])
        assert {hit.path.partition("/")[0] for hit in both.related("two/till.py", "count_coins", 1, 9)} == {"two"}
        assert [item.path for item in both.defined_in("one/bank.py", 1, 1)] == ["one/bank.py"]
        assert both.related("three/till.py", "count_coins", 1, 9) == []
        assert both.defined_in("three/a.py", 1, 9) == []
