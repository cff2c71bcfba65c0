"""What the index answers with, in an editor's terms: path, line, text. No protocol types, no rows of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.index.graph import ImportGraph
    from dt6_lsp.syntax.model import Import, Kind


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


class Version(NamedTuple):
    """Of what is saved, and of texts that are not ("" without any). Only for comparing."""

    saved: object
    unsaved: object = ""


class NameUse(NamedTuple):
    """The file `source` uses a name `uses` times that the file `target` defines; others may define it as well.
    `member`: there it is defined inside of something, and nowhere at the top."""

    name: str
    source: str
    target: str
    uses: int
    member: bool


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """`phase` is waiting (for another process that indexes), scanning, indexing, embedding, syncing or done.
    `done`/`total` count files (chunks while embedding and syncing) and never lie: `total` is 0 until it is known."""

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


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk. `vectors` are a part of the ledger; `total` counts everything, locks and marks too."""

    ledger: int = 0
    vectors: int = 0
    chroma: int = 0
    set_aside: int = 0  # a ledger that was damaged or of another version
    total: int = 0


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What one root's index holds. `sizes` are of its data folder; `vectors_synced` of the `vectors` are in ChromaDB;
    the others are searched in memory."""

    root: str
    files: int
    chunks: int
    symbols: int
    languages: Mapping[str, int]
    model: str
    dimension: int
    vectors_synced: int
    writer: bool
    notices: tuple[str, ...] = ()
    references: int = 0
    vectors: int = 0  # chunks that dense search can find
    sizes: Sizes = Sizes()


class Reader(Protocol):
    """What may be asked of an index, of one root or of several. Blocking and thread-safe; never for an event loop.
    `unsaved`: it answers from texts, too, that an editor has not saved."""

    @property
    def unsaved(self) -> bool: ...

    def search(self, query: str, n: int = 10, near: str = "") -> list[Hit]: ...

    def symbols(self, query: str, limit: int = 50) -> list[Definition]: ...

    def definitions(self, name: str, near: str = "", limit: int = -1) -> list[Definition]:
        """Of a root at most `limit` (all: -1), those in the file `near` first, then by path."""
        ...

    def uses(self, name: str, limit: int = 200) -> list[Use]: ...

    def count_uses(self, name: str) -> int: ...

    def name_uses(self) -> list[NameUse]:
        """Which files use what other files of their root define, of all names that only a few files define."""
        ...

    def outline(self, path: str) -> list[Definition]: ...

    def defined_in(self, path: str, first: int, last: int) -> list[Definition]:
        """The part of `outline` whose names are on these lines."""
        ...

    def imports(self, path: str) -> list[Import]: ...

    def graph(self) -> ImportGraph:
        """Which file imports which."""
        ...

    def files(self) -> list[str]: ...

    def chunks(self, path: str) -> list[Hit]: ...

    def related(self, path: str, symbol: str, line: int, n: int) -> list[Hit]:
        """The chunks nearest in meaning to that of the definition `symbol` at this line, as they are saved, with their
        cosines; of the same root."""
        ...

    def state(self) -> IndexState: ...

    def version(self) -> Version:
        """Equal as long as no file in the index has changed."""
        ...


class LiveReader(Reader, Protocol):
    def over(self, texts: Mapping[str, str]) -> Reader:
        """What answers as if these texts, by path, were saved."""
        ...
