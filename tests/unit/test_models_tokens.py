"""Tokens are counted without asking anybody, rather too many than too few, and learned from what servers report."""

from __future__ import annotations

import base64
import hashlib
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.models.token_fit import Fit, of_messages, sizes
from dt6_lsp.models.tokens import TokenCounter, load_vocabulary
from tests.servers.scripted import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE = (Path(__file__).parents[2] / "dt6_lsp" / "models" / "tokens.py").read_text("utf-8")
PROSE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
CHINESE = "索引保存在分类账中，每个文件的分块都有向量；模型的回答必须引用路径与行号。\n" * 80
KINDS = (CODE, PROSE, CHINESE)


def counted(messages: Sequence[str]) -> int:
    """What the server of the tests counts for a prompt."""
    return len(tokens_of("".join(f"user: {text}\n" for text in messages)))


def some(of: str, size: int, chances: random.Random) -> str:
    start = chances.randrange(max(1, len(of) - size))
    return of[start : start + size]


def prompt(chances: random.Random) -> list[str]:
    """A system's words, then code, prose or Chinese, or all of them."""
    kinds = chances.choice([*([kind] for kind in KINDS), KINDS])
    size = chances.randrange(1_000, 12_000) // len(kinds)
    return [PROSE[:1_500], "\n".join(some(kind, size, chances) for kind in kinds)]


def taught(counter: TokenCounter, prompts: Sequence[Sequence[str]], model: str = "m") -> TokenCounter:
    for messages in prompts:
        counter.calibrate(messages, counted(messages), model)
    return counter


def test_before_any_server_has_counted_the_estimate_covers_what_it_will_count() -> None:
    counter = TokenCounter()
    assert counter.count("") == 0
    odd = ("{}[]();" * 100, "a b c " * 100, "0123456789" * 50, "\ud800 lone surrogates are no reason to fail")
    for text in (*KINDS, *odd):
        assert len(tokens_of(text)) <= counter.count(text) <= 10 * len(tokens_of(text))
    assert counter.count(CODE) <= 1.6 * len(tokens_of(CODE))


@pytest.mark.parametrize("seed", range(8))
def test_after_ten_answers_the_estimate_is_within_five_percent_of_the_server(seed: int) -> None:
    chances = random.Random(seed)
    counter = taught(TokenCounter(), [prompt(chances) for _ in range(10)])
    for messages in [prompt(chances) for _ in range(20)]:
        assert counter.estimate(messages, "m") == pytest.approx(counted(messages), rel=0.05)
        assert sum(counter.count(text, "m") + 8 for text in messages) >= counted(messages)


def test_a_model_that_counted_only_code_is_not_believed_about_another_script() -> None:
    chances = random.Random(0)
    counter = taught(TokenCounter(), [[some(CODE, 3_000, chances)] for _ in range(10)])
    assert counter.count(CODE, "m") < 1.08 * len(tokens_of(CODE))
    assert counter.count(CHINESE, "m") > 0.9 * TokenCounter().count(CHINESE)


def test_each_model_has_its_own_count_and_the_last_one_is_taken_for_an_unknown() -> None:
    counter = taught(TokenCounter(), [[CODE]], "llama3.2")
    assert counter.count(CODE) == counter.count(CODE, "llama3.2")
    assert counter.count(CODE, "another") == TokenCounter().count(CODE)


def test_bad_news_is_believed_sooner_than_good_news() -> None:
    more, fewer = (taught(TokenCounter(), [[CODE]] * 5) for _ in range(2))
    before = more.estimate([CODE], "m")
    more.calibrate([CODE], 2 * before, "m")
    fewer.calibrate([CODE], before // 2, "m")
    assert more.estimate([CODE], "m") - before > 2 * (before - fewer.estimate([CODE], "m"))
    assert more.estimate([CODE], "m") > 1.5 * before


@pytest.mark.parametrize("tokens", [0, 12, 200, 40_000])
def test_a_count_that_is_not_of_the_whole_prompt_is_not_believed(tokens: int) -> None:
    """Mostly the model's own template, a prompt that was cut or found in a cache, or no prompt of this text."""
    counter = TokenCounter()
    counter.calibrate([CODE], tokens, "m")
    counter.calibrate([], 500, "m")
    assert counter.count(CODE, "m") == TokenCounter().count(CODE)


@given(st.text(), st.lists(st.tuples(st.text(min_size=100), st.integers(100, 10**4)), max_size=5))
def test_the_count_is_never_below_the_estimate_and_grows_with_the_text(
    text: str, samples: list[tuple[str, int]]
) -> None:
    counter = TokenCounter()
    for sample, tokens in samples:
        counter.calibrate([sample], tokens, "m")
    assert 0 <= counter.estimate([text], "m") <= counter.count(text, "m") + 1 + counter.estimate([""], "m")
    assert counter.count(text, "m") <= counter.count(text * 2, "m") + 1


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_what_is_counted_of_a_text_adds_up(texts: list[str]) -> None:
    whole, *rest = of_messages(texts), *map(sizes, texts)
    assert whole[1:-1] == tuple(sum(kind) for kind in zip(*rest, strict=True))[1:-1]
    assert whole[-1] == len(texts)


def test_what_a_model_is_known_for_outlives_the_process() -> None:
    kept = Memory()
    taught(TokenCounter(kept=kept), [[CODE], [PROSE]], "m")
    again = TokenCounter(kept=kept)
    assert again.count(CODE, "m") == taught(TokenCounter(), [[CODE], [PROSE]], "m").count(CODE, "m")
    assert again.count(CODE, "m") < TokenCounter().count(CODE, "m")
    assert list(kept.fits) == ["m"]


class Memory:
    def __init__(self) -> None:
        self.fits: dict[str, Fit] = {}

    def load(self, model: str) -> Fit | None:
        return self.fits.get(model)

    def save(self, model: str, fit: Fit) -> None:
        self.fits[model] = fit


def test_a_vocabulary_is_used_until_a_server_counts() -> None:
    counter = TokenCounter(vocabulary=lambda text: 100)
    assert counter.count("short") == 120
    assert counter.count("a" * 50_000) == TokenCounter().count("a" * 50_000), "a long text takes too long"
    counter.calibrate([CODE], counted([CODE]))
    assert counter.count("short") < 10


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
