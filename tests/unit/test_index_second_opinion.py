"""Another embedding model than the built-in one: the built-in one still has a say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dt6_lsp.index.candidates import candidates
from dt6_lsp.index.question import Question
from dt6_lsp.index.second_opinion import SecondOpinion
from dt6_lsp.index.store import Store
from dt6_lsp.index.terms import Terms
from dt6_lsp.settings import Settings
from tests.index_fixtures import FakeEmbedder, opened, write

if TYPE_CHECKING:
    from pathlib import Path

DELETES = "def unlink(path):\n    os.remove(path)\n    shutil.rmtree(path.parent)\n"
SENDS = "def post(letter):\n    socket.connect(address)\n    socket.send(letter.text)\n"
DRAWS = "def paint(canvas):\n    canvas.circle(radius, colour)\n    canvas.stroke()\n"


def test_candidates_are_judged_by_both_models_on_the_scale_of_the_chosen_one(tmp_path: Path) -> None:
    root, store = tmp_path / "root", tmp_path / "store"
    write(root, {"one.py": DRAWS, "two.py": DELETES})
    with opened(root, store) as index:
        index.update()
    with_store = Store.open(store, root)
    chunks = with_store.ask(candidates, [1, 2])
    draws, deletes = sorted(chunks, key=lambda chunk_id: chunks[chunk_id].path)

    mixed = SecondOpinion(with_store).joined("how files are deleted", chunks, {draws: 0.4, deletes: 0.3, 99: 0.35})
    with_store.close()

    assert mixed[deletes] > mixed[draws]
    assert all(0.3 <= mixed[chunk_id] <= 0.4 for chunk_id in chunks)
    assert mixed[99] == 0.35


def test_chunks_of_a_ledger_that_was_begun_anew_are_not_taken_for_those_before(tmp_path: Path) -> None:
    root, query, meaning = tmp_path / "root", "how files are deleted", {1: 0.4, 2: 0.3}
    write(root, {"one.py": DRAWS, "two.py": DELETES})
    with opened(root, tmp_path / "store") as index:
        index.update()
        opinion = SecondOpinion(index._store)
        before = opinion.joined(query, index._store.ask(candidates, meaning), meaning)
        index._store.ledger.set_aside("was damaged")
        write(root, {"one.py": DELETES, "two.py": DRAWS})
        index.update()
        chunks = index._store.ask(candidates, meaning)
        after = opinion.joined(query, chunks, meaning)

        assert after == SecondOpinion(index._store).joined(query, chunks, meaning) != before


def test_search_with_another_backend_asks_the_built_in_model_too(tmp_path: Path) -> None:
    root, settings = tmp_path / "root", Settings()
    write(root, {"one.py": DRAWS, "two.py": DELETES, "three.py": SENDS})
    other = replace(settings, embedding=replace(settings.embedding, backend="sentence-transformers"))

    with opened(root, tmp_path / "store", FakeEmbedder(), other) as index:
        index.update()
        seen = index._searcher.evidence(Question.of("erase the circle of folders on disk", Terms())).meaning
    with opened(root, tmp_path / "store", FakeEmbedder(), settings) as index:
        alone = index._searcher.evidence(Question.of("erase the circle of folders on disk", Terms())).meaning

    assert seen.keys() == alone.keys()
    assert seen != alone
