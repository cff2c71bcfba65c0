"""Tokens are counted without asking anybody, and rather too many than too few."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.models.tokens import TokenCounter, load_vocabulary
from tests.servers.scripted import tokens_of

CODE = Path(__file__).read_text("utf-8")


def test_characters_alone_are_counted_with_a_reserve() -> None:
    assert TokenCounter().count("a" * 3500) == 1300
    assert TokenCounter().count("") == 0


def test_the_estimate_covers_what_a_server_counts_for_code() -> None:
    assert len(tokens_of(CODE)) <= TokenCounter().count(CODE) <= 2 * len(tokens_of(CODE))


def test_text_without_letters_counts_more_per_character() -> None:
    assert TokenCounter().count("数据库" * 100) >= 300
    assert TokenCounter().count("\ud800 lone surrogates are no reason to fail") > 0


def test_what_a_server_counted_is_believed() -> None:
    counter = TokenCounter()
    counter.calibrate(len(CODE), len(tokens_of(CODE)), "llama3.2")
    expected = len(tokens_of(CODE)) * 1.1
    assert counter.count(CODE, "llama3.2") == pytest.approx(expected, rel=0.01)
    assert counter.count(CODE) == counter.count(CODE, "llama3.2")
    assert counter.count(CODE, "another") == TokenCounter().count(CODE)


def test_bad_news_is_believed_sooner_than_good_news() -> None:
    more, fewer = TokenCounter(), TokenCounter()
    for counter in (more, fewer):
        counter.calibrate(4000, 1000)
    more.calibrate(2000, 1000)
    fewer.calibrate(5900, 1000)
    before = 4000 / 4 * 1.1
    assert more.count("a" * 4000) > 1.4 * before
    assert 0.85 * before < fewer.count("a" * 4000) < before


@pytest.mark.parametrize(
    ("characters", "tokens"),
    [
        (40, 12),  # mostly the model's own template
        (60_000, 4096),  # the server cut the prompt
        (60_000, 0),  # the prompt was in the server's cache
        (0, 500),
    ],
)
def test_a_count_that_is_not_of_the_whole_prompt_is_not_believed(characters: int, tokens: int) -> None:
    counter = TokenCounter()
    counter.calibrate(characters, tokens)
    assert counter.count(CODE) == TokenCounter().count(CODE)


@given(st.text(), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=5))
def test_a_longer_text_never_has_fewer_tokens(text: str, samples: list[tuple[int, int]]) -> None:
    counter = TokenCounter()
    for characters, tokens in samples:
        counter.calibrate(characters, tokens)
    assert 0 <= counter.count(text) <= counter.count(text + "x")
    assert counter.count(text) >= len(text) / 6  # no server's ratio may talk us out of a safe lower bound


def test_a_vocabulary_is_used_until_a_server_counts() -> None:
    counter = TokenCounter(vocabulary=lambda text: 100)
    assert counter.count("short") == 120
    assert counter.count("a" * 50_000) == TokenCounter().count("a" * 50_000), "a long text takes too long"
    counter.calibrate(4000, 1000)
    assert counter.count("a" * 40) == 11


def tiny_vocabulary(folder: Path) -> tuple[Path, str]:
    """Every single byte, in tiktoken's file format."""
    lines = [base64.b64encode(bytes([value])) + b" %d" % value for value in range(256)]
    data = b"\n".join([*lines, base64.b64encode(b"he") + b" 256", b""])
    place = folder / "vocabulary"
    place.write_bytes(data)
    return place, hashlib.sha256(data).hexdigest()


def test_a_vocabulary_on_disk_is_read_without_tiktokens_loader(tmp_path: Path) -> None:
    place, digest = tiny_vocabulary(tmp_path)
    vocabulary = load_vocabulary(place, digest)
    assert vocabulary is not None
    assert vocabulary("hello <|endoftext|>") == len("hello <|endoftext|>") - 1


def test_a_vocabulary_that_is_absent_or_not_the_right_one_is_left_alone(tmp_path: Path) -> None:
    place, _ = tiny_vocabulary(tmp_path)
    assert load_vocabulary(place) is None
    assert load_vocabulary(tmp_path / "none") is None
    assert place.exists()
    counter = TokenCounter()
    counter.use_vocabulary_on_disk(tmp_path).join()
    assert counter.count(CODE) == TokenCounter().count(CODE)
