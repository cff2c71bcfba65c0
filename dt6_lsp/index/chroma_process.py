"""ChromaDB in a process of its own, asked over a pipe.

ChromaDB keeps Python's lock while it writes: 500 vectors would stop a whole server for half a second, and a broken
vector file would end it. Here it stands back for other work, its memory goes when it ends, and closing never waits
long: what does not end in time is killed, since everything in it can be made anew. Not here: what is asked (`chroma`),
and when (`shelving`).
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from dt6_lsp.cancel import Cancelled
from dt6_lsp.index.allocator import give_memory_back
from dt6_lsp.index.chroma import ChromaFailed, Client, Place, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.cancel import CancelToken

logger = logging.getLogger(__name__)

_NICE = 5
_LOOK_SECONDS = 0.1
_START_SECONDS = 120.0  # to import chromadb, wait for the folder and read its checksums, on a machine that is busy
_ANSWER_SECONDS = 60.0
_SEARCH_SECONDS = 2.0
_CLOSE_SECONDS = 1.0


class ChromaProcess:
    """Thread-safe; one question at a time. `stop` ends what is under way, and the process with it."""

    def __init__(self, process: BaseProcess, connection: Connection, stop: CancelToken) -> None:
        self._process, self._connection, self._stop = process, connection, stop
        self._busy = threading.Lock()

    @classmethod
    def open(cls, place: Place, stop: CancelToken) -> ChromaProcess:
        """ChromaFailed or Cancelled."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, place), name="dt6-chroma", daemon=True)
        process.start()
        theirs.close()
        opened = cls(process, ours, stop)
        try:
            opened._answer(_START_SECONDS, patience=0)
        except BaseException:
            opened.kill()
            raise
        return opened

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def collection(self, name: str, metadata: Mapping[str, str | int | float]) -> RemoteShelf:
        """Made when missing."""
        self.ask("", Client.make, name, metadata)
        return RemoteShelf(self, name)

    def names(self) -> list[str]:
        found: list[str] = self.ask("", Client.names)
        return found

    def remove(self, name: str) -> None:
        self.ask("", Client.remove, name)

    def ask(self, shelf: str, method: Callable[..., Any], *args: object, seconds: float = _ANSWER_SECONDS) -> Any:
        """What `method` of the shelf with that name returns; without a name, of the client. Cancelled or ChromaFailed,
        also when the process ended over it or needed more than `seconds`."""
        deadline = time.monotonic() + seconds
        if not self._busy.acquire(timeout=seconds):
            raise ChromaFailed("it has other work for too long")
        try:
            self._connection.send((shelf, method, args))
            return self._answer(deadline - time.monotonic(), _CLOSE_SECONDS)
        except OSError as error:
            raise self._ended() from error
        finally:
            self._busy.release()

    def close(self) -> None:
        """In order, if that does not take long. Nothing can be asked afterwards."""
        with self._busy:
            with contextlib.suppress(ChromaFailed, Cancelled, OSError):
                self._connection.send(None)
                self._answer(_CLOSE_SECONDS, _CLOSE_SECONDS)
                self._process.join(_CLOSE_SECONDS)
            self.kill()

    def kill(self) -> None:
        """At once. Whoever waits for an answer gets ChromaFailed."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _answer(self, seconds: float, patience: float) -> Any:
        """What comes within `seconds`; from the moment that `stop` is cancelled, within `patience`."""
        deadline = time.monotonic() + seconds
        stopped = False
        try:
            while not self._connection.poll(_LOOK_SECONDS):
                if self._stop.cancelled and not stopped:
                    stopped, deadline = True, min(deadline, time.monotonic() + patience)
                if time.monotonic() >= deadline:
                    self.kill()
                    self._stop.raise_if_cancelled()
                    raise ChromaFailed(f"it did not answer within {seconds:.0f} s")
            failed, answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if failed:
            raise ChromaFailed(answer)
        return answer

    def _ended(self) -> ChromaFailed:
        self._process.join(_CLOSE_SECONDS)
        return ChromaFailed(f"its process ended with code {self._process.exitcode}")


class RemoteShelf:
    """As `Shelf`, over there."""

    def __init__(self, process: ChromaProcess, name: str) -> None:
        self._process, self._name = process, name

    def put(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self._process.ask(self._name, Shelf.put, ids, vectors)

    def remove(self, ids: Sequence[int]) -> None:
        self._process.ask(self._name, Shelf.remove, ids)

    def count(self) -> int:
        return int(self._process.ask(self._name, Shelf.count))

    def vectors(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        found: dict[int, NDArray[np.float32]] = self._process.ask(self._name, Shelf.vectors, ids)
        return found

    def search(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = self._process.ask(self._name, Shelf.search, vector, n)
        return found

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]] | None:
        """As `search`; None when ChromaDB fails, is closed or lets a user wait, so that memory takes over."""
        try:
            found: list[tuple[int, float]] = self._process.ask(
                self._name, Shelf.search, vector, n, seconds=_SEARCH_SECONDS
            )
        except (ChromaFailed, Cancelled) as error:
            logger.warning("ChromaDB could not answer, so memory does: %s", error)
            return None
        return found


def _serve(connection: Connection, place: Place) -> None:
    """What the process does: open ChromaDB, answer until it is told to close or nobody is left to ask."""
    _stand_back()
    give_memory_back()
    clients: list[Client] = []
    with contextlib.suppress(EOFError, OSError):
        connection.send(_attempt(lambda: clients.append(Client.open(place))))
        while clients and (question := connection.recv()) is not None:
            connection.send(_answered(clients[0], *question))
    for client in clients:
        client.close()
    with contextlib.suppress(OSError):
        connection.send((False, None))


def _answered(
    client: Client, shelf: str, method: Callable[..., object], args: tuple[object, ...]
) -> tuple[bool, object]:
    return _attempt(lambda: method(client.shelf(shelf) if shelf else client, *args))


def _attempt(work: Callable[[], object]) -> tuple[bool, object]:
    """Whether it failed, and what it gave or said."""
    try:
        return False, work()
    except ChromaFailed as error:
        return True, str(error)
    except Exception as error:  # noqa: BLE001 - chromadb raises bare ones, and any is a way in which it fails
        return True, f"{type(error).__name__}: {error}"[:200]


def _stand_back() -> None:
    """Other work goes first. Ctrl-C is for the process that asks, and so are its streams: an editor reads them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
