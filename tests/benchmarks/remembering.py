"""`python -m tests.benchmarks.remembering`: what memory adds before a model is called, with 10,000 turns remembered.

Resolving a follow-up and gathering what a model is told, timed apart and together, in a process that has the vectors
already and in one that reads them first; the memory that they take; what keeping a turn takes after an answer; and how
alike turns on one subject are, and those on different ones, beside the threshold for being told.
Not here: packing (`stages`), and how well follow-ups are told (`followups`).
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.events import Citation, Done
from dt6_lsp.assistant.memory import rows
from dt6_lsp.assistant.memory.followups import Meant
from dt6_lsp.assistant.memory.memory import LEAST_COSINE, Memory, gist
from dt6_lsp.assistant.memory.model import Bound, Remembered
from dt6_lsp.assistant.memory.places import cited
from dt6_lsp.assistant.memory.vectors import FORM, of_turn, packed
from dt6_lsp.index.index import Index
from dt6_lsp.index.model import IndexState
from dt6_lsp.index.records import Records
from dt6_lsp.models.base import Usage
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.benchmarks.measure import ROOT, Figure, Measured, arguments, conclude, p50, p95, scratch, spread
from tests.cache_pairs import different, same

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from dt6_lsp.index.model import Hit
    from dt6_lsp.models.embedder import Embedder

TURNS = 10_000
ROUNDS = 200
FOLLOW_UPS = ("and where is that called?", "why?", "show me its tests")
_BOUND = Bound(2 * TURNS, 1_000_000_000)
_CONVERSATION = 20  # turns in each


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--turns", type=int, default=TURNS)
    options = ask.parse_args()

    def work() -> Measured:
        with scratch() as folder:
            return measure(folder, options.turns)

    return conclude("remembering", options.json, work)


def measure(folder: Path, turns: int) -> Measured:
    settings = Settings()
    embedder = build_embedder(settings)
    with closing(embedder), closing(Index.open(ROOT / "dt6_lsp", folder / "store", embedder, settings)) as index:
        index.update()
        _fill(folder, embedder, index, turns)
        return Measured([*_before_a_model(folder, embedder, index, turns), *_alike(embedder, index)])


def _fill(folder: Path, embedder: Embedder, index: Index, turns: int) -> None:
    """Questions that people ask, about the code of DT6, each with an answer of 1,200 characters and two citations; a
    conversation stays with half a dozen files."""
    asked = [pair.a for pair in (*same(), *different())]
    made = []
    for number in range(turns):
        talk = number // _CONVERSATION
        chunks = _cited_in(index, talk, number)
        question = f"{asked[number % len(asked)]} ({chunks[0].symbol})"
        places = [Citation(chunk.path, chunk.start_line, chunk.end_line) for chunk in chunks]
        answer = f"It is {chunks[0].text[:900]} ({places[0]}, {places[1]}). {'See also. ' * 30}"
        names, lines = (chunks[0].symbol,), cited(places, index)
        made.append(Remembered(f"talk-{talk}", 0.0, question, question, answer, "code", "", names, lines))
    vectors = [of_turn(embedder.documents([turn.meant, gist(turn.answer)])) for turn in made]
    key = f"{embedder.fingerprint().key}/{FORM}"

    def write(connection: sqlite3.Connection) -> None:
        for turn, vector in zip(made, vectors, strict=True):
            rows.add(connection, turn, packed(vector), key, _BOUND)

    with closing(Records(folder, (rows.TABLES,))) as records:
        records.write(write, None)
        assert records.notices == ()


def _cited_in(index: Index, talk: int, number: int) -> list[Hit]:
    files = index.files()
    of_talk = [files[(31 * talk + step) % len(files)] for step in range(6)]
    return [(index.chunks(of_talk[number % 6]) or index.chunks("app.py"))[0], index.chunks("app.py")[number % 3]]


def _before_a_model(folder: Path, embedder: Embedder, index: Index, turns: int) -> list[Figure]:
    with closing(Records(folder, (rows.TABLES,))) as records:
        memory = Memory(records, lambda: embedder, _BOUND)
        asked = [pair.a for pair in (*same(), *different())]
        talk = f"talk-{turns // _CONVERSATION - 1}"
        before = time.thread_time()
        memory.history(talk, Meant(asked[0], asked[0]), index)
        cold = time.thread_time() - before
        resolving, gathering = [], []
        for number in range(ROUNDS):
            said = (*FOLLOW_UPS, asked[number % len(asked)])[number % (len(FOLLOW_UPS) + 1)]
            resolving.append(_seconds(partial(memory.resolve, said, talk, AskContext())))
            gathering.append(_seconds(partial(memory.history, talk, memory.resolve(said, talk, AskContext()), index)))
        done = _done(index)
        keeping = [
            _seconds(partial(memory.remember, f"new-{number}", Meant(question, question), done, index))
            for number, question in zip(range(ROUNDS), asked, strict=False)
        ]
        together = spread([one + other for one, other in zip(resolving, gathering, strict=True)])
        kept = memory.kept()
        vectors = memory._vectors
        held = 0 if vectors is None else vectors._rows.nbytes + vectors._numbers.nbytes  # twice what is there at most
    return [
        Figure(f"added before a model with {turns:,} turns, p50", p50(together), "ms", 3.0),
        Figure("  p95", p95(together), "ms"),
        Figure("  of these resolving a question, p50", p50(spread(resolving)), "ms"),
        Figure("  of these gathering what is told, p50", p50(spread(gathering)), "ms"),
        Figure("the first time in a process, which reads the vectors", 1000 * cold, "ms CPU"),
        Figure("keeping a turn after an answer, p50", p50(spread(keeping)), "ms"),
        Figure("memory of the vectors", held / 1e6, "MB", 2 * 4 * 256 * (turns + ROUNDS) / 1e6 + 1),
        Figure("kept in the file, by its own count", kept.bytes / 1e6, "MB"),
    ]


def _done(index: Index) -> Done:
    path = index.files()[0]
    return Done(
        "It is so. " * 100, (Citation(path, 1, 9),), 0, "code", "x", "x", False, Usage(1, 1), IndexState(1, 1, 0)
    )


def _alike(embedder: Embedder, index: Index) -> list[Figure]:
    """Pairs of the response cache's tests: one is asked, the other was answered, with text that is about neither."""
    pairs, paths = same(), index.files()
    answers = [index.chunks(paths[number % len(paths)]) for number in range(len(pairs))]
    gists = embedder.documents([gist("\n".join(chunk.text for chunk in chunks)) for chunks in answers])
    asked, known = (embedder.documents([getattr(pair, side) for pair in pairs]) for side in ("a", "b"))
    turns = np.stack([of_turn(np.stack(both)) for both in zip(known, gists, strict=True)])
    cosines = asked @ (turns / np.linalg.norm(turns, axis=1, keepdims=True)).T
    own = np.eye(len(pairs), dtype=bool)
    return [
        Figure(
            f"told at {LEAST_COSINE}: the same in other words", 100 * _share(cosines[own]), "%", 90.0, at_least=True
        ),
        Figure("  any other question", 100 * _share(cosines[~own]), "%", 2.0),
    ]


def _share(cosines: NDArray[np.float32]) -> float:
    return float((cosines >= LEAST_COSINE).mean())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
