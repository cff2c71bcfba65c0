"""Which kept answers are served, and which are not any more."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.cache import rows
from dt6_lsp.assistant.cache.answers import Answers, Scope
from dt6_lsp.assistant.cache.evidence import Evidence, evidence
from dt6_lsp.assistant.cache.rows import Bound
from dt6_lsp.assistant.events import Citation, Done
from dt6_lsp.assistant.parts import Passage
from dt6_lsp.index.records import Records
from dt6_lsp.models.base import Usage
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION = 'def {name}():\n    """Does {name}."""\n    return {value}\n'
FILES = {f"app/{name}.py": FUNCTION.format(name=name, value=1) for name in ("one", "two", "three")}
QUESTION, PARAPHRASE, OTHER = "Where is one_a set?", "where do we set one_a?", "Where is one_b set?"
SCOPE = Scope("ollama", "http://127.0.0.1:1", "m")
ROOMY = Bound(100, 1_000_000, 60.0)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Cache:
    """The kept answers of a workspace, by one process of those that have it open."""

    folder: Path
    bound: Bound = ROOMY
    clock: Clock = field(default_factory=Clock)
    reader: FakeReader = field(default_factory=lambda: FakeReader(dict(FILES)))

    def __post_init__(self) -> None:
        self.records = Records(self.folder, (rows.TABLES,))
        self.answers = Answers(self.records, self.bound, self.clock)

    def close(self) -> None:
        self.records.close()

    def keep(
        self, question: str, answer: str = "So.", cited: tuple[str, ...] = ("app/one.py",), scope: Scope = SCOPE
    ) -> bool:
        wanted = self.answers.wanted(question, scope)
        citations = tuple(Citation(path, 1, 2) for path in cited)
        proof = evidence(citations, self.reader, lambda chunk: True)
        assert wanted is not None
        assert proof is not None
        state = self.reader.state()
        done = Done(answer, citations, 0, "code", scope.backend, scope.model, False, Usage(9, 9), state)
        return self.answers.keep(wanted, done, proof)

    def find(self, question: str, scope: Scope = SCOPE) -> str | None:
        wanted = self.answers.wanted(question, scope)
        assert wanted is not None
        found = self.answers.find(wanted, self.reader.state().indexed, self.reader)
        return found.entry.answer if found else None


@pytest.fixture(name="cache")
def _cache(tmp_path: Path) -> Iterator[Cache]:
    with closing(Cache(tmp_path)) as cache:
        yield cache


def test_who_asks_the_same_in_other_words_gets_the_answer_and_nobody_else(cache: Cache) -> None:
    assert cache.keep(QUESTION)
    assert (cache.find(QUESTION), cache.find(PARAPHRASE), cache.find(OTHER)) == ("So.", "So.", None)


def test_it_is_there_for_another_process_and_the_next_one(cache: Cache, tmp_path: Path) -> None:
    with closing(Cache(tmp_path)) as other:
        cache.keep(QUESTION)
        assert other.find(PARAPHRASE) == "So."
        other.keep(OTHER, "Not so.")
    assert cache.find(OTHER) == "Not so."


@pytest.mark.parametrize(
    "scope",
    [
        replace(SCOPE, model="another"),
        replace(SCOPE, backend="openai"),
        replace(SCOPE, url="http://127.0.0.1:2"),
        replace(SCOPE, answer_tokens=2_048),
        replace(SCOPE, place="app/two.py:1-1"),
        replace(SCOPE, given=(Passage("app/two.py", 1, 1, "def two():"),)),
    ],
    ids=["model", "backend", "server", "length", "place", "selection"],
)
def test_what_else_must_be_the_same(cache: Cache, scope: Scope) -> None:
    cache.keep(QUESTION)
    assert cache.find(QUESTION, scope) is None


def test_other_prompts_make_other_answers(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.keep(QUESTION)
    monkeypatch.setattr("dt6_lsp.assistant.prompts.edition", lambda: "another")
    assert cache.find(QUESTION) is None


def test_what_a_name_was_called_is_held_against_it_only_where_both_say_it(cache: Cache) -> None:
    cache.keep("Where is the class one_a set?")
    assert cache.find("Where is one_a set?") == "So."
    assert cache.find("Where is the file one_a set?") is None


def test_a_newer_answer_takes_the_place_of_the_older(cache: Cache) -> None:
    cache.keep(QUESTION, "Old.")
    cache.clock.now += 1
    cache.keep(PARAPHRASE, "New.")
    assert [entry.answer for entry in cache.answers.entries()] == ["New."]


def test_it_is_served_until_its_time_is_over(cache: Cache) -> None:
    cache.keep(QUESTION)
    cache.clock.now += ROOMY.seconds
    assert cache.find(QUESTION) == "So."
    cache.clock.now += 0.1
    assert cache.find(QUESTION) is None
    assert cache.answers.entries() == []


def test_what_is_too_old_goes_when_another_is_kept(cache: Cache) -> None:
    cache.keep(QUESTION)
    cache.clock.now += ROOMY.seconds + 1
    cache.keep(OTHER)
    assert cache.answers.clear().entries == 1


def test_files_that_came_since_may_answer_better(cache: Cache) -> None:
    cache.keep(QUESTION)
    cache.reader.files_by_path["app/four.py"] = FUNCTION.format(name="four", value=4)
    assert cache.find(QUESTION) is None


@pytest.mark.parametrize(
    "text",
    ["", "# moved\n" + FILES["app/one.py"], FILES["app/one.py"].replace("return 1", "return 2")],
    ids=["emptied", "moved", "edited"],
)
def test_an_answer_dies_with_what_it_cites(cache: Cache, text: str) -> None:
    cache.keep(QUESTION)
    cache.reader.files_by_path["app/one.py"] = text
    assert cache.find(QUESTION) is None


def test_an_answer_dies_when_a_file_that_it_cites_is_renamed_and_lives_when_another_is_changed(cache: Cache) -> None:
    cache.keep(QUESTION)
    cache.reader.files_by_path["app/two.py"] = "changed = True\n"
    assert cache.find(QUESTION) == "So."
    cache.reader.files_by_path["app/uno.py"] = cache.reader.files_by_path["app/one.py"]
    cache.reader.files_by_path["app/one.py"] = ""
    assert cache.find(QUESTION) is None


CITED = st.sets(st.sampled_from(sorted(FILES)), min_size=1)


@given(cited=CITED, changed=st.sampled_from(sorted(FILES)), value=st.integers(2, 99))
def test_editing_any_cited_chunk_and_only_that_kills(cited: set[str], changed: str, value: int) -> None:
    with TemporaryDirectory() as folder, closing(Cache(Path(folder))) as cache:
        cache.keep(QUESTION, cited=tuple(sorted(cited)))
        name = Path(changed).stem
        cache.reader.files_by_path[changed] = FUNCTION.format(name=name, value=value)
        assert (cache.find(QUESTION) is None) == (changed in cited)


@given(cited=CITED, touched=st.sampled_from(sorted(FILES)), how=st.sampled_from(["deleted", "moved", "renamed"]))
def test_deleting_moving_or_renaming_any_cited_chunk_and_only_that_kills(
    cited: set[str], touched: str, how: str
) -> None:
    with TemporaryDirectory() as folder, closing(Cache(Path(folder))) as cache:
        cache.keep(QUESTION, cited=tuple(sorted(cited)))
        text = cache.reader.files_by_path.pop(touched)
        if how == "moved":
            cache.reader.files_by_path[touched] = f"import os\n\n\n{text}"
        elif how == "renamed":
            cache.reader.files_by_path[f"other/{Path(touched).name}"] = text
        assert (cache.find(QUESTION) is None) == (touched in cited)


@given(
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=12),
    entries=st.integers(0, 6),
    most=st.integers(0, 4_000),
)
def test_the_bound_is_never_passed_and_the_oldest_go_first(sizes: list[int], entries: int, most: int) -> None:
    with TemporaryDirectory() as folder, closing(Cache(Path(folder), Bound(entries, most, 1e6))) as cache:
        for number, size in enumerate(sizes):
            cache.clock.now += 1
            kept = cache.keep(f"Where is name_{number} set?", f"{number}:" + "x" * size)
            held = cache.records.read(rows.held, rows.Held(-1, -1))
            assert held.entries <= entries
            assert held.bytes <= most
            if kept:
                assert cache.answers.entries()[0].answer.startswith(f"{number}:")
        numbers = [int(entry.answer.split(":")[0]) for entry in cache.answers.entries()]
        assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("question", "answer"),
    [(QUESTION, 'password = "hunter2-Xk9qLmP4vT"'), ('Why does api_key = "sk-9fK2mQ8xL4vT7pR1wZ" fail?', "So.")],
)
def test_what_looks_like_a_secret_is_not_kept(cache: Cache, question: str, answer: str) -> None:
    assert not cache.keep(question, answer)
    assert cache.answers.entries() == []


def test_nothing_is_kept_where_nothing_can_be(tmp_path: Path) -> None:
    with closing(Cache(tmp_path / "absent")) as cache:
        assert not cache.keep(QUESTION)
        assert (cache.find(QUESTION), cache.answers.entries()) == (None, [])
        assert cache.answers.clear().entries == 0


def test_an_answer_that_rests_on_what_has_changed_meanwhile_has_no_evidence(cache: Cache) -> None:
    place = (Citation("app/one.py", 1, 2),)
    assert evidence(place, cache.reader, lambda chunk: chunk.path == "app/two.py") is None
    assert evidence((Citation("app/gone.py", 1, 2),), FakeReader({"app/gone.py": ""}), lambda chunk: True) is None
    (kept,) = evidence(place, cache.reader, lambda chunk: True) or ()
    assert isinstance(kept, Evidence)
    assert kept.path == "app/one.py"


def test_what_is_cleared_is_in_no_file_any_more(cache: Cache, tmp_path: Path) -> None:
    cache.keep(QUESTION, "Unmistakably so.")
    assert any(b"Unmistakably" in file.read_bytes() for file in tmp_path.iterdir())
    cache.answers.clear()
    assert not any(b"Unmistakably" in file.read_bytes() for file in tmp_path.iterdir())
