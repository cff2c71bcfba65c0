"""What a workspace's conversations leave behind, and what of it a new question gets: kept, found again, forgotten.

Turns are embedded with the embedding that ships with DT6, whatever the index uses: it needs no server, so a question
waits for nobody, and nothing said in a conversation is sent anywhere to be remembered. A vector is of the question as
it stands by itself and of how the answer begins.
Not here: the statements (`rows`), how a follow-up is told (`followups`), and what fits into a prompt (`context`).
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING, TypeVar

from dt6_lsp.assistant.citations import check
from dt6_lsp.assistant.fitting import ends
from dt6_lsp.assistant.memory import rows
from dt6_lsp.assistant.memory.followups import Meant, resolve
from dt6_lsp.assistant.memory.model import RECENT, Bound, Kept, Remembered
from dt6_lsp.assistant.memory.places import MOST_CITED, Places, cited, known_names
from dt6_lsp.assistant.memory.vectors import FORM, TurnVectors, of_turn, packed
from dt6_lsp.assistant.turns import History, Turn
from dt6_lsp.errors import Dt6Error, SettingError
from dt6_lsp.workspace.secrets import redact

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.assistant.ask_context import AskContext
    from dt6_lsp.assistant.events import Done
    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.model import Reader
    from dt6_lsp.index.records import Records

T = TypeVar("T")

logger = logging.getLogger(__name__)

OLDER = 3  # earlier ones that bear on the question
LEAST_COSINE = 0.5  # what asks the same is nearer in 96 %, what does not in 1 % (`tests.benchmarks.remembering`)
_POINTED_AT = 3  # turns that a follow-up may mean
_FOLDED = 60  # turns that one summary takes in at most, and whose citations it may repeat
_FOLDED_ANSWER = 2_000  # characters of an answer from which a summary is made
_LONGEST_SUMMARY = 4_000
_LONGEST = 16_000  # characters of a text that are kept: more is a log that was pasted
_GIST = 400
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_CODE = re.compile(r"^(?P<fence>```|~~~).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(r"^#+ .*$|^[>*\s-]+|[`*|]", re.MULTILINE)
_NOTHING = Kept(0, 0, 0)
_UNSAVED = "(The answer was about text that was not saved, so it was not kept.)"


class Memory:
    """Thread-safe; every method blocks, so never for an event loop. Without `records`, or where it is not `keeping`,
    nothing is kept or found; what was kept before can still be forgotten. A file that can't be read or written never
    costs an answer (`index.records`)."""

    def __init__(
        self,
        records: Records | None = None,
        embedder: Callable[[], TextEmbedder] | None = None,
        bound: Bound = Bound(5_000, 20_000_000),  # noqa: B008 - frozen
        *,
        keeping: bool = True,
    ) -> None:
        self._file = records
        self._records = records if keeping else None
        self._embedder = embedder
        self._bound = bound
        self._vectors: TurnVectors | None = None

    @property
    def on(self) -> bool:
        return self._records is not None

    def conversation(self, named: str) -> str:
        """The one that a question belongs to: the one it names, or a new one; "" where nothing is kept."""
        if named and not _NAME.fullmatch(named):
            raise SettingError(
                f"{named[:80]!r} is no name of a conversation.", "Use up to 64 letters, digits, dots and dashes."
            )
        return (named or uuid.uuid4().hex[:12]) if self.on else ""

    def latest(self) -> str:
        """The conversation of the last question in this workspace; "" where there is none."""
        return self._read(rows.latest_conversation, "")

    def resolve(self, question: str, conversation: str, context: AskContext) -> Meant:
        """The question as it stands by itself, by the turns before."""
        nothing: list[Remembered] = []
        turns = self._read(lambda connection: rows.latest(connection, conversation, _POINTED_AT), nothing)
        return resolve(question, turns, selected=bool(context.selection.strip()), open_file=bool(context.path))

    def history(self, conversation: str, meant: Meant, reader: Reader) -> History:
        """What a model should know of what was said. Citations of lines that have changed since are taken out."""
        vector = self._query(meant.question)

        def read(connection: sqlite3.Connection) -> tuple[list[Remembered], list[Remembered], rows.Summary]:
            summary = rows.summary(connection, conversation)
            recent = rows.latest(connection, conversation, RECENT, after=summary.until)
            known = {turn.id for turn in recent}
            older: list[Remembered] = [] if vector is None else self._nearest(connection, vector, known)
            return recent, older, summary

        nothing: tuple[list[Remembered], list[Remembered], rows.Summary] = ([], [], rows.Summary())
        recent, older, summary = self._read(read, nothing)
        places = Places(reader)
        said = check(summary.text, places.current(summary.cited)).text if summary.text else ""
        latest = _told(recent[::-1], places)[::-1]  # where not all can be looked at, their citations count most
        return History(latest, _told(older, places), said)

    def unfolded(self, conversation: str, reader: Reader) -> tuple[str, list[tuple[int, Turn]]]:
        """The summary of a conversation and its turns that are not in it, oldest first, with their numbers."""

        def read(connection: sqlite3.Connection) -> tuple[str, list[Remembered]]:
            summary = rows.summary(connection, conversation)
            return summary.text, rows.between(connection, conversation, summary.until, _FOLDED)

        nothing: tuple[str, list[Remembered]] = ("", [])
        summary, turns = self._read(read, nothing)
        short = (Turn(said.question, ends(said.answer, _FOLDED_ANSWER)) for said in _told(turns, Places(reader)))
        return summary, [(turn.id, said) for turn, said in zip(turns, short, strict=True)]

    def keep_summary(self, conversation: str, text: str, until: int) -> None:
        """`until` is the last turn that the summary takes in."""
        if self._records is not None:
            kept = redact(text)[:_LONGEST_SUMMARY]
            self._records.write(lambda file: rows.set_summary(file, conversation, kept, until), default=False)

    def remember(self, conversation: str, meant: Meant, done: Done, reader: Reader) -> None:
        """Keep a turn, without what looks like a secret. What an editor has not saved reaches no disk: of an answer
        that may quote it, only that there was one is kept. The oldest turns go where it would be too much."""
        if self._records is None:
            return
        turn = Remembered(
            conversation=conversation,
            asked=time.time(),
            question=_kept_text(meant.said),
            meant=_kept_text(meant.question),
            answer=_UNSAVED if reader.unsaved else _kept_text(done.answer),
            intent=done.intent,
            model=done.model,
            names=tuple(map(redact, known_names(meant.question, done.citations, reader))),
            cited=cited(done.citations, reader),
        )
        vector, fingerprint = self._document(turn)
        self._records.write(lambda connection: rows.add(connection, turn, vector, fingerprint, self._bound), 0)

    def forget(self, conversation: str = "") -> Kept:
        """Remove one conversation, or everything; what was removed. Nothing of it stays in the file or beside it."""
        if self._file is None:
            return _NOTHING
        gone = self._file.write(lambda connection: rows.forget(connection, conversation), _NOTHING)
        self._file.scrub(set_aside=not conversation)
        return gone

    def questions(self, conversation: str) -> tuple[str, ...]:
        """Of a conversation, as they stand by themselves."""
        nothing: list[str] = []
        file = self._file
        return tuple(nothing if file is None else file.read(lambda each: rows.questions(each, conversation), nothing))

    def remembers(self, conversation: str) -> bool:
        """SettingError for what can be no name of one."""
        self.conversation(conversation)
        return bool(self.questions(conversation))

    def kept(self) -> Kept:
        return _NOTHING if self._file is None else self._file.read(rows.kept, _NOTHING)

    def _nearest(
        self, connection: sqlite3.Connection, vector: NDArray[np.float32], recent: set[int]
    ) -> list[Remembered]:
        assert self._vectors is not None, "a query has been embedded"
        self._vectors.refresh(connection)
        numbers = [number for number, _ in self._vectors.nearest(vector, OLDER, LEAST_COSINE, recent)]
        found = rows.numbered(connection, numbers)
        return [found[number] for number in numbers if number in found]

    def _query(self, question: str) -> NDArray[np.float32] | None:
        try:
            embedder = self._embedding()
            return None if embedder is None else embedder.query(question[:_LONGEST])
        except Dt6Error as error:
            _without_vectors(error)
            return None

    def _document(self, turn: Remembered) -> tuple[bytes, str]:
        """The vector as it is kept, with the fingerprint of what made it; empty where nothing can."""
        try:
            embedder = self._embedding()
            if embedder is None or self._vectors is None:
                return b"", ""
            vector = of_turn(embedder.documents([turn.meant, gist(turn.answer)]))
            return packed(vector), self._vectors.fingerprint
        except Dt6Error as error:
            _without_vectors(error)
            return b"", ""

    def _embedding(self) -> TextEmbedder | None:
        if self._records is None or self._embedder is None:
            return None
        embedder = self._embedder()
        if self._vectors is None:
            fingerprint = embedder.fingerprint()
            self._vectors = TurnVectors(f"{fingerprint.key}/{FORM}", fingerprint.dimension)
        return embedder

    def _read(self, ask: Callable[[sqlite3.Connection], T], default: T) -> T:
        return default if self._records is None else self._records.read(ask, default)


def _told(turns: Sequence[Remembered], places: Places) -> tuple[Turn, ...]:
    return tuple(Turn(turn.meant, _still_true(turn, places)) for turn in turns)


def _still_true(turn: Remembered, places: Places) -> str:
    """The answer, which was checked when it was written, without citations of lines that are others now."""
    allowed = places.current(turn.cited)
    unchanged = sum(map(len, allowed.values())) == len(turn.cited) < MOST_CITED
    return turn.answer if unchanged else check(turn.answer, allowed).text


def gist(answer: str) -> str:
    """How an answer begins, without code and marks."""
    return " ".join(_MARKS.sub(" ", _CODE.sub("", answer[: 10 * _GIST])).split())[:_GIST]


def _kept_text(text: str) -> str:
    return redact(text)[:_LONGEST]


def _without_vectors(error: Dt6Error) -> None:
    """The turns before can still be meant; only older ones are not found by meaning."""
    logger.warning("Remembered turns are not searched by meaning: %s", error)
