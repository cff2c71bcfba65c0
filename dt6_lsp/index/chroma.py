"""ChromaDB as shelves of vectors: opening it where it is kept, one collection, and its many errors as one.

Everything in it can be made anew from the ledger, so nothing here tries to repair: what looks wrong is `ChromaFailed`,
and `sync` starts over in a new folder. A folder that was closed in order carries the checksums of its files; one that
differs from them is not opened, because ChromaDB notices few flipped bits and ends the process over others. DT6 uses
all this in a process of its own (`chroma_process`). Not here: what is put in, and when (`sync`).
"""

from __future__ import annotations

import contextlib
import json
import shutil
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np
from filelock import FileLock, Timeout

from dt6_lsp.models.transport import client_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx
    from chromadb.api import ServerAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.config import System
    from numpy.typing import NDArray

MOST_AT_ONCE = 5_000  # ChromaDB takes 5,461
# Recall of the best 80 among 8,000 to 89,000 chunks of 27 repositories is .997 to .999 with these, also after a tenth
# was replaced ten times. With 256 for `ef_search` and ChromaDB's own other values it is .96; .01 at worst.
GRAPH = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 1_200}
_SEAL = "sealed.json"
_LOCK = "held.lock"
_LOCK_SECONDS = 5.0  # whoever was killed while it wrote: its ChromaDB ends once it has finished what it was told
_CONNECT_SECONDS = 3.0
_SERVER_SECONDS = 20.0
_BLOCK = 1 << 20


class ChromaFailed(Exception):  # noqa: N818 - never reaches a person: `sync` turns it into a notice
    """ChromaDB can't be used as it is. The message is ChromaDB's own, cut to a line."""


class ServerAway(ChromaFailed):
    """No Chroma server answers at its address."""


class NotTheLedgers(ChromaFailed):
    """What it holds is not what the ledger says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where ChromaDB keeps its vectors: a folder of the store, or a server when `url` is given."""

    folder: Path
    url: str = ""


class Client:
    """An open ChromaDB. Must be closed, which also seals the folder."""

    def __init__(
        self,
        place: Place,
        system: System,
        server: ServerAPI,
        lock: FileLock | None = None,
        session: httpx.Client | None = None,
    ) -> None:
        self._place, self._system, self._server, self._lock, self._session = place, system, server, lock, session
        self._shelves: dict[str, Shelf] = {}

    @classmethod
    def open(cls, place: Place) -> Client:
        """ChromaFailed when it is broken, when another process has it open or, for a server, when it is not there."""
        if place.url:
            with chroma_errors():
                return _connect(place)
        lock = _locked(place.folder)
        try:
            _break_seal(place.folder)
            with chroma_errors():
                return _open(place, lock)
        except BaseException:
            lock.release()
            raise

    def collection(self, name: str, metadata: Mapping[str, str | int | float]) -> Shelf:
        """Made when missing."""
        from chromadb.api.models.Collection import Collection

        with chroma_errors():
            graph = cast("CreateHNSWConfiguration", dict(GRAPH))
            model = self._server.get_or_create_collection(name, metadata=dict(metadata), configuration={"hnsw": graph})
            shelf = Shelf(Collection(self._server, model, embedding_function=None))
        self._shelves[name] = shelf
        return shelf

    def make(self, name: str, metadata: Mapping[str, str | int | float]) -> None:
        """As `collection`, for who can't be given one."""
        self.collection(name, metadata)

    def shelf(self, name: str) -> Shelf:
        """One that `collection` gave or `make` made."""
        return self._shelves[name]

    def names(self) -> list[str]:
        with chroma_errors():
            return [collection.name for collection in self._server.list_collections()]

    def remove(self, name: str) -> None:
        """Removes a collection; fine if there is none."""
        from chromadb.errors import NotFoundError

        with chroma_errors(), contextlib.suppress(NotFoundError):
            self._server.delete_collection(name)

    def close(self) -> None:
        self._shelves = {}
        self._system.stop()
        if self._session is not None:
            self._session.close()
        if self._lock is not None:
            _seal(self._place.folder)
            self._lock.release()


