"""What the index answers with, in an editor's terms: path, line, text. No protocol types, no rows of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.syntax.model import Kind


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk that search found. `score` is comparable within one list of hits only; higher is better."""

    path: str
    start_line: int
    end_line: int
    symbol: str
    kind: Kind
    score: float
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol and where it is."""

    path: str
    language: str
    name: str
    container: str
    kind: Kind
    start_line: int
    end_line: int
    name_line: int
    name_column: int
    signature: str
    doc: str

    @property
    def qualified(self) -> str:
        return f"{self.container}.{self.name}" if self.container else self.name


@dataclass(frozen=True, slots=True)
class Use:
    """A reference, with the definition that it stands in ("" at the top of a file)."""

    path: str
    line: int
    column: int
    inside: str


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """`phase` is scanning, indexing, syncing or done. `done`/`total` count files (chunks while syncing) and never lie:
    `total` is 0 until it is known."""

    phase: str
    done: int
    total: int
    path: str = ""
    report: IndexReport | None = None  # with the last one


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The result of an index run, over the whole workspace as it is now."""

    files: int
    chunks: int
    skipped: Mapping[str, int]
    languages: Mapping[str, int]
    model: str
    dimension: int
    seconds: float
    chunks_per_second: float
    vectors_synced: int
    changed: int = 0  # files that were read and parsed by this run
    removed: int = 0
    problems: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class IndexState:
    """How much of the workspace an answer has seen."""

    files: int
    indexed: int
    stale: int
