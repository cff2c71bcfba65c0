"""Vectors that are made while files are still being read: begun at once, finished afterwards, none made twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import EmbeddingError
from dt6_lsp.index import rows, vector_rows
from dt6_lsp.index.embedding import embed_pending, embedding_alongside
from dt6_lsp.index.ledger import Ledger
from dt6_lsp.index.prepare import of_document
from dt6_lsp.index.terms import Terms
from dt6_lsp.workspace.model import Document, FileEntry
from tests.index_fixtures import FakeEmbedder, function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened, _ = Ledger.open(tmp_path, tmp_path)
    yield opened
    opened.close()


def land(ledger: Ledger, names: range) -> None:
    """As the pipeline writes what it has read."""
    terms = Terms()
    files = [Document(f"{n}.py", function(f"name{n}"), str(n), "utf-8") for n in names]
    with ledger.write() as connection:
        rows.replace_files(connection, [(FileEntry(one.path, 1, 1), of_document(one, terms)) for one in files])


def pending(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return vector_rows.count_pending(connection)


def test_begun_while_the_block_runs_and_finished_after_it(ledger: Ledger) -> None:
    begun = threading.Event()
    embedder = FakeEmbedder(before=begun.set)
    with embedding_alongside(ledger, embedder, CancelToken()) as landed:
        land(ledger, range(600))
        landed()
        assert begun.wait(30), "nothing is embedded before the block ends"
        land(ledger, range(600, 900))
        landed()
    embed_pending(ledger, embedder, CancelToken(), lambda _done, _total: None)
    assert pending(ledger) == 0
    assert len(embedder.embedded) == len(set(embedder.embedded)) == 900 + 900  # texts and paths


def test_an_error_waits_for_who_embeds_the_rest(ledger: Ledger) -> None:
    embedder = FakeEmbedder(broken=True)
    with embedding_alongside(ledger, embedder, CancelToken()) as landed:
        land(ledger, range(3))
        landed()
    assert pending(ledger) == 3
    with pytest.raises(EmbeddingError, match="away"):
        embed_pending(ledger, embedder, CancelToken(), lambda _done, _total: None)


def test_nothing_is_begun_where_nothing_landed(ledger: Ledger) -> None:
    embedder = FakeEmbedder()
    land(ledger, range(3))
    with embedding_alongside(ledger, embedder, CancelToken()):
        pass
    assert embedder.embedded == []


class Choosy(FakeEmbedder):
    """Does not take a text with one of `bad` in it; from `until` texts on it takes none at all."""

    bad: tuple[str, ...] = ()
    until = 1_000_000

    def documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        if any(word in text for text in texts for word in self.bad) or len(self.embedded) >= self.until:
            raise EmbeddingError("A text can't be embedded.")
        return super().documents(texts, cancel)


def zeros(ledger: Ledger) -> int:
    """Vectors of no length."""
    with ledger.read() as connection:
        return sum(
            not np.frombuffer(row[0], np.float32).any() for row in connection.execute("SELECT vector FROM vectors")
        )


def test_a_text_that_the_model_does_not_take_goes_without_a_vector_alone(ledger: Ledger) -> None:
    embedder = Choosy()
    embedder.bad = ("name7_step", "name40_step")
    land(ledger, range(60))
    embed_pending(ledger, embedder, CancelToken(), lambda _done, _total: None)
    assert (pending(ledger), zeros(ledger)) == (0, 2)


@pytest.mark.parametrize("until", [0, 60])
def test_a_model_that_takes_nothing_any_more_is_no_fault_of_a_text(ledger: Ledger, until: int) -> None:
    embedder = Choosy()
    embedder.bad, embedder.until = ("name7_step",), until
    land(ledger, range(60))
    with pytest.raises(EmbeddingError):
        embed_pending(ledger, embedder, CancelToken(), lambda _done, _total: None)
    assert (pending(ledger), zeros(ledger)) == (60, 0)
