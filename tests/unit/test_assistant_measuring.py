"""What questions took, and how they ended, in numbers that are right from the first question on and before it."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from dt6_lsp.assistant.asked import STAGES, ask_stats
from dt6_lsp.assistant.events import Token
from dt6_lsp.assistant.measuring import measured
from dt6_lsp.assistant.pipeline import answer
from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.metrics import Metrics
from dt6_lsp.models import failures
from dt6_lsp.models.base import Usage
from tests.unit.assistant_fixtures import FakeChat, FakeHub, FakeReader, Script, at_once, nobody, services, somebody

FILES = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'}
QUESTION = "How does read_all read a file?"


async def asked(
    hub: FakeHub, metrics: Metrics, cancel: CancelToken | None = None, *, stop_at_token: bool = False
) -> None:
    parts = services(hub, metrics=metrics)
    events = answer(QUESTION, FakeReader(dict(FILES)), parts, cancel or CancelToken(), run=at_once)
    async with aclosing(measured(events, metrics)) as counted:
        async for event in counted:
            if stop_at_token and isinstance(event, Token):
                return


def test_before_the_first_question_all_is_zero() -> None:
    stats = ask_stats(Metrics().snapshot())
    assert (stats.answered, stats.cache_share, stats.prompt_tokens, stats.backends) == (0, 0.0, 0, {})
    assert {stage: measure.count for stage, measure in stats.stages.items()} == dict.fromkeys(STAGES, 0)


async def test_an_answer_of_a_model_is_counted_with_its_tokens_and_stages() -> None:
    metrics, chat = Metrics(), FakeChat()
    for _ in range(2):
        chat.enqueue(Script(("It opens it.",), usage=Usage(500, 20)))
        await asked(somebody(chat), metrics)
    stats = ask_stats(metrics.snapshot())
    assert (stats.answered, stats.prompt_tokens, stats.completion_tokens) == (2, 1000, 40)
    assert (stats.backends, stats.intents) == ({chat.name: 2}, {"code": 2})
    assert {stage: measure.count for stage, measure in stats.stages.items()} == dict.fromkeys(STAGES, 2)
    times = [stats.stages[stage].p50 for stage in ("route", "retrieved", "first_token", "total")]
    assert times == sorted(times)


async def test_a_digest_costs_no_tokens() -> None:
    metrics = Metrics()
    await asked(nobody(), metrics)
    stats = ask_stats(metrics.snapshot())
    assert (stats.answered, stats.backends, stats.prompt_tokens) == (1, {"none": 1}, 0)


async def test_an_answer_that_breaks_off_is_answered_and_broken() -> None:
    metrics, chat = Metrics(), FakeChat()
    chat.enqueue(Script(("It op",), error=failures.cut(failures.ollama_at("http://x"))))
    await asked(somebody(chat), metrics)
    stats = ask_stats(metrics.snapshot())
    assert (stats.answered, stats.broken) == (1, 1)


async def test_who_stops_or_leaves_is_counted_as_stopped() -> None:
    metrics, chat, stopped = Metrics(), FakeChat(), CancelToken()
    stopped.cancel()
    with pytest.raises(Cancelled):
        await asked(somebody(chat), metrics, stopped)
    chat.enqueue(Script(("It op",), hangs=True))
    await asked(somebody(chat), metrics, stop_at_token=True)
    stats = ask_stats(metrics.snapshot())
    assert (stats.answered, stats.cancelled) == (0, 2)
