"""Whatever is done to a workspace, the index that followed it step by step equals one made afresh."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.index_fixtures import LONG_AGO, chroma_ids, chunk_ids, function, opened, rows, write

PATHS = st.sampled_from(["a.py", "b.py", "pkg/a.py", "pkg/deep/c.md", "pkg.py", "notes.txt"])
PIECES = [*(function(name) for name in ("one", "two", "three")), "text\n", "import os\n"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4)
STEPS = st.one_of(
    st.tuples(st.just("write"), PATHS, TEXTS.map("\n\n".join)),
    st.tuples(st.just("delete"), PATHS, st.just("")),
    st.tuples(st.just("move"), PATHS, PATHS),
    st.tuples(st.just("binary"), PATHS, st.just("")),
    st.tuples(st.just("update"), st.booleans(), st.just("")),
)


def _do(root: Path, step: tuple[str, object, str], at: int) -> None:
    kind, path, detail = step[0], root / str(step[1]), step[2]
    if kind == "write":
        write(root, {str(step[1]): detail}, at=at)
    elif kind == "binary":
        write(root, {str(step[1]): b"\0\1"}, at=at)
    elif kind == "delete":
        path.unlink(missing_ok=True)
    elif path.exists():
        (root / detail).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, root / detail)


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=25)
def test_an_index_that_followed_equals_a_fresh_one(steps: list[tuple[str, object, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "work"
        write(root, {"always.py": function("always")})
        with opened(root, folder / "followed") as index:
            named: set[str] = set()
            for number, step in enumerate(steps):
                if step[0] != "update":
                    _do(root, step, LONG_AGO + number)
                    named.update((str(step[1]), *([step[2]] if step[0] == "move" else [])))
                elif step[1]:
                    index.update()
                    named.clear()
                else:
                    index.update(paths=named)
                    named.clear()
            index.update()
            followed = index.search("one two"), index.stats().vectors
        with opened(root, folder / "fresh") as index:
            index.update()
            fresh = index.search("one two"), index.stats().vectors
        assert rows(folder / "followed") == rows(folder / "fresh")
        assert rows(folder / "fresh")["loose"] == rows(folder / "fresh")["bare"] == []
        assert followed[1] == fresh[1]
        assert {hit.path for hit in followed[0]} == {hit.path for hit in fresh[0]}


@given(st.lists(st.lists(STEPS, max_size=5), min_size=2, max_size=3))
@settings(max_examples=4)
def test_chromadb_follows_the_ledger(rounds: list[list[tuple[str, object, str]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root, store = Path(name) / "work", Path(name) / "store"
        write(root, {"always.py": function("always")})
        for count, steps in enumerate(rounds):
            for number, step in enumerate(steps):
                if step[0] != "update":
                    _do(root, step, LONG_AGO + 100 * count + number)
            with opened(root, store) as index:
                report = index.update(wait_sync=True)
                assert report.vectors_synced == report.chunks
            assert chroma_ids(store) == set(chunk_ids(store))
