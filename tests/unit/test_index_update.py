"""Bringing the index in line with the files: what is read, what is kept, what is told."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.index.workers import Crashed, Job, prepare_all
from dt6_lsp.settings import Settings, WorkspaceSettings
from dt6_lsp.workspace.model import changed_ns
from tests.index_fixtures import LONG_AGO, FakeEmbedder, chunk_ids, function, ledger, opened, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.index.model import IndexProgress

FILES = {"app/run.py": function("start") + "\n\n" + function("stop"), "lib/io.py": "import os\n\n\n" + function("load")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "work", FILES)
    return tmp_path / "work"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_a_first_update_reports_the_whole_workspace(root: Path, store: Path) -> None:
    write(root, {"logo.png": b"\x89PNG\0\0"})
    with opened(root, store) as index:
        report = index.update()
        assert (report.files, report.changed, report.removed, report.problems) == (2, 2, 0, ())
        assert report.chunks == len(chunk_ids(store)) >= 3
        assert report.languages == {"python": 2}
        assert sum(report.skipped.values()) == 1
        assert (report.model, report.dimension) == ("bag-of-words", 64)
        assert index.files() == ["app/run.py", "lib/io.py"]


def test_nothing_is_read_again_when_nothing_changed(root: Path, store: Path) -> None:
    write(root, {"noise.dat": b"a\0b"})
    with opened(root, store, embedder := FakeEmbedder()) as index:
        first = index.update()
        embedder.embedded.clear()
        again = index.update()
        assert (again.changed, again.removed, embedder.embedded) == (0, 0, [])
        assert (again.files, again.chunks, again.skipped) == (first.files, first.chunks, first.skipped)


def test_chunks_that_did_not_change_keep_their_rows_and_are_not_embedded_again(root: Path, store: Path) -> None:
    with opened(root, store, embedder := FakeEmbedder()) as index:
        index.update()
        before = {text: chunk_id for chunk_id, (_, text) in chunk_ids(store).items()}
        embedder.embedded.clear()
        write(root, {"app/run.py": function("begin") + "\n\n" + function("stop")}, at=LONG_AGO + 1)
        index.update()
    after = {text: chunk_id for chunk_id, (_, text) in chunk_ids(store).items()}
    assert {text for text in after if before.get(text) == after[text]} == set(before) & set(after)
    assert all("begin" in text for text in embedder.embedded)


def test_a_rename_embeds_no_more_than_the_new_path(root: Path, store: Path) -> None:
    with opened(root, store, embedder := FakeEmbedder()) as index:
        index.update()
        embedder.embedded.clear()
        (root / "app").rename(root / "core")
        report = index.update()
        assert embedder.embedded == ["core run"]
        assert (report.changed, report.removed) == (1, 1)
        assert index.files() == ["core/run.py", "lib/io.py"]


def test_a_change_that_keeps_size_and_date_is_seen_when_it_came_right_after_the_scan(root: Path, store: Path) -> None:
    now = int(time.time())
    write(root, {"app/run.py": "value = 111\n"}, at=now)
    with opened(root, store) as index:
        index.update()
        write(root, {"app/run.py": "value = 222\n"}, at=now)
        assert index.update().changed == 1
        assert index.chunks("app/run.py")[0].text.strip() == "value = 222"


def test_a_change_that_keeps_size_and_date_is_seen_long_after_the_scan(root: Path, store: Path) -> None:
    """As `cp -p` and `touch -r` do it. The file system's own account tells."""
    with opened(root, store) as index:
        index.update()
        before = changed_ns((root / "app/run.py").stat())
        with ledger(store) as connection:  # as a later scan would have it, which trusts what it sees
            connection.execute("UPDATE files SET mtime_ns = ? WHERE path = 'app/run.py'", (before,))
        assert index.update().changed == 0
        text = (root / "app/run.py").read_text().replace("2", "3")
        while changed_ns((root / "app/run.py").stat()) == before:  # the clock has its grain
            write(root, {"app/run.py": text})
        assert index.update().changed == 1


