"""Vectors in the ledger: which there are, which are missing, and the log that everything derived from them follows.

A chunk's search vector is made of two that are stored once each: normalise(v(text) + 0.4 v(path)). The share was
measured on the code search benchmark; 0.8 and more hurt. Stored as float16: half the space, and cosines move by
less than 0.001. Not here: making vectors (`embedding`), searching them (`vectors`, `chroma`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from dt6_lsp.index.ledger_errors import Damaged
from dt6_lsp.index.rows import listed, meta, set_meta

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dt6_lsp.models.base import Fingerprint

PATH_SHARE = 0.4
_STORED = np.float16
_LOG_KEPT = 20_000
_ASKED_AT_ONCE = 512
_ROWS_AT_ONCE = 2_048
_STORED_VECTORS = """SELECT c.id, v.vector, c.file_id FROM chunks c
  JOIN vectors v ON v.text_hash = c.text_hash AND v.fingerprint_id = :model"""


@dataclass(frozen=True, slots=True)
class StoredFingerprint:
    """The model whose vectors the ledger is searched with."""

    id: int
    key: str
    model: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A chunk without a vector, and the two texts that it needs vectors of."""

    chunk_id: int
    text_hash: bytes
    text: str
    path_hash: bytes
    path: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log: dense search gained (`live`) or lost a chunk."""

    seq: int
    chunk_id: int
    live: bool


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far the log goes. After `epoch` changed, nothing that was read before counts."""

    epoch: str
    seq: int


def current_fingerprint(connection: sqlite3.Connection) -> StoredFingerprint | None:
    row = connection.execute(
        "SELECT id, key, model, dimension FROM fingerprints "
        "WHERE id = (SELECT value FROM meta WHERE key = 'fingerprint')"
    ).fetchone()
    return StoredFingerprint(*row) if row else None


def adopt_fingerprint(connection: sqlite3.Connection, fingerprint: Fingerprint) -> StoredFingerprint:
    """Makes this the current model. Chunks that have no vector of it become pending; those of the model before stay,
    for a user who switches back, and those of earlier ones go."""
    current = current_fingerprint(connection)
    if current and current.key == fingerprint.key:
        return current
    connection.execute(
        "INSERT OR IGNORE INTO fingerprints(key, model, dimension) VALUES(?, ?, ?)",
        (fingerprint.key, fingerprint.model, fingerprint.dimension),
    )
    row = connection.execute("SELECT id FROM fingerprints WHERE key = ?", (fingerprint.key,)).fetchone()
    kept = (row[0], current.id if current else None)
    connection.execute("DELETE FROM fingerprints WHERE id IS NOT ? AND id IS NOT ?", kept)
    connection.execute("DELETE FROM unembedded")
    connection.execute(
        "INSERT INTO unembedded SELECT c.id FROM chunks c JOIN files f ON f.id = c.file_id WHERE NOT "
        "(EXISTS(SELECT 1 FROM vectors WHERE text_hash = c.text_hash AND fingerprint_id = :id) "
        "AND EXISTS(SELECT 1 FROM vectors WHERE text_hash = f.path_hash AND fingerprint_id = :id))",
        {"id": row[0]},
    )
    set_meta(connection, {"fingerprint": str(row[0])})
    restart_log(connection)
    return StoredFingerprint(row[0], fingerprint.key, fingerprint.model, fingerprint.dimension)


def restart_log(connection: sqlite3.Connection) -> None:
    """Empties the log; whoever follows it reads the vectors afresh."""
    connection.execute("DELETE FROM vector_log")
    connection.execute("DELETE FROM meta WHERE key = 'log_start'")
    set_meta(connection, {"log_epoch": uuid4().hex})


def log_position(connection: sqlite3.Connection) -> LogPosition:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'vector_log'").fetchone()
    return LogPosition(meta(connection, "log_epoch", "0"), int(row[0]) if row else 0)


def log_start(connection: sqlite3.Connection) -> int:
    """Who has read less of the log than this can't follow it any more."""
    return int(meta(connection, "log_start", "0"))


def changes_since(connection: sqlite3.Connection, seq: int, limit: int = -1) -> list[Change]:
    """In order; all of them, or the first `limit`."""
    select = "SELECT seq, chunk_id, live FROM vector_log WHERE seq > ? ORDER BY seq LIMIT ?"
    return [Change(number, chunk_id, bool(live)) for number, chunk_id, live in connection.execute(select, (seq, limit))]


