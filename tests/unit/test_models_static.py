"""The built-in embedding: what it promises to the index, and what it says when its artifact is not in order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import EmbeddingError
from dt6_lsp.models.static import StaticEmbeddings, StaticTable, packaged_artifact
from dt6_lsp.models.wordpiece import WordPieces, words

if TYPE_CHECKING:
    from pathlib import Path

EMBEDDINGS = StaticEmbeddings()


def similarity(one: str, other: str) -> float:
    return float(EMBEDDINGS.embed_query(one) @ EMBEDDINGS.embed_query(other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parseHTTPHeader_v2", ["parse", "HTTP", "Header", "v", "2"]),
        ("HTTPServer.MAX_SIZE", ["HTTP", "Server", "MAX", "SIZE"]),
        ("naïve_größe", ["na", "ï", "ve", "gr", "öß", "e"]),
        ("+-*/ \n", []),
    ],
)
def test_words_are_split_as_programmers_write_them(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_that_is_not_known_is_cut_into_the_longest_known_pieces() -> None:
    pieces = WordPieces(["list", "dir", "li", "director", "x"])

    assert pieces("listdir") == [0, 1]
    assert pieces("ListDirector") == [0, 3]
    assert pieces("zzlistzz") == [0], "the unknown rest counts for nothing"
    assert pieces("x") == [4]
    assert pieces("xlist") == [0], "a lone letter is a word, never a piece of one"


def test_related_texts_are_nearer_than_unrelated_ones() -> None:
    assert similarity("parse a JSON document", "def decodeJson(text):") > similarity(
        "parse a JSON document", "open socket"
    )
    assert similarity("delete a file", "remove the path") > similarity("delete a file", "sort the numbers")


def test_case_and_punctuation_do_not_matter() -> None:
    assert similarity("read_file(path)", "READ file -> Path") == pytest.approx(1, abs=1e-5)


def test_a_text_without_a_known_token_is_a_row_of_zeros() -> None:
    assert not EMBEDDINGS.embed_documents(["", "+++", "read"])[:2].any()


@settings(deadline=None)
@given(st.lists(st.text(max_size=200), max_size=8))
def test_rows_are_unit_or_zero_and_do_not_depend_on_their_neighbours(texts: list[str]) -> None:
    vectors = EMBEDDINGS.embed_documents(texts)

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), EMBEDDINGS.fingerprint().dimension)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(vector, EMBEDDINGS.embed_query(text))
        assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-4) or not vector.any()


def test_threads_get_what_one_thread_gets() -> None:
    texts = [f"def handler_{number}(request): return read(request, {number})" for number in range(200)]
    fresh = StaticEmbeddings()
    results: list[bool] = []
    expected = EMBEDDINGS.embed_documents(texts)
    threads = [
        threading.Thread(target=lambda: results.append(np.array_equal(fresh.embed_documents(texts), expected)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 4


def test_a_cancelled_batch_stops() -> None:
    cancel = CancelToken()
    cancel.cancel()

    with pytest.raises(Cancelled):
        EMBEDDINGS.embed_documents(["text"], cancel)


def test_the_artifact_is_small_enough_to_ship_and_names_itself_in_the_fingerprint() -> None:
    assert len(packaged_artifact().read_bytes()) <= 8_000_000
    assert len(EMBEDDINGS.fingerprint().revision) == 12


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda data: None, "can't be read"),
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: b"", "damaged"),
        (lambda data: b"not an archive", "damaged"),
    ],
    ids=["missing", "cut short", "empty", "something else"],
)
def test_a_bad_artifact_says_what_is_wrong_and_what_to_do(tmp_path: Path, damage: object, cause: str) -> None:
    assert callable(damage)
    path = tmp_path / "static.npz"
    data = damage(packaged_artifact().read_bytes())
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(EmbeddingError, match=cause) as caught:
        StaticTable.load(path)
    assert "Install dt6-lsp again" in caught.value.mend


def test_arrays_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "static.npz"
    StaticTable(("one", "two"), np.zeros((3, 4), np.int8), np.zeros(3, np.float32), "").save(str(path))

    with pytest.raises(EmbeddingError, match="do not fit together"):
        StaticTable.load(path)
