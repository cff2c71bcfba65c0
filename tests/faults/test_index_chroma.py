"""ChromaDB lost, corrupt or away: made anew from the ledger without embedding, and the user keeps searching."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.settings import ChromaSettings, PrivacySettings, Settings
from tests.index_fixtures import FakeEmbedder, chroma_ids, chunk_ids, function, ledger, opened, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {f"pkg/file_{number}.py": function(f"name_{number}") for number in range(120)}


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace and its store, copied to ChromaDB and closed."""
    folder = tmp_path_factory.mktemp("synced")
    write(folder / "work", FILES)
    with opened(folder / "work", folder / "store") as index:
        index.update(wait_sync=True)
    return folder


def _folder(store: Path) -> Path:
    (folder,) = store.glob("chroma-*")
    return folder


def _lost(folder: Path) -> None:
    shutil.rmtree(folder)


def _no_database(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"garbage" * 5000)


def _torn_database(folder: Path) -> None:
    data = (folder / "chroma.sqlite3").read_bytes()
    (folder / "chroma.sqlite3").write_bytes(data[: len(data) // 3])


def _fewer_vectors(folder: Path) -> None:
    """As after a death while ChromaDB was tidying up: what the ledger counts is not all there."""
    from dt6_lsp.index.chroma import Client, Place

    client = Client.open(Place(folder))
    (name,) = client.names()
    client.collection(name, {"touched": "by a test"}).remove([1, 2, 3])
    client.close()


def _other_vectors(folder: Path) -> None:
    from dt6_lsp.index.chroma import Client, Place

    client = Client.open(Place(folder))
    (name,) = client.names()
    shelf = client.collection(name, {"touched": "by a test"})
    vector = shelf.vector(2)
    assert vector is not None
    shelf.put([1], -vector[None])
    client.close()


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


@pytest.mark.parametrize("damage", [_lost, _no_database, _torn_database, _fewer_vectors, _other_vectors, _a_file])
def test_it_is_made_anew_without_embedding(synced: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    damage(_folder(store))
    with opened(root, store, embedder := FakeEmbedder()) as index:
        assert index.search("name_7")[0].path == "pkg/file_7.py"
        report = index.update(wait_sync=True)
        assert embedder.embedded == []
        assert report.vectors_synced == report.chunks
        assert "made anew from the ledger" in index.notices[0]
        assert index.search("name_7")[0].path == "pkg/file_7.py"
        assert (index._dense.in_memory(), index.notices[1:]) == (0, ())
    assert chroma_ids(store) == set(chunk_ids(store))


def test_vector_files_that_would_end_the_process_do_not(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    names = [[f"name_{file}_{number}" for number in range(100)] for file in range(11)]  # enough for files of vectors
    write(root, {f"pkg/file_{file}.py": "\n\n".join(map(function, part)) for file, part in enumerate(names)})
    with opened(root, store) as index:
        index.update(wait_sync=True)
    (vectors,) = _folder(store).glob("*/data_level0.bin")
    vectors.write_bytes(b"\xa5" * 3000)
    with opened(root, store) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
        assert "made anew" in index.notices[0]


def test_chromadb_that_breaks_in_use_is_replaced(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with opened(root, store) as index:
        index.update(wait_sync=True)
        shutil.rmtree(_folder(store))
        assert index.search("name_7")[0].path == "pkg/file_7.py"
        write(root, {"pkg/more.py": function("more")})
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
        assert index.search("name_7")[0].path == "pkg/file_7.py"
    assert chroma_ids(store) == set(chunk_ids(store))


def test_nobody_waits_for_a_copy_that_can_not_even_be_begun_anew(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    _no_database(_folder(store))
    with ledger(store) as connection:
        connection.execute("CREATE TRIGGER full BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with opened(root, store) as index:
        index.update(wait_sync=True)
        assert "searched in memory" in index.notices[-1]
        assert index.search("name_7")[0].path == "pkg/file_7.py"


def test_a_ledger_built_anew_does_not_meet_the_vectors_of_the_old_one(synced: Path, tmp_path: Path) -> None:
    root, store = synced / "work", tmp_path / "store"
    shutil.copytree(synced / "store", store)
    with ledger(store) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
    with opened(root, store) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == report.chunks
    assert chroma_ids(store) == set(chunk_ids(store))


def test_an_absent_server_is_said_and_memory_serves(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with opened(root, store, settings=Settings(chroma=ChromaSettings(url=url))) as index:
        report = index.update(wait_sync=True)
        assert report.vectors_synced == 0
        assert url in index.notices[0]
        assert index.search("name_7")[0].path == "pkg/file_7.py"
        assert index._dense.in_memory() == report.chunks


def test_a_server_elsewhere_gets_nothing_without_consent(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    settings = Settings(chroma=ChromaSettings(url="http://chroma.example:8000"), privacy=PrivacySettings())
    with opened(root, store, settings=settings) as index:
        assert index.update(wait_sync=True).vectors_synced == 0
        assert "chroma.example" in index.notices[0]