def count_gained_since(connection: sqlite3.Connection, seq: int) -> int:
    """Chunks that are embedded now and were logged after `seq`."""
    select = """SELECT count(DISTINCT v.chunk_id) FROM vector_log v JOIN chunks c ON c.id = v.chunk_id
      WHERE v.seq > ? AND v.live AND NOT EXISTS(SELECT 1 FROM unembedded WHERE chunk_id = c.id)"""
    return int(connection.execute(select, (seq,)).fetchone()[0])


def trim_log(connection: sqlite3.Connection, seq: int) -> None:
    """Forgets what was logged up to `seq`, but for the newest lines, which others may not have read yet."""
    through = min(seq, log_position(connection).seq - _LOG_KEPT)
    if through - log_start(connection) > _LOG_KEPT:
        connection.execute("DELETE FROM vector_log WHERE seq <= ?", (through,))
        set_meta(connection, {"log_start": str(through)})


def embedded_after(connection: sqlite3.Connection, chunk_id: int, limit: int) -> list[int]:
    """The next embedded chunks in the order of their ids."""
    select = """SELECT id FROM chunks WHERE id > ? AND NOT EXISTS(SELECT 1 FROM unembedded WHERE chunk_id = chunks.id)
      ORDER BY id LIMIT ?"""
    return [row[0] for row in connection.execute(select, (chunk_id, limit))]


