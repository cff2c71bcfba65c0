"""Dense search: exact in memory, the same through ChromaDB, and never of what is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.cancel import CancelToken
from dt6_lsp.index import vector_rows
from dt6_lsp.index.ledger import Ledger
from dt6_lsp.index.segment import Segment
from dt6_lsp.index.vectors import DenseIndex
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.settings import ChromaSettings, Settings
from tests.index_fixtures import LONG_AGO, FakeEmbedder, chroma_ids, chunk_ids, function, in_memory, opened, write

if TYPE_CHECKING:
    from pathlib import Path

SEARCHED = Settings(chroma=ChromaSettings(search_above=0))
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(1, 30), unique=True, max_size=8)),
        st.tuples(st.just("remove"), st.lists(st.integers(1, 30), unique=True, max_size=8)),
        st.tuples(st.just("drop"), st.lists(st.integers(0, 20), min_size=1, max_size=1)),
    ),
    max_size=20,
)


@given(OPERATIONS)
def test_a_segment_answers_like_a_dictionary(operations: list[tuple[str, list[int]]]) -> None:
    random = np.random.default_rng(0)
    segment, model = Segment(8), dict[int, tuple[int, np.ndarray]]()
    for seq, (kind, ids) in enumerate(operations):
        if kind == "add":
            matrix = random.normal(size=(len(ids), 8)).astype(np.float32)
            segment.add(ids, matrix, seq)
            model.update({chunk_id: (seq, row) for chunk_id, row in zip(ids, matrix, strict=True)})
        elif kind == "remove":
            segment.remove(ids)
            model = {chunk_id: value for chunk_id, value in model.items() if chunk_id not in ids}
        else:
            segment.drop(ids[0])
            model = {chunk_id: value for chunk_id, value in model.items() if value[0] > ids[0]}
    vector = random.normal(size=8).astype(np.float32)
    expected = sorted(((float(row @ vector), chunk_id) for chunk_id, (_, row) in model.items()), reverse=True)
    found = segment.nearest(vector, 5)
    assert [chunk_id for chunk_id, _ in found] == [chunk_id for _, chunk_id in expected[:5]]
    assert len(segment) == len(model)
    scores = segment.scores(vector, range(40))
    assert scores.keys() == model.keys()
    assert all(abs(scores[chunk_id] - score) < 1e-4 for score, chunk_id in expected)


def _workspace(tmp_path: Path) -> tuple[Path, Path]:
    names = ("parse", "render", "connect", "measure", "archive")
    write(tmp_path / "work", {f"pkg/{name}.py": function(name) for name in names})
    return tmp_path / "work", tmp_path / "store"


def test_search_is_the_same_from_memory_and_from_chromadb(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    with opened(root, store, settings=SEARCHED) as index:
        index.update()
        before = [(hit.path, round(hit.score, 3)) for hit in index.search("render the step")]
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks == index.stats().vectors_synced
        assert in_memory(index._dense) == 0
        after = [(hit.path, round(hit.score, 3)) for hit in index.search("render the step")]
        assert after == before
    assert chroma_ids(store) == set(chunk_ids(store))


def test_up_to_a_number_of_chunks_memory_searches_and_chromadb_holds_a_copy(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    with opened(root, store, settings=Settings(chroma=ChromaSettings(search_above=5))) as index:
        assert index.update(wait_sync=True).vectors_synced == 5
        index.search("render the step")
        assert in_memory(index._dense) == 5
        write(root, {"pkg/new.py": function("newest")})
        assert index.update(wait_sync=True).vectors_synced == 6
        assert in_memory(index._dense) == 0
    assert chroma_ids(store) == set(chunk_ids(store))


def test_what_changed_after_the_copy_is_found_and_what_is_gone_is_not(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    with opened(root, store, settings=SEARCHED) as index:
        index.update(wait_sync=True)
        write(root, {"pkg/render.py": function("shading"), "pkg/new.py": function("newest")}, at=LONG_AGO + 1)
        (root / "pkg/archive.py").unlink()
        index.update()
        assert index.stats().vectors_synced == index.stats().chunks - 2
        dense = index._dense
        fresh = dense.search(FakeEmbedder().query("newest newest_step pkg new"), 3)
        paths = {chunk_id: path for chunk_id, (path, _) in chunk_ids(store).items()}
        assert paths[next(iter(fresh))] == "pkg/new.py"
        assert dense.search(FakeEmbedder().query("archive"), 50).keys() == paths.keys()
        index.update(wait_sync=True)
        assert in_memory(dense) == 0
        assert dense.search(FakeEmbedder().query("archive"), 50).keys() == paths.keys()
    assert chroma_ids(store) == set(chunk_ids(store))


def test_exact_scores_do_not_depend_on_where_a_vector_is(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    vector = FakeEmbedder().query("connect measure")
    with opened(root, store, settings=SEARCHED) as index:
        index.update()
        ids = [*chunk_ids(store), 99_999]
        before = index._dense.scores(vector, ids)
        index.update(wait_sync=True)
        after = index._dense.scores(vector, ids)
        assert before.keys() == after.keys() == set(ids[:-1])
        assert all(abs(before[chunk_id] - after[chunk_id]) < 1e-5 for chunk_id in before)


def test_a_new_model_gets_a_collection_of_its_own_and_the_old_one_goes(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    with opened(root, store) as index:
        index.update(wait_sync=True)
    with opened(root, store, FakeEmbedder("wider", 96)) as index:
        report = index.update(wait_sync=True)
        assert (report.dimension, report.vectors_synced) == (96, report.chunks)
        assert index.search("measure")[0].path == "pkg/measure.py"
        assert index.notices == ()
    assert chroma_ids(store) == set(chunk_ids(store))


def test_half_precision_moves_cosines_by_less_than_a_thousandth(tmp_path: Path) -> None:
    ledger, _ = Ledger.open(tmp_path, tmp_path)
    random = np.random.default_rng(1)
    vectors = random.normal(size=(200, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with ledger.write() as connection:
        stored = vector_rows.adopt_fingerprint(connection, Fingerprint("fake", "m", 256))
        connection.execute("INSERT INTO files VALUES(1, 'a', 0, 0, '', 'text', ?)", (b"path",))
        for number in range(len(vectors)):
            row = (number + 1, 1, number, 1, 1, "text", "", bytes([number]), "")
            connection.execute("INSERT INTO chunks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        hashes = [*(bytes([number]) for number in range(len(vectors))), b"path"]
        path = np.zeros((1, 256), np.float32)
        vector_rows.add_vectors(connection, stored.id, hashes, np.concatenate([vectors, path]))
        vector_rows.mark_embedded(connection, range(1, 201))
    found = DenseIndex(ledger).scores(vectors[0], range(1, 201))
    ledger.close()
    errors = [abs(found[number + 1] - float(vectors[0] @ vector)) for number, vector in enumerate(vectors)]
    assert max(errors) < 1e-3


def test_a_trimmed_log_is_noticed(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    with opened(root, store) as index:
        index.update()
        assert index.search("parse")
        with index._store.ledger.write() as connection:
            connection.execute("DELETE FROM chunks WHERE symbol = 'parse'")
            connection.execute("DELETE FROM vector_log")
            connection.execute("INSERT INTO meta VALUES('log_start', '999')")
        found = index._dense.search(FakeEmbedder().query("parse"), 50)
        assert found.keys() == chunk_ids(store).keys()


def test_a_cancelled_wait_leaves_the_copying_to_the_background(tmp_path: Path) -> None:
    root, store = _workspace(tmp_path)
    token = CancelToken()
    with opened(root, store) as index:
        index.update()
        report = index.update(wait_sync=True, cancel=token, progress=lambda step: None)
        assert report.vectors_synced == report.chunks
