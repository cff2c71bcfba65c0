"""The micro-batcher: every caller gets its own vectors, in its order, whatever the others and the backend do."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, SupportsIndex, overload

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import BackendUnavailable, Dt6Error, EmbeddingError
from dt6_lsp.models import batching
from dt6_lsp.models.base import Fingerprint
from dt6_lsp.models.batching import Call, Run, RunQueue
from dt6_lsp.models.embedder import Embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOON = 10.0
Rows = NDArray[np.float32]


class NumberBackend:
    """The vector of "7" is (7, 1); "bad" can't be embedded. `gate` holds every batch back until it is opened."""

    def __init__(self, *, max_batch: int = 1000, local: bool = False, held: bool = False) -> None:
        self.max_batch = max_batch
        self.local = local
        self.batches: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.error: Exception | None = None
        self.asked = 0
        self.closed = threading.Event()
        if not held:
            self.gate.set()

    def fingerprint(self) -> Fingerprint:
        self.asked += 1
        return Fingerprint("numbers", "numbers", 2)

    def embed_documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> Rows:
        self.batches.append(list(texts))
        self.entered.release()
        assert self.gate.wait(SOON)
        if self.error is not None:
            raise self.error
        if "bad" in texts:
            raise EmbeddingError("A text can't be embedded.")
        return np.array([[float(text), 1.0] for text in texts], dtype=np.float32)

    def embed_query(self, text: str) -> Rows:
        return np.array([float(text), 1.0], dtype=np.float32)

    def close(self) -> None:
        self.closed.set()


def numbers(count: int, start: int = 0) -> list[str]:
    return [str(start + index) for index in range(count)]


def firsts(rows: Rows) -> list[str]:
    return [str(int(value)) for value in rows[:, 0]]


def outcome(embedder: Embedder, texts: list[str]) -> list[str] | str:
    try:
        return firsts(embedder.documents(texts))
    except EmbeddingError:
        return "failed"


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(st.lists(st.sampled_from([*numbers(30), "bad"]), min_size=1, max_size=23), min_size=1, max_size=8),
    batch_size=st.integers(1, 9),
    max_wait_ms=st.sampled_from([0.0, 1.0]),
)
def test_no_text_is_lost_or_swapped_and_only_the_caller_of_a_bad_text_fails(
    calls: list[list[str]], batch_size: int, max_wait_ms: float
) -> None:
    backend = NumberBackend()
    embedder = Embedder(backend, batch_size, max_wait_ms)
    with ThreadPoolExecutor(len(calls)) as pool:
        outcomes = list(pool.map(lambda texts: outcome(embedder, texts), calls))
    embedder.close()
    assert outcomes == ["failed" if "bad" in texts else texts for texts in calls]
    assert max(len(batch) for batch in backend.batches) <= batch_size


@settings(max_examples=200, deadline=None)
@given(calls=st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=10), size=st.integers(8, 12))
def test_batches_are_filled_in_order_and_what_was_cancelled_is_in_none(
    calls: list[tuple[int, bool]], size: int
) -> None:
    queue = RunQueue(size, wait=0)
    queued: list[tuple[Call, bool]] = []
    for count, cancelled in calls:
        call = Call(numbers(count), None)
        queue.put(call)
        queued.append((call, cancelled))
    for call, cancelled in queued:
        if cancelled:
            call.fail(Cancelled())
    wanted = [(call, text) for call, cancelled in queued if not cancelled for text in call.texts]
    batches: list[list[Run]] = []
    while sum(len(run.texts) for batch in batches for run in batch) < len(wanted):
        batches.append(queue.take())
    assert [(run.call, text) for batch in batches for run in batch for text in run.texts] == wanted
    filled = [sum(len(run.texts) for run in batch) for batch in batches]
    assert max(filled, default=0) <= size
    assert all(now + len(after[0].texts) > size for now, after in zip(filled, batches[1:], strict=False))


