"""ChromaDB's folder lost, damaged, held or away: made anew from the ledger without embedding, and search is right all
the while, whether ChromaDB searches or memory."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from dt6_lsp.cancel import Cancelled, CancelToken
from dt6_lsp.index.chroma import Client, Place
from dt6_lsp.settings import ChromaSettings, Settings
from tests.index_fixtures import FakeEmbedder, chroma_ids, chunk_ids, function, in_memory, ledger, opened, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dt6_lsp.index.index import Index
    from dt6_lsp.index.model import IndexProgress

FILES = {
    f"pkg/file_{number}.py": "\n\n".join(function(f"name_{number}_{part}") for part in range(10))
    for number in range(110)
}
SEARCHED = Settings(chroma=ChromaSettings(search_above=0))


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace and its store, copied to ChromaDB and closed. Enough for files of vectors."""
    folder = tmp_path_factory.mktemp("synced")
    write(folder / "work", FILES)
    with opened(folder / "work", folder / "store") as index:
        index.update(wait_sync=True)
    return folder


def _folder(store: Path) -> Path:
    (folder,) = store.glob("chroma-*")
    return folder


def _vectors(folder: Path) -> Path:
    (file,) = folder.glob("*/data_level0.bin")
    return file


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _unsealed(folder: Path) -> None:
    """As after the process was killed: nobody can tell what its files should be."""
    (folder / "sealed.json").unlink()


def _lost(folder: Path) -> None:
    shutil.rmtree(folder)


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


def _a_bit_of_the_database(folder: Path) -> None:
    _flip(folder / "chroma.sqlite3")


def _a_bit_of_a_vector(folder: Path) -> None:
    _flip(_vectors(folder))


def _torn_database(folder: Path) -> None:
    _unsealed(folder)
    data = (folder / "chroma.sqlite3").read_bytes()
    (folder / "chroma.sqlite3").write_bytes(data[: len(data) // 3])


def _vectors_that_end_a_process(folder: Path) -> None:
    _unsealed(folder)
    _vectors(folder).write_bytes(b"\xa5" * 3000)


def _of_another_version(folder: Path) -> None:
    _unsealed(folder)
    database = sqlite3.connect(folder / "chroma.sqlite3")
    database.execute("UPDATE migrations SET hash = 'of another ChromaDB'")
    database.commit()
    database.close()


def _fewer_vectors(folder: Path) -> None:
    """As after a death while ChromaDB was tidying up: what the ledger counts is not all there."""
    client = Client.open(Place(folder))
    (name,) = client.names()
    client.collection(name, {"touched": "by a test"}).remove([1, 2, 3])
    client.close()


def _other_vectors(folder: Path) -> None:
    client = Client.open(Place(folder))
    (name,) = client.names()
    shelf = client.collection(name, {"touched": "by a test"})
    shelf.put([1], -shelf.vectors([2])[2][None])
    client.close()


DAMAGE = [
    _lost,
    _a_file,
    _a_bit_of_the_database,
    _a_bit_of_a_vector,
    _torn_database,
    _vectors_that_end_a_process,
    _of_another_version,
    _fewer_vectors,
    _other_vectors,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_it_is_made_anew_without_embedding(synced: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    damage(_folder(store))
    with opened(root, store, embedder := FakeEmbedder(), SEARCHED) as index:
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        report = index.update(wait_sync=True)
        assert embedder.embedded == []
        assert report.vectors_synced == report.chunks, index.notices
        assert "made anew from the ledger" in index.notices[0]
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        assert (in_memory(index._dense), index.notices[1:]) == (0, ())
    assert chroma_ids(store) == set(chunk_ids(store))


def test_a_folder_that_is_as_it_was_left_is_used_as_it_is(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    with opened(root, store, settings=SEARCHED) as index:
        report = index.update(wait_sync=True)
        assert (report.vectors_synced, index.notices) == (report.chunks, ())
    assert _folder(store).name == _folder(synced / "store").name


def test_a_folder_that_another_process_holds_is_left_to_it(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    with FileLock(_folder(store) / "held.lock"), opened(root, store, settings=SEARCHED) as index:
        report = index.update(wait_sync=True)
        assert "another process has it open" in index.notices[0]
        assert report.vectors_synced == report.chunks
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
    assert chroma_ids(store) == set(chunk_ids(store))


def test_one_that_can_not_be_written_leaves_search_to_memory(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    with opened(root, store, settings=SEARCHED) as index:
        folder = _folder(store)
        shutil.rmtree(folder)
        with ledger(store) as connection:  # the next folder is where none can be made: below a file
            (store / "blocked").write_text("")
            connection.execute(
                "UPDATE meta SET value = replace(value, ?, 'blocked/chroma') WHERE key = 'chroma'", (folder.name,)
            )
            connection.execute("CREATE TRIGGER kept BEFORE DELETE ON meta BEGIN SELECT RAISE(IGNORE); END")
        index.update(wait_sync=True)
        assert "searched in memory" in index.notices[-1]
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"


def test_chromadb_that_breaks_in_use_is_replaced(synced: Path, tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    shutil.copytree(synced / "work", root)
    with opened(root, store, settings=SEARCHED) as index:
        index.update(wait_sync=True)
        assert in_memory(index._dense) == 0
        shutil.rmtree(_folder(store))
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        write(root, {"pkg/more.py": function("more")})
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        client, folder = index._syncer._shelving._client, _folder(store)
        assert client is not None
        client.kill()
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        assert in_memory(index._dense) == report.chunks
        report = index.update(wait_sync=True)
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"
        assert (report.vectors_synced, in_memory(index._dense)) == (report.chunks, 0)
    assert _folder(store) == folder, "nothing was wrong with what the killed process held"
    assert chroma_ids(store) == set(chunk_ids(store))


def test_nobody_waits_for_a_copy_that_can_not_even_be_begun_anew(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    _a_bit_of_the_database(_folder(store))
    with ledger(store) as connection:
        connection.execute("CREATE TRIGGER full BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with opened(root, store) as index:
        index.update(wait_sync=True)
        assert "searched in memory" in index.notices[-1]
        assert index.search("name_7_3")[0].path == "pkg/file_7.py"


def test_a_ledger_built_anew_does_not_meet_the_vectors_of_the_old_one(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
    with opened(root, store) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
    assert chroma_ids(store) == set(chunk_ids(store))


def test_closing_does_not_wait_for_the_copying(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    filling, going_on = threading.Event(), CancelToken()

    def listen(step: IndexProgress) -> None:
        if step.phase == "syncing":
            filling.set()

    def run(index: Index) -> None:
        with contextlib.suppress(Cancelled):
            index.update(wait_sync=True, cancel=going_on, progress=listen)

    with opened(root, store) as index:
        waiting = threading.Thread(target=run, args=(index,))
        waiting.start()
        assert filling.wait(60)
        going_on.cancel()
        started = time.monotonic()
    assert time.monotonic() - started < 2
    waiting.join()
    with opened(root, store) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
    assert chroma_ids(store) == set(chunk_ids(store))
