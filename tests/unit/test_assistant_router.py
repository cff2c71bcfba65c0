"""Which kind of question it is, told from its words."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.events import INTENTS
from dt6_lsp.assistant.mentions import Place, identifiers, matching, places
from dt6_lsp.assistant.router import Router, _embeddings, packaged_router
from dt6_lsp.assistant.routing.weights import learned, parse, written
from dt6_lsp.errors import EmbeddingError
from dt6_lsp.models.static import StaticEmbeddings

route = packaged_router().route

TRACE = """Why do I get this?
Traceback (most recent call last):
  File "app/main.py", line 12, in run
    config["port"]
KeyError: 'port'
"""


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("How are embeddings batched?", "code"),
        ("Where is parse_headers defined?", "code"),
        ("Who calls Session.close?", "code"),
        ("retry with backoff", "code"),
        ("How is this codebase organised?", "arch"),
        ("Give me an overview of the architecture", "arch"),
        ("What are the main modules and how do they depend on one another?", "arch"),
        ("How do I install this?", "docs"),
        ("What is the license?", "docs"),
        ("What does the README say about proxies?", "docs"),
        ("Why does the upload crash with large files?", "debug"),
        ("Why is the cache never filled?", "debug"),
        ("TypeError: 'NoneType' object is not callable", "debug"),
        (TRACE, "debug"),
        ("hello there", "general"),
    ],
)
def test_questions_are_told_apart_by_their_words(question: str, intent: str) -> None:
    assert route(question).intent == intent


def test_the_reasons_are_said_in_words() -> None:
    assert "it holds a stack trace" in route(TRACE).why
    assert "it asks how to set up or use it" in route("How do I install this on Windows?").why
    assert "it names `parse_headers`" in route("Where is parse_headers defined?").why


ODD = st.one_of(
    st.text(),
    st.binary().map(lambda data: data.decode("latin-1")),
    st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text(st.sampled_from("aA_.:(){}[]<>\"'`/\\\n\t 0-?")),
)


@given(ODD)
def test_whatever_is_asked_gets_an_intent_with_a_probability(question: str) -> None:
    routed = route(question)
    assert 0.2 <= routed.probability <= 1.0
    assert routed.why
    assert routed.plan
    assert len(routed.probabilities) == len(INTENTS)
    assert sum(routed.probabilities) == pytest.approx(1.0)
    assert routed.probability == max(routed.probabilities) == routed.probabilities[INTENTS.index(routed.intent)]
    assert 0.0 <= routed.margin <= routed.probability


@given(st.text())
def test_the_same_question_is_routed_the_same_whoever_asked_before(question: str) -> None:
    fresh = Router(learned(), StaticEmbeddings())
    assert fresh.route(question) == route(question)


@pytest.mark.parametrize(
    "question",
    ["Warum schlägt der Test fehl?", "这个函数做什么？", "où est la config ?", "", " \n ", "\0\1\2", "\ud800"],
)
def test_other_languages_and_what_is_no_question_are_routed_as_well(question: str) -> None:
    assert route(question).intent in INTENTS


@pytest.mark.parametrize("question", ["How do I install this?", TRACE, "who calls flush_buffer()?", "hello there"])
def test_without_the_embedding_the_surface_is_weighed(question: str) -> None:
    surface = Router(learned(), None)
    assert surface.weights is learned().surface
    assert surface.route(question).intent == route(question).intent


def test_vectors_that_the_weights_do_not_know_are_not_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    assert _embeddings(replace(learned(), embedding="another")) is None
    assert "by their surface only" in caplog.text


def test_a_damaged_embedding_costs_only_its_part(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged() -> StaticEmbeddings:
        raise EmbeddingError("The built-in embedding is damaged.", "Install again.")

    monkeypatch.setattr("dt6_lsp.assistant.router.packaged", damaged)
    assert _embeddings(learned()) is None
    assert "The built-in embedding is damaged." in caplog.text


def test_the_weights_survive_their_file() -> None:
    text = written(learned())
    again = parse(text)
    assert written(again) == text
    assert again.whole.named == learned().whole.named


def test_files_and_places_in_a_question_are_seen() -> None:
    assert places("what does src/app.py do, and lib\\io.ts:12?") == (Place("src/app.py"), Place("lib/io.ts", 12))
    assert places(TRACE) == (Place("app/main.py", 12),)
    assert places("is 3.5 more than 3/4, e.g. here?") == ()


def test_names_that_look_like_code_are_seen() -> None:
    asked = "does `Server.run()` call parseBody, http::send and do_it(x) or open()?"
    assert identifiers(asked) == ("Server.run", "parseBody", "http.send", "do_it", "open")
    assert identifiers("how are requests batched?") == ()


def test_a_path_means_the_only_file_that_ends_so() -> None:
    files = ["a/io.py", "b/io.py", "b/net.py"]
    assert matching("net.py", files) == "b/net.py"
    assert matching("/home/me/work/a/io.py", files) == "a/io.py"
    assert matching("io.py", files) is None


@pytest.mark.parametrize(
    "pasted",
    [
        "\n at " + "x" * 40_000,
        "how " * 250_000,
        "\x00\xff" * 500_000,
        "为什么" * 300_000,
        "\n" * 40_000 + "why",
        "at x(" * 20_000,
        "a_" * 20_000,
    ],
)
def test_whatever_is_pasted_is_routed_at_once(pasted: str) -> None:
    started = time.process_time()
    route(pasted)
    places(pasted)
    assert time.process_time() - started < 1  # nobody else gets anything meanwhile
