"""The answers that are kept of a workspace, and which of them may be served.

One is served to a question that asks the same (`identity`), of the same model at the same server, with the same prompts
and the same text selected or named; while it is young, while all that it cites stands as it was, and while the index
holds hardly more files than it saw. Answers that hold a secret are not kept. Every process that has the workspace open
shares them; a file that can't be read or written never costs an answer (`index.records`).
Not here: when it is asked (`serving`).
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.cache import rows
from dt6_lsp.assistant.cache.evidence import standing
from dt6_lsp.assistant.cache.identity import called_differently, judge
from dt6_lsp.assistant.cache.meaning import Meanings
from dt6_lsp.assistant.cache.rows import Bound, Entry, Held
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from dt6_lsp.assistant.cache.evidence import Evidence
    from dt6_lsp.assistant.cache.meaning import Meaning
    from dt6_lsp.assistant.events import Done
    from dt6_lsp.assistant.parts import Passage
    from dt6_lsp.assistant.turns import Turn
    from dt6_lsp.index.model import Hit, Reader
    from dt6_lsp.index.records import Records

DEFAULT = Bound(1_000, 10_000_000, 7 * 24 * 3600.0)
GROWTH = 1.05  # so many times the files that an answer saw: beyond, others may answer better
_NOTHING = Held(0, 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """What must be the same beside the question. `given` is what the user selected or named, `map_text` the map of the
    workspace where the question is one for it, `answer_tokens` how long an answer may be, `place` the open file and
    line where the question points there ("this function")."""

    backend: str
    url: str
    model: str
    given: tuple[Passage, ...] = ()
    map_text: str = ""
    answer_tokens: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question as the cache knows it; `identity` is the same for all that may have the same answer."""

    question: str
    meaning: Meaning
    identity: str


@dataclass(frozen=True, slots=True)
class Found:
    """A kept answer, and the chunks that it rests on as they are now."""

    entry: Entry
    hits: tuple[Hit, ...]


class Answers:
    """Thread-safe; every method but `wanted` blocks. Without `records`, or where it is not `keeping`, nothing is kept
    or found; what was kept before can still be forgotten."""

    def __init__(
        self,
        records: Records | None = None,
        bound: Bound = DEFAULT,
        clock: Callable[[], float] = time.time,
        *,
        keeping: bool = True,
    ) -> None:
        self._file = records
        self._records = records if keeping else None
        self._bound = bound
        self._clock = clock
        self._meanings: Meanings | None = None

    @property
    def on(self) -> bool:
        return self._records is not None

    def wanted(self, question: str, scope: Scope) -> Wanted | None:
        """None for a question that asks nothing."""
        meaning = self._meaning(question)
        return Wanted(question, meaning, _identity(meaning, scope)) if meaning.parts else None

    def others(self, question: str, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """Without those that asked the same: what they were answered is kept and served, or does not stand any more."""
        if self._records is None:
            return tuple(turns)
        asked = self._meaning(question)
        return tuple(turn for turn in turns if not judge(asked, self._meaning(turn.question)).same)

    def find(self, wanted: Wanted, indexed: int, reader: Reader) -> Found | None:
        """`indexed` is how many files the index has now."""
        if self._records is None:
            return None
        since = self._clock() - self._bound.seconds
        none: list[Entry] = []
        for entry in self._records.read(lambda connection: rows.find(connection, wanted.identity, since), none):
            if called_differently(wanted.meaning.labels, entry.labels) or indexed > entry.indexed * GROWTH:
                continue
            hits = standing(entry.evidence, reader)
            if hits is not None:
                return Found(entry, hits)
        return None

    def keep(self, wanted: Wanted, done: Done, proof: Sequence[Evidence]) -> bool:
        """Whether it was kept."""
        if self._records is None or redact(done.answer) != done.answer or redact(wanted.question) != wanted.question:
            return False
        entry = Entry(
            question=wanted.question,
            labels=wanted.meaning.labels,
            made=self._clock(),
            intent=done.intent,
            backend=done.backend,
            model=done.model,
            answer=done.answer,
            citations=done.citations,
            evidence=tuple(proof),
            indexed=done.index.indexed,
        )
        return self._records.write(
            lambda connection: rows.add(connection, wanted.identity, entry, self._bound), default=False
        )

    def entries(self) -> list[Entry]:
        """Those that are young enough to be served, the newest first."""
        none: list[Entry] = []
        since = self._clock() - self._bound.seconds
        found = none if self._records is None else self._records.read(rows.entries, none)
        return [entry for entry in found if entry.made >= since]

    def forget(self, questions: Collection[str]) -> None:
        """Forget the answers to questions of a conversation that is forgotten."""
        if self._file is not None and questions:
            self._file.write(lambda connection: rows.forget(connection, questions), None)

    def clear(self) -> Held:
        """Forget all; what that was. Nothing of it stays in SQLite's log."""
        if self._file is None:
            return _NOTHING
        gone = self._file.write(rows.clear, _NOTHING)
        self._file.scrub(set_aside=False)
        return gone

    def _meaning(self, question: str) -> Meaning:
        if self._meanings is None:
            self._meanings = Meanings()
        return self._meanings.of(question)


def _identity(meaning: Meaning, scope: Scope) -> str:
    whole = [meaning.parts, meaning.names, asdict(scope), prompts.edition()]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()
