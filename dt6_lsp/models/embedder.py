"""The micro-batcher that every part gets its vectors from: thread-safe, ordered, bounded.

Documents of all callers are put together into batches by one background thread. A batch goes out when it is full, or
when its first text has waited `max_wait_ms`; before a backend that computes in this process (`local = True`) nothing
waits. A query goes straight to the backend: it must not queue behind an index run.
Not here: the models (`static`, `sentence_transformers`, `ollama`, `openai`) and the choice of one (`build`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.cancel import Cancelled
from dt6_lsp.errors import EmbeddingError, ModelError
from dt6_lsp.models.batching import Call, Run, RunQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.models.base import EmbeddingBackend, Fingerprint

CLOSING_SECONDS = 0.5


class Embedder:
    """`batch_size` is cut to what the backend takes. Blocking: for worker threads, not for an event loop."""

    def __init__(self, backend: EmbeddingBackend, batch_size: int = 64, max_wait_ms: float = 5.0) -> None:
        self._backend = backend
        wait = 0.0 if getattr(backend, "local", False) else max_wait_ms / 1000
        self._queue = RunQueue(max(1, min(batch_size, backend.max_batch)), wait)
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._fingerprint: Fingerprint | None = None
        self._worker: threading.Thread | None = None
        self._in_flight: tuple[Call, ...] = ()
        self._closed = False

    def fingerprint(self) -> Fingerprint:
        """Asked of the backend once; a failure is not remembered."""
        with self._asking:
            if self._fingerprint is None:
                self._raise_if_closed()
                self._fingerprint = self._backend.fingerprint()
            return self._fingerprint

    def documents(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        """float32 (len(texts), dimension), in the order given. EmbeddingError, ModelError or Cancelled."""
        if not texts:
            return np.zeros((0, self.fingerprint().dimension), dtype=np.float32)
        call = Call(texts, cancel)
        forget = self._abandon_when_cancelled(call, cancel) if cancel else None
        try:
            self._start()
            self._queue.put(call)
            if self._closed:
                call.fail(_closed_error())
            return call.result()
        finally:
            if forget is not None:
                forget()

    def query(self, text: str) -> NDArray[np.float32]:
        """float32 (dimension,), made in the calling thread."""
        self._raise_if_closed()
        return self._backend.embed_query(text)

    def close(self) -> None:
        """Fail what waits and close the backend; a request that is under way ends on its own time limit."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            worker = self._worker
        for call in (*self._queue.close(), *self._in_flight):
            call.fail(_closed_error())
        if worker is None:
            self._backend.close()
        else:
            worker.join(CLOSING_SECONDS)

    def _abandon_when_cancelled(self, call: Call, cancel: CancelToken) -> Callable[[], None]:
        def abandon() -> None:
            call.fail(Cancelled())
            self._queue.wake()

        return cancel.on_cancel(abandon)

    def _start(self) -> None:
        with self._lock:
            self._raise_if_closed()
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="dt6-embedder", daemon=True)
                self._worker.start()

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise _closed_error()

    def _work(self) -> None:
        while batch := self._queue.take():
            self._in_flight = tuple(run.call for run in batch)
            self._embed(batch)
        self._backend.close()

    def _embed(self, runs: list[Run]) -> None:
        """Deliver to every run's call, or fail the one whose text the backend can't take."""
        runs = [run for run in runs if not run.call.done]
        if not runs:
            return
        try:
            self._deliver(runs, self._rows(runs))
        except (ModelError, Cancelled) as error:
            # The server is away, or refuses everybody: asking again for half of the texts would only take longer.
            _fail(runs, error)
        except Exception as error:  # noqa: BLE001 - this thread must outlive any failure; its callers get to see it
            self._narrow(runs, error)

    def _rows(self, runs: list[Run]) -> NDArray[np.float32]:
        texts = [text for run in runs for text in run.texts]
        calls = {run.call for run in runs}
        cancel = runs[0].call.cancel if len(calls) == 1 else None
        rows = self._backend.embed_documents(texts, cancel)
        if rows.ndim != 2 or len(rows) != len(texts):
            raise EmbeddingError(f"The embedding backend returned {rows.shape} for {len(texts)} texts.")
        return rows

    @staticmethod
    def _deliver(runs: list[Run], rows: NDArray[np.float32]) -> None:
        start = 0
        for run in runs:
            run.call.deliver(run.start, rows[start : start + len(run.texts)])
            start += len(run.texts)

    def _narrow(self, runs: list[Run], error: Exception) -> None:
        """Bisect: only the call with the bad text fails."""
        if len(runs) == 1:
            _fail(runs, error)
            return
        middle = len(runs) // 2
        self._embed(runs[:middle])
        self._embed(runs[middle:])


def _fail(runs: list[Run], error: BaseException) -> None:
    for run in runs:
        run.call.fail(error)


def _closed_error() -> EmbeddingError:
    return EmbeddingError("The embedder was closed before the vectors were made.", "Start DT6 again.")
