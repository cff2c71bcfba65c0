"""Killing an index run with SIGKILL at a moment of a given part of its work, starting anew, and telling what is wrong
then: rows lost or there twice, vectors, ChromaDB, or answers that are not those of a fresh index."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.index import candidates, vector_rows
from tests.index_fixtures import LONG_AGO, FakeEmbedder, chroma_ids, chunk_ids, function, ledger, opened, rows, write

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from dt6_lsp.index.index import Index
    from dt6_lsp.index.model import Hit

PHASES = ("opened", "scanning", "indexing", "collecting", "embedding", "syncing", "compacting", "closing", "tidying")
FILES = 150
_MODELS = ("one", "two")
_ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
_CLOSE = 0.001  # cosines that were rounded in other ways
_LONGEST = {
    "indexing": 0.4,
    "collecting": 0.1,
    "embedding": 0.1,
    "syncing": 0.6,
    "compacting": 0.05,
    "closing": 0.1,
    "tidying": 0.2,
}


def run_and_kill(root: Path, store: Path, model: str, phase: str, seconds: float) -> bool:
    """Kills a run `seconds` after it first says `phase`; whether it was still alive then."""
    command = [sys.executable, "-m", "tests.victim", str(root), str(store), model]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_ENV) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == phase:
                break
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return True
    return False


@dataclass
class Lives:
    """A workspace that changes, and an index of it that is killed again and again."""

    folder: Path
    chances: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    model: str = _MODELS[0]
    round: int = 0
    names: dict[int, str] = field(default_factory=dict)  # defined now, by the number of the file
    longest: dict[str, float] = field(default_factory=lambda: {phase: _LONGEST.get(phase, 0.05) for phase in PHASES})

    @property
    def root(self) -> Path:
        return self.folder / "work"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def kill(self, phase: str) -> bool:
        """Changes the workspace and kills the run that follows; False when that was over before."""
        self._change()
        moment = self.chances.uniform(0, self.longest[phase])
        if run_and_kill(self.root, self.store, self.model, phase, moment):
            self.killed[phase] += 1
            self.longest[phase] = min(self.longest[phase] * 1.1, 2.0)
            return True
        self.longest[phase] = max(moment, 0.01)
        return False

    def _change(self) -> None:
        """Half of the files; sometimes the model too. Old vectors are due to be collected at each run."""
        self.round += 1
        files: dict[str, str | bytes] = {"pkg/always.py": function(f"round_{self.round}")}
        for number in range(FILES):
            path = self.root / "pkg" / f"f{number}.py"
            fate = self.chances.random()
            if fate < 0.1 and path.exists():
                path.unlink()
                del self.names[number]
            elif fate < 0.5 or self.round == 1:
                name = self.names[number] = f"name_{number}_{self.round}"
                files[f"pkg/f{number}.py"] = function(name) + "\n\n" + function(name + "_b")
        write(self.root, files, at=LONG_AGO + self.round)
        if self.chances.random() < 0.1:
            self.model = self.chances.choice(_MODELS)
        if self.round > 1:
            _make_due(self.store, trim=self.chances.random() < 0.2)

    def restarted(self) -> str:
        """What is wrong after an ordinary start and run; "" when nothing is."""
        names = [*self.chances.sample(sorted(self.names.values()), 5), f"round_{self.round}"]
        fresh = self.folder / f"fresh-{self.round}"
        with opened(self.root, fresh, FakeEmbedder(self.model)) as index:
            index.update()
            expected = [_found(index, name) for name in names]
        with opened(self.root, self.store, FakeEmbedder(self.model)) as index:
            index.search(names[0])  # whatever it finds before the run, it answers
            report = index.update(wait_sync=True)
            found = [_found(index, name) for name in names]
            said, synced = index.notices, report.vectors_synced == report.chunks
            self.notices.update(notice.split(" It said")[0] for notice in said)
        checks = {
            "rows": rows(self.store) == rows(fresh),
            "vectors": _vectors(self.store) == _vectors(fresh),
            f"synced ({', '.join(said)})": synced,
            "ChromaDB": synced and chroma_ids(self.store) == set(chunk_ids(self.store)),
            **{
                f"search for {name}: {one}, not {other}": one.agrees(other)
                for name, one, other in zip(names, found, expected, strict=True)
            },
            "integrity": _is_whole(self.store),
            "problems": not report.problems,
        }
        return ", ".join(name for name, right in checks.items() if not right)


@dataclass(frozen=True)
class Found:
    """What search puts first, and the chunks that are nearest by meaning, with their cosines. (The hits behind the
    first are as good as chance: these files are much alike.)"""

    first: str
    near: Mapping[tuple[str, int], float]

    def agrees(self, other: Found) -> bool:
        """But for those at the end, which may be some of many that are equally near."""
        return self.first == other.first and self._holds(other) and other._holds(self)

    def _holds(self, other: Found) -> bool:
        least = min(other.near.values()) + _CLOSE
        near = ((place, cosine) for place, cosine in other.near.items() if cosine > least)
        return all(abs(self.near.get(place, 0.0) - cosine) < _CLOSE for place, cosine in near)


def _found(index: Index, query: str) -> Found:
    near = index._dense.search(FakeEmbedder(index.stats().model).query(query), 30)
    places = {chunk_id: (hit.path, hit.start_line) for chunk_id, hit in zip(near, _hits(index, near), strict=True)}
    return Found(index.search(query, 1)[0].path, {places[chunk_id]: cosine for chunk_id, cosine in near.items()})


def _hits(index: Index, scores: Mapping[int, float]) -> list[Hit]:
    return index._store.ask(candidates.hits, scores)


def _make_due(store: Path, *, trim: bool) -> None:
    """The collection of unused vectors is due; with `trim` the log is long enough to be cut, too."""
    with ledger(store) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]:
            return  # killed before it had made its tables
        connection.execute("INSERT OR REPLACE INTO meta VALUES('collect_at', '0')")
        if trim:
            connection.execute("UPDATE sqlite_sequence SET seq = seq + 50000 WHERE name = 'vector_log'")


def _vectors(store: Path) -> dict[tuple[str, int], bytes]:
    """Every chunk's search vector, by file and place in it."""
    with ledger(store) as connection:
        fingerprint = vector_rows.current_fingerprint(connection)
        assert fingerprint is not None
        ids, matrix = vector_rows.all_vectors(connection, fingerprint)
        places = connection.execute("SELECT c.id, f.path, c.ordinal FROM chunks c JOIN files f ON f.id = c.file_id")
        where = {chunk_id: (path, ordinal) for chunk_id, path, ordinal in places}
    return {where[chunk_id]: row.tobytes() for chunk_id, row in zip(ids, matrix, strict=True)}


def _is_whole(store: Path) -> bool:
    with ledger(store) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