class Shelf:
    """One collection: search vectors by chunk id."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def put(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Adds or replaces; vectors as rows."""
        with chroma_errors():
            for start in range(0, len(ids), MOST_AT_ONCE):
                part = slice(start, start + MOST_AT_ONCE)
                self._collection.upsert(ids=[str(chunk_id) for chunk_id in ids[part]], embeddings=vectors[part])

    def remove(self, ids: Sequence[int]) -> None:
        with chroma_errors():
            for start in range(0, len(ids), MOST_AT_ONCE):
                self._collection.delete(ids=[str(chunk_id) for chunk_id in ids[start : start + MOST_AT_ONCE]])

    def count(self) -> int:
        with chroma_errors():
            return self._collection.count()

    def ids(self) -> set[int]:
        """All of them, page by page."""
        found: set[int] = set()
        with chroma_errors():
            for offset in range(0, self._collection.count(), MOST_AT_ONCE):
                page = self._collection.get(limit=MOST_AT_ONCE, offset=offset, include=[])
                found.update(int(chunk_id) for chunk_id in page["ids"])
        return found

    def vectors(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Those of `ids` that are here."""
        with chroma_errors():
            found = self._collection.get(ids=[str(chunk_id) for chunk_id in ids], include=["embeddings"])
        vectors = found["embeddings"] if found["embeddings"] is not None else []
        return {int(key): np.asarray(row, np.float32) for key, row in zip(found["ids"], vectors, strict=True)}

    def search(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]]:
        """(chunk id, cosine), best first."""
        with chroma_errors():
            found = self._collection.query(query_embeddings=vector[np.newaxis], n_results=n, include=["distances"])
        distances = found["distances"] or [[]]
        return [(int(chunk_id), 1 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)]


@contextlib.contextmanager
def chroma_errors() -> Iterator[None]:
    """ChromaDB's errors, those of the HTTP library it uses, and what its client makes of other servers' answers."""
    from chromadb.errors import ChromaError
    from httpx import HTTPError

    try:
        yield
    except (ChromaError, HTTPError, ValueError, OSError, LookupError, TypeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise ChromaFailed(lines[0][:200]) from error


def _open(place: Place, lock: FileLock) -> Client:
    """Without chromadb's own `PersistentClient`, which remembers a folder that failed as long as the process lives."""
    from chromadb.api.rust import RustBindingsAPI
    from chromadb.config import Settings, System

    system = System(Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(place.folder)))
    server = system.instance(RustBindingsAPI)
    system.start()
    return Client(place, system, server, lock)


def _connect(place: Place) -> Client:
    """Without chromadb's own `HttpClient`, which waits for ever and sends what is for this machine to a proxy."""
    import httpx
    from chromadb.api.fastapi import FastAPI
    from chromadb.config import Settings, System

    parts = urlsplit(place.url)
    secure = parts.scheme == "https"
    system = System(
        Settings(
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=f"{parts.scheme}://{parts.netloc}",
            chroma_server_http_port=parts.port or (443 if secure else 80),
            chroma_server_ssl_enabled=secure,
        )
    )
    server = system.instance(FastAPI)
    options = client_options(place.url, _CONNECT_SECONDS, _SERVER_SECONDS)
    session = httpx.Client(headers=server._session.headers, event_hooks={"response": [_refuse_others]}, **options)
    server._session.close()
    server._session = session
    client = Client(place, system, server, session=session)
    try:
        system.start()
        server.heartbeat()
    except BaseException:
        client.close()
        raise
    return client


def _refuse_others(response: Any) -> None:
    """An answer that is no JSON is not one of a Chroma server; its client would make a bare Exception of it."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        raise ChromaFailed(f"it answers with status {response.status_code} and no JSON: this is not a Chroma server")


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        raise ChromaFailed("another process has it open") from error
    except OSError as error:
        raise ChromaFailed(str(error)) from error
    return lock


def _break_seal(folder: Path) -> None:
    """ChromaFailed when the files are not what they were when the folder was closed. A folder without seal was not
    closed in order, and is tried."""
    seal = folder / _SEAL
    try:
        sealed = json.loads(seal.read_text(encoding="utf-8")) if seal.exists() else None
        whole = sealed is None or sealed == _checksums(folder)
        seal.unlink(missing_ok=True)  # from now on, until it is closed
    except (OSError, ValueError) as error:
        raise ChromaFailed(str(error)) from error
    if not whole:
        raise ChromaFailed("its files are not as they were left")


def _seal(folder: Path) -> None:
    with contextlib.suppress(OSError):
        sums = _checksums(folder)
        (folder / _SEAL).write_text(json.dumps(sums), encoding="utf-8")


def _checksums(folder: Path) -> dict[str, int]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name not in (_SEAL, _LOCK))
    return {path.relative_to(folder).as_posix(): _checksum(path) for path in paths}


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found


def remove_folder(folder: Path) -> None:
    """As far as the system lets us: what is left is tried again when the store is opened the next time."""
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            folder.unlink()