def some_embedded(connection: sqlite3.Connection, most: int) -> list[int]:
    """At most that many embedded chunks, from the first to the last."""
    low, high = connection.execute("SELECT min(id), max(id) FROM chunks").fetchone()
    if low is None:
        return []
    places = range(low - 1, high, max(1, (high - low + 1) // most))
    return sorted({chunk_id for place in places for chunk_id in embedded_after(connection, place, 1)})[:most]


def counts_up_to(connection: sqlite3.Connection, chunk_id: int) -> tuple[int, int]:
    """Embedded chunks with an id up to this, and all of them."""
    select = """SELECT (SELECT count(*) FROM chunks WHERE id <= :id)
      - (SELECT count(*) FROM unembedded WHERE chunk_id <= :id)"""
    return int(connection.execute(select, {"id": chunk_id}).fetchone()[0]), count_embedded(connection)


def pending(connection: sqlite3.Connection, limit: int) -> list[Pending]:
    """The next chunks to embed, oldest first."""
    rows = connection.execute(
        "SELECT c.id, c.text_hash, c.text, f.path_hash, f.path FROM unembedded u "
        "JOIN chunks c ON c.id = u.chunk_id JOIN files f ON f.id = c.file_id ORDER BY u.chunk_id LIMIT ?",
        (limit,),
    )
    return [Pending(*row) for row in rows]


def count_pending(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM unembedded").fetchone()[0])


def count_embedded(connection: sqlite3.Connection) -> int:
    return int(
        connection.execute("SELECT (SELECT count(*) FROM chunks) - (SELECT count(*) FROM unembedded)").fetchone()[0]
    )


def known(connection: sqlite3.Connection, fingerprint_id: int, hashes: Iterable[bytes]) -> set[bytes]:
    """Those of `hashes` that have a vector."""
    asked = list(hashes)
    found: set[bytes] = set()
    for start in range(0, len(asked), _ASKED_AT_ONCE):
        some = asked[start : start + _ASKED_AT_ONCE]
        places = ",".join("?" * len(some))
        select = f"SELECT text_hash FROM vectors WHERE text_hash IN ({places}) AND fingerprint_id = ?"
        found.update(text_hash for (text_hash,) in connection.execute(select, (*some, fingerprint_id)))
    return found


def known_vectors(
    connection: sqlite3.Connection, fingerprint_id: int, hashes: Iterable[bytes]
) -> dict[bytes, NDArray[np.float32]]:
    """The stored vectors of those of `hashes` that have one."""
    select = "SELECT vector FROM vectors WHERE text_hash = ? AND fingerprint_id = ?"
    found = ((text_hash, connection.execute(select, (text_hash, fingerprint_id)).fetchone()) for text_hash in hashes)
    return {text_hash: np.frombuffer(row[0], _STORED).astype(np.float32) for text_hash, row in found if row}


def combined(texts: NDArray[np.float32], paths: NDArray[np.float32]) -> NDArray[np.float32]:
    """Search vectors as rows, from those of texts and of their paths (one for each, or one for all)."""
    found = texts + PATH_SHARE * paths
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    np.divide(found, lengths, out=found, where=lengths > 0)
    return found


def add_vectors(
    connection: sqlite3.Connection, fingerprint_id: int, hashes: Sequence[bytes], vectors: NDArray[np.float32]
) -> None:
    """`vectors` has a row for each hash."""
    data, width = vectors.astype(_STORED).tobytes(), vectors.shape[1] * np.dtype(_STORED).itemsize
    connection.executemany(
        "INSERT OR REPLACE INTO vectors(text_hash, fingerprint_id, vector) VALUES(?, ?, ?)",
        [(text_hash, fingerprint_id, data[row * width : (row + 1) * width]) for row, text_hash in enumerate(hashes)],
    )


def mark_embedded(connection: sqlite3.Connection, chunk_ids: Sequence[int]) -> None:
    rows = [(chunk_id,) for chunk_id in chunk_ids]
    connection.executemany("DELETE FROM unembedded WHERE chunk_id = ?", rows)
    connection.executemany("INSERT INTO vector_log(chunk_id, live) SELECT id, 1 FROM chunks WHERE id = ?", rows)


def all_vectors(
    connection: sqlite3.Connection, fingerprint: StoredFingerprint
) -> tuple[list[int], NDArray[np.float32]]:
    """Every embedded chunk: its id, and its search vector as a row of (chunks, dimension). Block by block: what SQLite
    gives is as large again."""
    select = f"{_STORED_VECTORS} WHERE c.id NOT IN (SELECT chunk_id FROM unembedded)"
    rows = connection.execute(select, {"model": fingerprint.id})
    ids: list[int] = []
    matrix = np.empty((count_embedded(connection), fingerprint.dimension), np.float32)
    while block := rows.fetchmany(_ROWS_AT_ONCE):
        some, vectors = _combine(connection, fingerprint, block)
        matrix[len(ids) : len(ids) + len(some)] = vectors
        ids += some
    return ids, matrix[: len(ids)]


def vectors_of(
    connection: sqlite3.Connection, fingerprint: StoredFingerprint, chunk_ids: Iterable[int]
) -> tuple[list[int], NDArray[np.float32]]:
    """As `all_vectors`, for those of `chunk_ids` that exist and are embedded, in their order."""
    select = f"""{_STORED_VECTORS.replace("FROM", "FROM json_each(:ids) asked CROSS JOIN")}
      WHERE c.id = asked.value AND NOT EXISTS(SELECT 1 FROM unembedded WHERE chunk_id = c.id)"""
    rows = connection.execute(select, {"model": fingerprint.id, "ids": listed(chunk_ids)}).fetchall()
    return _combine(connection, fingerprint, rows)


def _combine(
    connection: sqlite3.Connection, fingerprint: StoredFingerprint, rows: list[tuple[int, bytes, int]]
) -> tuple[list[int], NDArray[np.float32]]:
    slots: dict[int, int] = {}
    where = [slots.setdefault(file_id, len(slots)) for _, _, file_id in rows]
    select = """SELECT f.id, v.vector FROM files f
      LEFT JOIN vectors v ON v.text_hash = f.path_hash AND v.fingerprint_id = ?
      WHERE f.id IN (SELECT value FROM json_each(?))"""
    found = dict(connection.execute(select, (fingerprint.id, listed(slots))).fetchall())
    texts = _matrix((vector for _, vector, _ in rows), len(rows), fingerprint.dimension)
    paths = _matrix((found.get(file_id) or b"" for file_id in slots), len(slots), fingerprint.dimension)
    return [chunk_id for chunk_id, _, _ in rows], combined(texts, paths[where]) if rows else texts


def _matrix(blobs: Iterable[bytes], count: int, dimension: int) -> NDArray[np.float32]:
    data = np.frombuffer(b"".join(blobs), _STORED)
    if data.size != count * dimension:
        raise Damaged("vectors are missing or of another length")
    return data.astype(np.float32).reshape(count, dimension)
