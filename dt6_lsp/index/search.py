"""Hybrid search: gathers evidence by words (BM25 of FTS5), by meaning (cosine of vectors) and by name (definitions),
and has it ranked.

Not here: the order (`ranking`), the vectors (`vectors`), how words are split (`terms`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from dt6_lsp.errors import Dt6Error
from dt6_lsp.index.candidates import candidates, hits
from dt6_lsp.index.nearness import nearness
from dt6_lsp.index.path_facts import PathFacts
from dt6_lsp.index.question import CAPITAL_NAME, Question
from dt6_lsp.index.ranking import WEIGHTS, Defines, Evidence, Weights, rank
from dt6_lsp.index.rows import listed
from dt6_lsp.index.terms import Terms
from dt6_lsp.syntax.languages import TEXT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Container, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from dt6_lsp.index.embedding import TextEmbedder
    from dt6_lsp.index.model import Hit
    from dt6_lsp.index.second_opinion import SecondOpinion
    from dt6_lsp.index.store import Store
    from dt6_lsp.index.vectors import DenseIndex

BY_WORDS = 150
_COMMON = 0.1  # of all chunks: a term that more of them have is left out,
_FEW = 1_000  # unless no more than these have it
_MOST_SCORED = 5_000
_CODE_AT_LEAST = 50  # of the chunks found by words, where there are so many: articles repeat names more than code does
_PROSE = ("markdown", TEXT)
BY_MEANING = 80
_BY_NAME = 100  # definitions of one name; a name with more of them tells little
COLUMNS = (1.0, 5.0, 2.0)  # weights of body, path and symbol in BM25
_BM25 = f"-bm25(fts, {', '.join(map(str, COLUMNS))})"
_IS_CODE = f"""AND (SELECT f.language FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id = fts.rowid)
  NOT IN ({", ".join(f"'{language}'" for language in _PROSE)})"""
_OF_NAME = "SELECT file_id, name_line, name, container, kind FROM symbols WHERE folded = ?1 AND kind"
_NAMED = f"""{_OF_NAME} NOT IN ('section', 'key') UNION ALL {_OF_NAME} IN ('section', 'key') LIMIT ?2"""
_PATHS_REMEMBERED = 20_000
_AT_ONCE = 4  # searches


class Beside(Protocol):
    """Chunks that are searched together with the ledger's, and are not in it: unsaved texts."""

    def joined(
        self, evidence: Evidence, question: Question, vector: NDArray[np.float32] | None, near: str
    ) -> Evidence: ...

    def hits(self, scores: Mapping[int, float]) -> list[Hit]: ...


class Searcher:
    """Thread-safe. Without vectors, or while the model does not answer, it goes by words."""

    def __init__(
        self,
        store: Store,
        dense: DenseIndex,
        embedder: TextEmbedder,
        second: SecondOpinion | None = None,
        weights: Weights = WEIGHTS,
    ) -> None:
        self._store, self._dense, self._embedder, self._weights = store, dense, embedder, weights
        self._second = second
        self._terms = Terms()
        self._facts: dict[str, PathFacts] = {}
        self._beside = ThreadPoolExecutor(_AT_ONCE, "dt6-words")

    def close(self) -> None:
        """It can't be used afterwards."""
        self._beside.shutdown()

    def search(self, query: str, n: int, near: str, beside: Beside | None = None) -> list[Hit]:
        """As `Reader.search`."""
        question = Question.of(query, self._terms)
        if not question.terms:
            return []
        vector = self._embed(question.text)
        evidence = self._evidence(question, vector, near)
        if beside is not None:
            evidence = beside.joined(evidence, question, vector, near)
        best = dict(rank(question, evidence, self.facts, self._terms, self._weights)[:n])
        found = self._store.ask(hits, best)
        return found if beside is None else sorted([*found, *beside.hits(best)], key=lambda hit: -hit.score)

    def evidence(self, question: Question, near: str = "") -> Evidence:
        return self._evidence(question, self._embed(question.text), near)

    def _evidence(self, question: Question, vector: NDArray[np.float32] | None, near: str) -> Evidence:
        if vector is None:
            return self._store.ask(gather, question, {}, near)
        if not self._dense.takes_long():
            meaning = self._dense.search(vector, BY_MEANING)
            evidence = self._store.ask(gather, question, meaning, near)
        else:  # SQLite, numpy and a pipe all let another thread run
            words = self._beside.submit(self._store.ask, by_words, question)
            meaning = self._dense.search(vector, BY_MEANING)
            evidence = self._store.ask(gather, question, meaning, near, words.result())
        rest = [chunk_id for chunk_id in evidence.chunks if chunk_id not in meaning]
        meaning = {**meaning, **self._dense.scores(vector, rest)}
        if self._second is not None:
            meaning = self._second.joined(question.text, evidence.chunks, meaning)
        return replace(evidence, meaning=meaning)

    def facts(self, path: str) -> PathFacts:
        facts = self._facts.get(path)
        if facts is None:
            if len(self._facts) >= _PATHS_REMEMBERED:
                self._facts = {}
            facts = self._facts[path] = PathFacts.of(path, self._terms)
        return facts

    def _embed(self, query: str) -> NDArray[np.float32] | None:
        """None while there are no vectors that this model's could be compared with."""
        stored = self._dense.fingerprint()
        if stored is None:
            return None
        try:
            return self._embedder.query(query) if self._embedder.fingerprint().key == stored.key else None
        except Dt6Error as error:
            self._store.notice(f"Search goes by words only for now: {error}")
            return None