@pytest.mark.parametrize("years", [-40, 40])
def test_a_clock_that_was_wrong_hides_no_change(root: Path, store: Path, years: int) -> None:
    at = LONG_AGO + years * 365 * 24 * 3600
    write(root, {"app/run.py": "value = 111\n"}, at=at)
    with opened(root, store) as index:
        index.update()
        write(root, {"app/run.py": "value = 222\n"}, at=at)
        assert index.update().changed == 1
        write(root, {"app/run.py": "value = 333\n"}, at=at - 1)
        assert index.update().changed == 1


def test_a_new_date_alone_parses_nothing(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
        os.utime(root / "lib/io.py", (LONG_AGO + 9, LONG_AGO + 9))
        assert index.update().changed == 0


def test_only_the_named_paths_are_looked_at(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
        write(root, {"app/run.py": function("changed"), "lib/io.py": function("unseen")}, at=LONG_AGO + 1)
        report = index.update(paths=["app/run.py"])
        assert (report.changed, report.files) == (1, 2)
        assert index.definitions("changed")
        assert not index.definitions("unseen")


def test_a_named_path_that_is_gone_is_removed_with_what_was_in_it(root: Path, store: Path) -> None:
    write(root, {"app/deep/one.py": "a = 1\n", "application.py": "b = 1\n"})
    with opened(root, store) as index:
        index.update()
        for path in ("app/run.py", "app/deep/one.py"):
            (root / path).unlink()
        assert index.update(paths=["app"]).removed == 2
        assert index.files() == ["application.py", "lib/io.py"]


def test_a_named_ignore_file_changes_the_whole(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
        write(root, {".gitignore": "lib/\n"})
        index.update(paths=[".gitignore"])
        assert index.files() == ["app/run.py"]


def test_a_file_that_turns_unreadable_leaves_the_index(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
        write(root, {"lib/io.py": b"\0\1\2" * 99}, at=LONG_AGO + 1)
        index.update()
        assert index.files() == ["app/run.py"]
        write(root, {"lib/io.py": FILES["lib/io.py"]}, at=LONG_AGO + 2)
        index.update()
        assert index.files() == ["app/run.py", "lib/io.py"]


def test_a_workspace_emptied_by_a_rule_names_it(root: Path, store: Path) -> None:
    settings = Settings(workspace=WorkspaceSettings(exclude=("*",)))
    with opened(root, store, settings=settings) as index, pytest.raises(WorkspaceError, match="exclude"):
        index.update()


def test_what_a_rule_took_away_is_not_answered_from(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
        write(root, {".gitignore": "*\n"})
        with pytest.raises(WorkspaceError, match="gitignore"):
            index.update()
        assert index.files() == []
        assert index.search("start") == []


@pytest.mark.parametrize("rules_come", ["before", "later"])
def test_a_generated_file_that_a_rule_names_is_indexed_for_as_long_as_it_does(
    rules_come: str, root: Path, store: Path
) -> None:
    rule, generated = {".dt6ignore": "!api.py\n"}, {"api.py": "# @generated by a tool\n" + function("call")}
    write(root, {**generated, **(rule if rules_come == "before" else {})})
    with opened(root, store) as index:
        index.update()
        write(root, rule)
        index.update()
        assert "api.py" in index.files()
        index.update(paths=["app/run.py"])
        assert index.update().changed == 0
        (root / ".dt6ignore").unlink()
        report = index.update()
        assert "api.py" not in index.files()
        assert report.skipped["generated"] == 1


def test_progress_counts_the_files_that_are_read(root: Path, store: Path) -> None:
    seen: list[IndexProgress] = []
    with opened(root, store) as index:
        report = index.update(progress=seen.append)
        phases = list(dict.fromkeys(step.phase for step in seen))
        assert phases == ["scanning", "indexing", "embedding", "done"]
        assert (seen[0].done, seen[0].total) == (0, 0)
        reading = [step for step in seen if step.phase == "indexing"]
        assert {step.total for step in reading} == {2}
        assert [step.done for step in reading] == sorted(step.done for step in reading)
        assert (reading[-1].done, seen[-1].report) == (2, report)


def test_cancelling_keeps_what_is_done_and_the_next_update_goes_on(root: Path, store: Path) -> None:
    token, embedder = CancelToken(), FakeEmbedder()
    embedder.before = token.cancel
    with opened(root, store, embedder) as index:
        with pytest.raises(Cancelled):
            index.update(cancel=token)
        assert index.files() == sorted(FILES)
        embedder.before = lambda: None
        assert index.update().changed == 0
        assert index.stats().vectors == index.stats().chunks


def test_what_a_first_update_that_was_stopped_has_read_is_not_read_again(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update(paths=["app/run.py"])  # as far as a run over everything came
    with opened(root, store) as index:
        assert index.update().changed == 1


def test_without_the_model_search_goes_by_words_and_says_so(root: Path, store: Path) -> None:
    with opened(root, store, embedder := FakeEmbedder(broken=True)) as index:
        report = index.update()
        assert "The model is away." in report.problems[0]
        assert index.search("load")[0].path == "lib/io.py"
        embedder.broken = False
        assert index.update().problems == ()
        assert index.stats().vectors == index.stats().chunks


def test_another_model_embeds_all_again_and_the_first_is_remembered(root: Path, store: Path) -> None:
    with opened(root, store) as index:
        index.update()
    with opened(root, store, other := FakeEmbedder("other", 32)) as index:
        assert index.search("load")[0].path == "lib/io.py"
        assert index.update().dimension == 32
        assert len(other.embedded) > 3
    with opened(root, store, back := FakeEmbedder()) as index:
        assert index.update().dimension == 64
        assert back.embedded == []


def test_a_rebuild_forgets_and_makes_all_again(root: Path, store: Path) -> None:
    with opened(root, store, embedder := FakeEmbedder()) as index:
        index.update()
        before, told = rows(store), len(embedder.embedded)
        assert index.update(rebuild=True).changed == 2
        assert rows(store) == before
        assert len(embedder.embedded) == 2 * told


def test_a_burst_of_updates_starts_at_most_two_runs(root: Path, store: Path) -> None:
    runs, gate = [], threading.Event()

    def note(step: IndexProgress) -> None:
        if step.phase == "scanning":
            runs.append(step)
            gate.wait(5)

    with opened(root, store) as index, ThreadPoolExecutor(100) as pool:
        first = pool.submit(index.update, progress=note)
        others = [pool.submit(index.update, paths=["app/run.py"]) for _ in range(99)]
        last = pool.submit(index.update, progress=lambda step: runs.append(step) if step.phase == "scanning" else None)
        gate.set()
        assert {future.result(30).files for future in (first, *others, last)} == {2}
    assert len(runs) == 2


def test_who_cancels_does_not_stop_the_run_of_the_others(root: Path, store: Path) -> None:
    mine, waiting = CancelToken(), threading.Event()

    def stop(step: IndexProgress) -> None:
        if step.phase == "indexing":
            waiting.wait(5)
            mine.cancel()

    with opened(root, store) as index, ThreadPoolExecutor(2) as pool:
        leader = pool.submit(index.update, cancel=mine, progress=stop)
        other = pool.submit(index.update)
        waiting.set()
        with pytest.raises(Cancelled):
            leader.result(30)
        assert other.result(30).files == 2


def test_worker_processes_prepare_the_same(root: Path) -> None:
    write(root, {f"many/file_{number}.py": function(f"name_{number}") for number in range(40)})
    jobs = [Job(path.relative_to(root).as_posix(), "") for path in root.rglob("*.py")]
    here = {outcome.path: outcome for outcome in prepare_all(root, jobs, CancelToken())}
    there = {outcome.path: outcome for outcome in prepare_all(root, jobs, CancelToken(), many=0)}
    assert here == there
    assert len(here) == 42
    assert not any(isinstance(outcome, Crashed) for outcome in here.values())
