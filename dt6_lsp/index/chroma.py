"""ChromaDB as a shelf of vectors: opening it where it is kept, one collection, and its many errors as one.

Everything in it can be made anew from the ledger, so nothing here tries to repair: what looks wrong is
`ChromaFailed`, and `sync` starts over in a new folder (ChromaDB remembers a folder that failed for as long as the
process lives). A broken vector file can end the whole process, so a folder that was not closed properly, or whose
files changed since, is first opened by a child process. chromadb is imported late: it costs more than a second. Not
here: what is put in, and when (`sync`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np

from dt6_lsp.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from chromadb.api.client import Client as ChromaClient
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 5_000  # ChromaDB takes 5,461
_SEAL = "sealed.json"
_CHILD_SECONDS = 120.0


class ChromaFailed(Exception):  # noqa: N818 - never reaches a person: `sync` turns it into a notice
    """ChromaDB can't be used as it is. The message is ChromaDB's own, cut to a line."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where ChromaDB keeps its vectors: a folder of the store, or a server when `url` is given."""

    folder: Path
    url: str = ""


class Client:
    """An open ChromaDB. Must be closed, which also seals the folder."""

    def __init__(self, place: Place, client: ChromaClient) -> None:
        self._place, self._client = place, client

    @classmethod
    def open(cls, place: Place, stop: CancelToken | None = None) -> Client:
        """ChromaFailed when it is broken or, for a server, not there. Cancelled while a doubtful folder is tried."""
        with chroma_errors():
            if not place.url:
                _check_folder(place.folder, stop or CancelToken())
            return cls(place, _connect(place))

    def collection(self, name: str, metadata: Mapping[str, str | int | float]) -> Shelf:
        """Made when missing."""
        with chroma_errors():
            found = self._client.get_or_create_collection(
                name,
                metadata=dict(metadata),
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 256}},
            )
        return Shelf(found)

    def names(self) -> list[str]:
        with chroma_errors():
            return [collection.name for collection in self._client.list_collections()]

    def remove(self, name: str) -> None:
        """Removes a collection; fine if there is none."""
        from chromadb.errors import NotFoundError

        with chroma_errors(), contextlib.suppress(NotFoundError):
            self._client.delete_collection(name)

    def close(self, *, seal: bool = True) -> None:
        """`seal` False leaves the folder to be distrusted by the next who opens it."""
        self._client.close()
        if seal and not self._place.url:
            _seal(self._place.folder)


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

    def vector(self, chunk_id: int) -> NDArray[np.float32] | None:
        with chroma_errors():
            found = self._collection.get(ids=[str(chunk_id)], include=["embeddings"])["embeddings"]
        return np.asarray(found[0], np.float32) if found is not None and len(found) else None

    def search(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]]:
        """(chunk id, cosine), best first."""
        with chroma_errors():
            found = self._collection.query(query_embeddings=vector[np.newaxis], n_results=n, include=["distances"])
        distances = found["distances"] or [[]]
        return [(int(chunk_id), 1 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)]

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[int, float]] | None:
        """As `search`; None when ChromaDB fails, so that memory takes over."""
        try:
            return self.search(vector, n)
        except ChromaFailed as error:
            logger.warning("ChromaDB could not answer, so memory does: %s", error)
            return None


@contextlib.contextmanager
def chroma_errors() -> Iterator[None]:
    """ChromaDB's errors, those of the HTTP library it uses, and the ValueError it makes of an absent server."""
    from chromadb.errors import ChromaError
    from httpx import HTTPError

    try:
        yield
    except (ChromaError, HTTPError, ValueError, OSError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise ChromaFailed(lines[0][:200]) from error


def _connect(place: Place) -> ChromaClient:
    import chromadb
    from chromadb.config import Settings

    quiet = Settings(anonymized_telemetry=False)
    if not place.url:
        place.folder.mkdir(parents=True, exist_ok=True)
        return cast("ChromaClient", chromadb.PersistentClient(place.folder, settings=quiet))
    parts = urlsplit(place.url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    client = chromadb.HttpClient(host=parts.hostname or "localhost", port=port, ssl=secure, settings=quiet)
    return cast("ChromaClient", client)


def _check_folder(folder: Path, stop: CancelToken) -> None:
    """ChromaFailed when opening the folder would end this process."""
    seal = folder / _SEAL
    sizes = _read_seal(seal)
    seal.unlink(missing_ok=True)  # from now on, until it is closed, it is not to be trusted
    if not folder.exists() or sizes == _sizes(folder):
        return
    child = multiprocessing.get_context("spawn").Process(target=_try_all, args=(folder,), daemon=True)
    child.start()
    forget = stop.on_cancel(child.kill)
    child.join(_CHILD_SECONDS)
    forget()
    if child.exitcode is None:
        child.kill()
        child.join()
    code = child.exitcode
    child.close()
    stop.raise_if_cancelled()
    if code != 0:
        raise ChromaFailed(f"opening it ended a trial process with code {code}")


def _try_all(folder: Path) -> None:
    """What a child process does with a doubtful folder: read from every collection, which loads its vectors."""
    client = _connect(Place(folder))
    for collection in client.list_collections():
        found = collection.get(limit=1, include=["embeddings"])["embeddings"]
        if found is not None and len(found):
            collection.query(query_embeddings=np.asarray(found, np.float32), n_results=1)
    client.close()


def _seal(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / _SEAL).write_text(json.dumps(_sizes(folder)), encoding="utf-8")


def _read_seal(seal: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(seal.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _sizes(folder: Path) -> dict[str, int]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != _SEAL)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def remove_folder(folder: Path) -> None:
    """As far as the system lets us: what is left is tried again when the store is opened the next time."""
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            folder.unlink()