def gather(
    connection: sqlite3.Connection,
    question: Question,
    meaning: Mapping[int, float],
    near: str,
    words: Mapping[int, float] | None = None,
) -> Evidence:
    """All evidence but the cosines of chunks that were found otherwise. `words` are searched for where not given."""
    words = by_words(connection, question) if words is None else words
    chunks = candidates(connection, words)
    if len(words) >= BY_WORDS and sum(chunk.language not in _PROSE for chunk in chunks.values()) < _CODE_AT_LEAST:
        # In a workspace that is mostly prose the best chunks may all be prose: then the best of code join them.
        words = {**words, **by_words(connection, question, _CODE_AT_LEAST, _IS_CODE)}
    sure = {name.text.lower(): None for name in question.names if name.sureness >= CAPITAL_NAME}
    plain = {name.text.lower(): None for name in question.names if name.sureness < CAPITAL_NAME}
    named = by_name(connection, sure)
    others = {**words, **meaning, **dict.fromkeys(found.chunk_id for found in named)}
    chunks.update(candidates(connection, others.keys() - chunks.keys()))
    files = {chunk.file_id for chunk in chunks.values()}
    named += by_name(connection, plain, files)
    sizes = _sizes(connection, files)
    return Evidence(chunks, words, meaning, named, sizes, nearness(connection, near, files) if near else {})


def by_words(
    connection: sqlite3.Connection,
    question: Question,
    n: int = BY_WORDS,
    among: str = "",
    most: int = _MOST_SCORED,
) -> dict[int, float]:
    """Chunk ids with their BM25 score (higher is better), best first. Where more than `most` would have to be scored,
    those are left out that have nothing but the more common of the question's terms."""
    uses = {term: count for term, count in term_uses(connection, question).items() if count}
    if not uses:
        return {}
    total = list(accumulate(uses.values()))
    rare = list(uses)[: max(1, sum(scored <= most for scored in total))]
    others = list(uses)[len(rare) :]
    found = _scored(connection, _any(rare), n, among)
    if others:  # again, with all that their score is made of
        found |= _scored(connection, f"({_any(rare)}) AND ({_any(others)})", n, among)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:n])


def term_uses(connection: sqlite3.Connection, question: Question) -> dict[str, int]:
    """How many chunks have each of the question's terms, the rarest first. Left out are the terms that a good part of
    all chunks has: they add almost nothing to a score, and scoring all those chunks would be most of the work of a
    search."""
    select = "SELECT count(*) FROM (SELECT 1 FROM fts WHERE fts MATCH ? LIMIT ?)"
    few = int(max(_FEW, _COMMON * connection.execute("SELECT count(*) FROM chunks").fetchone()[0]))

    def counted(limit: int) -> dict[str, int]:
        terms = dict.fromkeys((*question.terms, *question.compounds))
        uses = {term: int(connection.execute(select, (_any([term]), limit)).fetchone()[0]) for term in terms}
        return dict(sorted(uses.items(), key=lambda item: item[1]))

    telling = {term: count for term, count in counted(few + 1).items() if count <= few}
    return telling if any(telling.values()) else counted(-1)


def _scored(connection: sqlite3.Connection, match: str, n: int, among: str) -> dict[int, float]:
    select = f"SELECT rowid, {_BM25} AS score FROM fts WHERE fts MATCH ? {among} ORDER BY score DESC LIMIT ?"
    return dict(connection.execute(select, (match, n)).fetchall())


def _any(terms: Iterable[str]) -> str:
    return " OR ".join(f'"{term}"' for term in terms)


def by_name(
    connection: sqlite3.Connection, folded: Iterable[str], files: Container[int] | None = None
) -> list[Defines]:
    """Definitions of these names, whatever their case, with the chunks in which they begin; with `files`, those in
    them only. Headings of prose and keys of data come last, of which there may be any number."""
    begins = "SELECT id FROM chunks WHERE file_id = ? AND start_line <= ? ORDER BY start_line DESC LIMIT 1"
    found: list[Defines] = []
    for name in folded:
        for file_id, line, *definition in connection.execute(_NAMED, (name, _BY_NAME)).fetchall():
            if files is None or file_id in files:
                row = connection.execute(begins, (file_id, line)).fetchone()
                found += [Defines(row[0], *definition)] if row else ()
    return found


def _sizes(connection: sqlite3.Connection, file_ids: Collection[int]) -> dict[int, int]:
    """How many chunks each of these files has."""
    select = """SELECT file_id, count(*) FROM chunks WHERE file_id IN (SELECT value FROM json_each(?))
      GROUP BY file_id"""
    return dict(connection.execute(select, (listed(file_ids),)).fetchall())
