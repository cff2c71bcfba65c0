"""`chroma.url`: a real Chroma server on this machine that comes, goes, forgets and stalls; search is always right."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.chroma import Client, Place
from dt6_lsp.settings import ChromaSettings, Settings
from tests.index_fixtures import LONG_AGO, chunk_ids, function, in_memory, opened, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.index.index import Index

FILES = {f"pkg/file_{number}.py": function(f"name_{number}") for number in range(40)}


class Server:
    """`chroma run` at a port of its own, which it keeps when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it listens."""
        program = Path(sys.executable).with_name("chroma.exe" if sys.platform == "win32" else "chroma")
        command = [str(program), "run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        while True:
            assert self._process.poll() is None, "the server ended"
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ids(self) -> set[int]:
        client = Client.open(Place(self.folder, self.url))
        try:
            (name,) = client.names()
            return client.collection(name, {"read": "by a test"}).ids()
        finally:
            client.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server")
    try:
        yield server
    finally:
        server.stop()


def best(index: Index) -> list[float]:
    """The scores; of files with the same score, any may come first."""
    found = index.search("name_7 step")
    assert found[0].path == "pkg/file_7.py"
    return [round(hit.score, 3) for hit in found]


def searched_at(url: str) -> Settings:
    return Settings(chroma=ChromaSettings(url=url, search_above=0))


def test_search_is_the_same_with_a_server_that_comes_goes_and_forgets(server: Server, tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with opened(root, store, settings=searched_at(server.url)) as index:
        report = index.update(wait_sync=True)  # it is not there yet
        assert report.vectors_synced == 0
        assert server.url in index.notices[0]
        exact = best(index)

        server.start()
        report = index.update(wait_sync=True)
        assert (report.vectors_synced, in_memory(index._dense)) == (report.chunks, 0)
        assert best(index) == exact
        assert server.ids() == set(chunk_ids(store))

        server.stop()
        assert best(index) == exact
        write(root, {"pkg/new.py": function("newest"), "pkg/file_3.py": function("other")}, at=LONG_AGO + 1)
        index.update(wait_sync=True)
        assert index.search("newest")[0].path == "pkg/new.py"
        assert in_memory(index._dense) == report.chunks + 1

        server.start()
        report = index.update(wait_sync=True)
        assert (report.vectors_synced, in_memory(index._dense)) == (report.chunks, 0)
        assert index.search("newest")[0].path == "pkg/new.py"
        assert server.ids() == set(chunk_ids(store))

        server.stop()
        server.folder = tmp_path / "empty"  # as when a team moves its server: nothing of ours is there any more
        server.start()
        report = index.update(wait_sync=True)
        assert (report.vectors_synced, in_memory(index._dense)) == (report.chunks, 0)
        assert server.ids() == set(chunk_ids(store))


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A web server that answers everything with this; its address, and what it was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as web:
        serving = threading.Thread(target=web.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{web.server_port}", asked
        finally:
            web.shutdown()
            serving.join()


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<h1>It works!</h1>"),
        (200, "application/json", b'{"heartbeat": "of something else"}'),
        (410, "application/json", b'{"error": "Unimplemented", "message": "The v2 API is not here"}'),
    ],
    ids=["a web server", "another service", "another version"],
)
def test_what_is_no_chroma_server_of_our_version_is_said(tmp_path: Path, status: int, kind: str, body: bytes) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with (
        answering(status, kind, body) as (url, asked),
        opened(root, store, settings=searched_at(url)) as index,
    ):
        report = index.update(wait_sync=True)
        assert asked
        assert (report.vectors_synced, len(index.notices)) == (0, 1)
        assert f"searched in memory for now, without the Chroma server at {url}: " in index.notices[0]
        assert index.search("name_7")[0].path == "pkg/file_7.py"
        assert in_memory(index._dense) == report.chunks


def test_a_proxy_gets_nothing_that_is_for_this_machine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    server.start()
    with answering(502, "text/html", b"") as (proxy, asked):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        with opened(root, store, settings=searched_at(server.url)) as index:
            report = index.update(wait_sync=True)
            assert (report.vectors_synced, asked) == (report.chunks, [])


def test_a_server_elsewhere_gets_nothing_without_consent(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with opened(root, store, settings=searched_at("http://chroma.example:8000")) as index:
        assert index.update(wait_sync=True).vectors_synced == 0
        assert "chroma.example" in index.notices[0]
        assert index.search("name_7")[0].path == "pkg/file_7.py"


def test_a_server_that_stalls_keeps_nobody_waiting(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store"
    write(root, FILES)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with opened(root, store, settings=searched_at(url)) as index:
            index.update()
            accepted, _ = silent.accept()
            with accepted:
                assert index.search("name_7")[0].path == "pkg/file_7.py"
                index.close()  # while the answer is waited for
