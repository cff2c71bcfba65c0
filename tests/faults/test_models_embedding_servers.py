"""What only embedding by a server can do wrong: hang, refuse, answer nonsense, or send text where it must not go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import (
    BackendUnavailable,
    ConsentRequired,
    Dt6Error,
    EmbeddingError,
    ModelError,
    ModelMissing,
    RateLimited,
)
from dt6_lsp.models.build import build_embedder
from dt6_lsp.models.embedder import Embedder
from dt6_lsp.models.ollama import OllamaVectors
from dt6_lsp.models.openai import OpenAIVectors
from dt6_lsp.models.remote_embedding import RemoteEmbeddings, VectorServer
from dt6_lsp.models.transport import RequestLimits
from dt6_lsp.settings import EmbeddingSettings, OllamaSettings, Settings
from tests.servers.model_server import (
    GARBAGE,
    LOGIN_PAGE,
    PROXY_PAGE,
    Cut,
    Installed,
    ModelServer,
    Raw,
    Refusal,
    Reply,
    Scripted,
    Stall,
    Vectors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


LIMITS = RequestLimits(connect=5.0, answer=10.0)
TEXTS = [f"text number {index} of a workspace" for index in range(5)]


def vectors_of(name: str, server: ModelServer, limits: RequestLimits) -> VectorServer:
    if name == "ollama":
        return OllamaVectors(server.url, "", limits)
    return OpenAIVectors(server.openai_url, "", "", limits)


@dataclass(frozen=True)
class Remote:
    server: ModelServer
    backend: RemoteEmbeddings


@pytest.fixture(params=["ollama", "openai"])
def remote(request: pytest.FixtureRequest) -> Iterator[Remote]:
    with ModelServer() as server:
        made = RemoteEmbeddings(vectors_of(request.param, server, LIMITS))
        made.fingerprint()
        yield Remote(server, made)
        made.close()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Vectors(dimension=17), EmbeddingError, "17 dimensions where it gave 64"),
        (Vectors(missing=1), EmbeddingError, "4 vectors for 5 texts"),
        (Vectors(not_a_number=True), EmbeddingError, "NaN|not a number"),
        (Refusal(400, "bad input"), EmbeddingError, "bad input"),
        (Refusal(404), ModelMissing, "has no model"),
        (Refusal(401), ModelError, "key"),
        (GARBAGE, ModelError, "not its protocol"),
        (LOGIN_PAGE, ModelError, "not its protocol"),
        (PROXY_PAGE, ModelError, "502"),
        (Raw(b"{}"), ModelError, "not its protocol"),
        (Raw(b'{"embeddings": [[1, 2], [3]], "data": null}'), Dt6Error, "different lengths|not its protocol"),
    ],
    ids=repr,
)
def test_each_failure_has_its_error_and_the_next_request_is_served(
    remote: Remote, fault: Scripted, error: type[Dt6Error], words: str
) -> None:
    remote.server.enqueue(fault)
    with pytest.raises(error, match=words) as caught:
        remote.backend.embed_documents(TEXTS)
    assert "\n" not in str(caught.value)
    assert remote.backend.embed_documents(TEXTS).shape == (len(TEXTS), 64)


@pytest.mark.parametrize("fault", [Cut(-1), Refusal(429, retry_after="0"), Refusal(503, retry_after="0.01")], ids=repr)
def test_a_passing_trouble_is_tried_once_more(remote: Remote, fault: Scripted) -> None:
    remote.server.enqueue(fault)
    assert remote.backend.embed_documents(TEXTS).shape == (len(TEXTS), 64)
    remote.server.enqueue(fault, fault)
    with pytest.raises(ModelError):
        remote.backend.embed_documents(TEXTS)


def test_a_server_that_wants_us_to_wait_for_long_is_not_waited_for(remote: Remote) -> None:
    remote.server.enqueue(Refusal(429, retry_after="3600"))
    with pytest.raises(RateLimited) as caught:
        remote.backend.embed_documents(TEXTS)
    assert caught.value.retry_after == 3600.0


def test_cancelling_ends_the_pause_before_the_second_try(remote: Remote) -> None:
    remote.server.enqueue(Refusal(429, retry_after="9"))
    asked, cancel = len(remote.server.embeddings), CancelToken()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(remote.backend.embed_documents, TEXTS, cancel)
        assert remote.server.wait_until(lambda: len(remote.server.embeddings) > asked)
        cancel.cancel()
        with pytest.raises(Cancelled):
            call.result(5)
    assert len(remote.server.embeddings) == asked + 1


@pytest.mark.parametrize("name", ["ollama", "openai"])
def test_a_server_that_hangs_is_given_up(name: str) -> None:
    hasty = RequestLimits(connect=5.0, answer=0.2)
    with ModelServer() as server:
        server.enqueue(Stall(), Stall())
        backend = RemoteEmbeddings(vectors_of(name, server, hasty))
        with pytest.raises(BackendUnavailable, match=r"within 0.2 s\..*embedding.request_seconds"):
            backend.embed_query("anything")
        backend.close()
        assert len(server.embeddings) == 1


def test_a_server_that_has_gone_is_said_to_be_unreachable(remote: Remote) -> None:
    remote.server.stop()
    with pytest.raises(BackendUnavailable, match="can't be reached"):
        remote.backend.embed_documents(TEXTS)


def test_a_text_that_the_server_calls_too_long_is_shortened_and_the_others_are_left_whole() -> None:
    with ModelServer(strict_length=True) as server:
        backend = RemoteEmbeddings(OllamaVectors(server.url, "", LIMITS))
        rows = backend.embed_documents([TEXTS[0], "settings " * 9000, TEXTS[1]])
        assert np.allclose(rows[[0, 2]], backend.embed_documents(TEXTS[:2]), atol=1e-6)
        assert np.isclose(np.linalg.norm(rows[1]), 1.0)
        backend.close()


def test_one_bad_text_costs_only_its_own_caller() -> None:
    with ModelServer() as server:
        server.enqueue(Refusal(500, "failed to encode response: json: unsupported value: NaN", only_if="poison"))
        embedder = Embedder(RemoteEmbeddings(OllamaVectors(server.url, "", LIMITS)), 8, 200)
        texts = [f"text {index}" for index in range(7)]
        with ThreadPoolExecutor(8) as pool:
            good = [pool.submit(embedder.documents, [text]) for text in texts]
            bad = pool.submit(embedder.documents, ["poison"])
            assert all(call.result(10).shape == (1, 64) for call in good)
            with pytest.raises(EmbeddingError, match="NaN"):
                bad.result(10)
        embedder.close()


def test_prefixes_are_those_that_the_model_wants() -> None:
    with ModelServer() as server:
        backend = RemoteEmbeddings(OllamaVectors(server.url, "", LIMITS))
        backend.embed_documents(["a text"])
        backend.embed_query("a question")
        sent = [request.body["input"] for request in server.embeddings]
        assert sent[1:] == [["search_document: a text"], ["search_query: a question"]]
        backend.close()


def test_another_version_of_a_model_has_another_fingerprint() -> None:
    prints = []
    for dimension in (64, 64, 128):
        with ModelServer([Installed("nomic-embed-text:latest", ("embedding",), dimension=dimension)]) as server:
            backend = RemoteEmbeddings(OllamaVectors(server.url, "", LIMITS))
            prints.append(backend.fingerprint())
            backend.close()
    assert [one == other for one, other in pairwise(prints)] == [True, False]
    assert prints[0].revision


def test_an_embedding_model_that_is_missing_is_named_with_its_mend() -> None:
    with ModelServer([Installed("llama3.2:latest")]) as server:
        embedder = build_embedder(
            Settings(embedding=EmbeddingSettings(backend="ollama"), ollama=OllamaSettings(server.url))
        )
        with pytest.raises(ModelMissing, match="`ollama pull nomic-embed-text`"):
            embedder.fingerprint()
        embedder.close()
        assert server.embeddings == []


def test_no_text_goes_to_ollamas_cloud_without_consent() -> None:
    cloud = Installed("embed:latest", ("embedding",), remote_host="https://ollama.com:443")
    with ModelServer([cloud]) as server:
        backend = RemoteEmbeddings(OllamaVectors(server.url, "embed", LIMITS))
        with pytest.raises(ConsentRequired, match=r"ollama\.com"):
            backend.embed_query("private")
        backend.close()
        assert server.embeddings == []


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://127.0.0.1@evil.example", "", "http://a:99999"])
def test_without_consent_no_connection_is_opened(url: str) -> None:
    for server in (OllamaVectors(url, "", LIMITS), OpenAIVectors(url, "", "", LIMITS)):
        backend = RemoteEmbeddings(server)
        with pytest.raises(ConsentRequired):
            backend.fingerprint()
        with pytest.raises(ConsentRequired):
            backend.embed_query("private")
        backend.close()


def test_requests_to_this_machine_pass_no_proxy(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    with ModelServer() as server:
        name = remote.backend.fingerprint().backend
        backend = RemoteEmbeddings(vectors_of(name, server, LIMITS))
        assert backend.fingerprint().dimension == 64
        backend.close()


def test_a_slow_model_is_waited_for() -> None:
    with ModelServer() as server:
        server.enqueue(Reply("", delay=0.05))
        backend = RemoteEmbeddings(OpenAIVectors(server.openai_url, "", "", LIMITS))
        assert backend.fingerprint().dimension == 64
        backend.close()