@given(wait=st.floats(0.01, 1e6), size=st.integers(2, 9), data=st.data())
def test_a_batch_that_is_not_full_goes_when_its_first_text_has_waited_and_not_before(
    wait: float, size: int, data: st.DataObject
) -> None:
    readings = [0.0, wait * 0.5, wait - 0.001, wait]
    count = data.draw(st.integers(1, size - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batching, "time", Readings(readings))
        queue = RunQueue(size, wait)
        queue.put(Call(numbers(count), None))
        queue._changed = Impatient()
        assert [run.texts for run in queue.take()] == [numbers(count)]
    assert readings == [], "every reading before the last was too early"


class Readings:
    """A clock that is read so often, and no oftener."""

    def __init__(self, readings: list[float]) -> None:
        self.monotonic = lambda: readings.pop(0)


class Impatient(threading.Condition):
    """Whoever waits is woken at once, as by a caller that came in vain."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "who has a text to send does not wait for ever"
        return True


@given(wait=st.floats(1, 1e6), size=st.integers(1, 9))
def test_a_full_batch_waits_for_nothing(wait: float, size: int) -> None:
    queue = RunQueue(size, wait)
    queue.put(Call(numbers(size), None))
    assert [run.texts for run in queue.take()] == [numbers(size)]


@settings(max_examples=40, deadline=None)
@given(calls=st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=6), size=st.integers(1, 9))
def test_whoever_is_cancelled_takes_nothing_from_the_others(calls: list[tuple[int, bool]], size: int) -> None:
    backend = NumberBackend(held=True)
    embedder = Embedder(backend, size, 0)
    tokens = [CancelToken() for _ in calls]
    with ThreadPoolExecutor(len(calls) + 1) as pool:
        first = pool.submit(embedder.documents, numbers(size))
        assert backend.entered.acquire(timeout=SOON)
        waiting = [
            pool.submit(embedder.documents, numbers(count, 1000 * place), tokens[place])
            for place, (count, _) in enumerate(calls)
        ]
        for place, (_, cancelled) in enumerate(calls):
            if cancelled:
                tokens[place].cancel()
                assert isinstance(waiting[place].exception(SOON), Cancelled)
        backend.gate.set()
        assert firsts(first.result(SOON)) == numbers(size)
        for place, (count, cancelled) in enumerate(calls):
            assert cancelled or firsts(waiting[place].result(SOON)) == numbers(count, 1000 * place)
    embedder.close()
    asked = [text for batch in backend.batches[1:] for text in batch]
    assert sorted(asked) == sorted(
        t for n, (count, gone) in enumerate(calls) if not gone for t in numbers(count, 1000 * n)
    )


def test_texts_of_several_callers_share_a_batch() -> None:
    backend = NumberBackend(held=True)
    embedder = Embedder(backend, batch_size=8, max_wait_ms=10_000)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(embedder.documents, numbers(8))
        assert backend.entered.acquire(timeout=SOON)  # the worker is busy, so the next ones gather
        others = [pool.submit(embedder.documents, [str(index)]) for index in range(100, 108)]
        backend.gate.set()
        assert firsts(first.result(SOON)) == numbers(8)
        assert [firsts(other.result(SOON)) for other in others] == [[text] for text in numbers(8, 100)]
    assert sorted(map(len, backend.batches)) == [8, 8]


def test_a_lone_text_goes_out_after_the_longest_wait() -> None:
    embedder = Embedder(NumberBackend(), batch_size=64, max_wait_ms=1)
    assert firsts(embedder.documents(["7"])) == ["7"]


def test_nothing_waits_before_a_local_backend() -> None:
    embedder = Embedder(NumberBackend(local=True), batch_size=64, max_wait_ms=3_600_000)
    assert firsts(embedder.documents(["7"])) == ["7"]


def test_a_backend_that_takes_less_than_the_batch_size_gets_less() -> None:
    backend = NumberBackend(max_batch=3)
    assert firsts(Embedder(backend, 64, 0).documents(numbers(10))) == numbers(10)
    assert [len(batch) for batch in backend.batches] == [3, 3, 3, 1]


def test_a_query_does_not_queue_behind_documents() -> None:
    backend = NumberBackend(held=True)
    embedder = Embedder(backend, 4, 0)
    with ThreadPoolExecutor(1) as pool:
        documents = pool.submit(embedder.documents, numbers(4))
        assert backend.entered.acquire(timeout=SOON)
        assert embedder.query("5").tolist() == [5.0, 1.0]
        assert not documents.done()
        backend.gate.set()
        documents.result(SOON)


def test_no_texts_give_no_rows_of_the_right_width_and_the_backend_is_asked_for_it_once() -> None:
    backend = NumberBackend()
    embedder = Embedder(backend)
    assert embedder.documents([]).shape == (0, 2)
    assert embedder.fingerprint() is embedder.fingerprint()
    assert backend.asked == 1


def test_a_cancelled_caller_leaves_at_once_and_its_waiting_texts_are_dropped() -> None:
    backend, token = NumberBackend(held=True), CancelToken()
    embedder = Embedder(backend, 2, 0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(embedder.documents, numbers(2))
        assert backend.entered.acquire(timeout=SOON)
        cancelled = pool.submit(embedder.documents, numbers(500, 100), token)  # more than the queue holds
        token.cancel()
        with pytest.raises(Cancelled):
            cancelled.result(SOON)
        backend.gate.set()
        assert firsts(first.result(SOON)) == numbers(2)
        assert firsts(embedder.documents(["9"])) == ["9"]
    assert sum(len(batch) for batch in backend.batches) < 50


def test_a_token_that_was_cancelled_before_asks_nothing() -> None:
    backend, token = NumberBackend(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Embedder(backend).documents(["1"], token)
    assert backend.batches == []


def test_the_queue_is_bounded_and_gives_back_pressure() -> None:
    backend = NumberBackend(held=True)
    embedder = Embedder(backend, 1, 0)
    texts = Counted(numbers(1000))
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(embedder.documents, texts)
        assert backend.entered.acquire(timeout=SOON)
        assert texts.taken < 50
        backend.gate.set()
        assert firsts(call.result(SOON)) == numbers(1000)


class Counted(list[str]):
    """Counts the pieces that were taken of it."""

    taken = 0

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> str | list[str]:
        self.taken += 1
        return super().__getitem__(index)


def test_a_server_that_is_away_is_not_asked_again_for_halves_of_the_batch() -> None:
    backend = NumberBackend(held=True)
    backend.error = BackendUnavailable("Nothing listens there.", "Start it.")
    embedder = Embedder(backend, 8, 10_000)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(embedder.documents, [str(index)]) for index in range(8)]
        backend.gate.set()
        for call in calls:
            with pytest.raises(BackendUnavailable):
                call.result(SOON)
    assert len(backend.batches) == 1


@pytest.mark.parametrize("error", [ValueError("a bug"), MemoryError()])
def test_a_failure_that_nobody_foresaw_reaches_its_caller_and_the_next_one_is_served(error: Exception) -> None:
    backend = NumberBackend()
    embedder = Embedder(backend, 4, 0)
    backend.error = error
    with pytest.raises(type(error)):
        embedder.documents(["1"])
    backend.error = None
    assert firsts(embedder.documents(["2"])) == ["2"]


def closing(embedder: Embedder, backend: NumberBackend, pool: ThreadPoolExecutor) -> list[Future[Rows]]:
    """One call under way, one in the queue, one that waits for room; then close."""
    calls = [pool.submit(embedder.documents, numbers(1))]
    assert backend.entered.acquire(timeout=SOON)
    calls += [pool.submit(embedder.documents, numbers(400)) for _ in range(2)]
    embedder.close()
    return calls


def test_closing_fails_what_waits_with_a_clear_error_and_closes_the_backend() -> None:
    backend = NumberBackend(held=True)
    embedder = Embedder(backend, 1, 0)
    with ThreadPoolExecutor(3) as pool:
        for call in closing(embedder, backend, pool):
            with pytest.raises(EmbeddingError, match="closed"):
                call.result(SOON)
        backend.gate.set()
        assert backend.closed.wait(SOON)
    embedder.close()


@pytest.mark.parametrize(
    "use", [lambda e: e.documents(["1"]), lambda e: e.query("1"), lambda e: e.documents([]), lambda e: e.fingerprint()]
)
def test_a_closed_embedder_says_so(use: Callable[[Embedder], object]) -> None:
    backend = NumberBackend()
    embedder = Embedder(backend)
    embedder.close()
    assert backend.closed.is_set()
    with pytest.raises(Dt6Error, match="closed"):
        use(embedder)
