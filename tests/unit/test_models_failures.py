"""What servers say, in one plain line, and how long they want us to wait."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dt6_lsp.errors import EmbeddingError, ModelMissing
from dt6_lsp.models.failures import ollama_at, refused, refused_text, seconds_to_wait
from dt6_lsp.models.remote_embedding import prefixes_of
from dt6_lsp.models.vectors import unit_rows

OLLAMA = ollama_at("http://127.0.0.1:11434")


@given(st.integers(300, 599), st.text(max_size=2000))
def test_every_refusal_is_one_line_of_bearable_length(status: int, message: str) -> None:
    for error in (refused(OLLAMA, "m", status, message), refused_text(OLLAMA, "m", status, message)):
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < 600
        assert error.cause.endswith(".")


def test_a_window_that_is_too_small_is_mended_by_a_setting() -> None:
    message = "This model's maximum context length is 8192 tokens. However, you requested 8572 tokens."
    assert refused(OLLAMA, "m", 400, message).mend == "Set chat.context_tokens to what the model can hold."


def test_who_knows_no_list_of_models_is_no_model_server_rather_than_without_a_model() -> None:
    error = refused(OLLAMA, "", 404, "")
    assert "not its protocol" in error.cause
    assert not isinstance(error, ModelMissing)
    assert isinstance(refused(OLLAMA, "m", 404, ""), ModelMissing)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), ("1e9999", None), ("nan", None)],
)
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds


def test_retry_after_as_a_date() -> None:
    later = seconds_to_wait(format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True))
    assert later == pytest.approx(60, abs=5)
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@given(arrays.arrays(np.float64, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_rows_become_unit_vectors_or_stay_zero(raw: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    lengths = np.linalg.norm(unit_rows(raw, 3, 4, "m"), axis=1)
    assert np.allclose(lengths, np.any(raw != 0, axis=1), atol=1e-5)


@pytest.mark.parametrize(
    "raw", [[[1.0], [2.0]], [[1.0, 2.0]], [[1.0, None]] * 3, [["a"]] * 3, [[float("nan")]] * 3, 7, [], [[], [], []]]
)
def test_what_is_no_table_of_numbers_is_refused(raw: object) -> None:
    with pytest.raises(EmbeddingError):
        unit_rows(raw, 3, 1, "m")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("nomic-embed-text", "search_query: "),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: "),
        ("intfloat/multilingual-e5-large", "query: "),
        ("text-embedding-3-small", ""),
        ("all-minilm", ""),
    ],
)
def test_prefixes_are_found_by_the_models_name(model: str, query: str) -> None:
    assert prefixes_of(model)[1] == query


def test_building_an_embedder_and_a_hub_imports_no_client_library() -> None:
    slow = ["ollama", "openai", "httpx", "httpx2", "tiktoken", "torch", "pydantic", "sentence_transformers"]
    program = (
        "import sys; from dt6_lsp.models.build import build_embedder; from dt6_lsp.models.tokens import TokenCounter;"
        "from dt6_lsp.models.orchestrator import ModelHub; from dt6_lsp.settings import Settings;"
        "build_embedder(Settings()).query('x'); ModelHub(Settings()); TokenCounter().count('x');"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
