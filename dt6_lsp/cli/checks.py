"""What `dt6-lsp doctor` tries, one function for each part. A try that fails is a finding, never an exception.

Not here: mending, and how findings are shown.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dt6_lsp import __version__
from dt6_lsp.cli.terminal import counted
from dt6_lsp.errors import Dt6Error
from dt6_lsp.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dt6_lsp.cli.invocation import Invocation

State = Literal["works", "limited", "broken"]
_LEAST_FREE_BYTES, _ENOUGH_FREE_BYTES = 50_000_000, 1_000_000_000

_AGAIN = "Install DT6 again."


@dataclass(frozen=True, slots=True)
class Finding:
    """`limited`: DT6 works without it, with less. `said` and `mend` are sentences."""

    what: str
    state: State
    said: str
    mend: str = ""


def checks(call: Invocation) -> Iterator[Finding]:
    """Everything that needs no model server, in the order in which one thing rests on another."""
    loaded = load(call.workspace, overrides=call.args.overrides)
    yield Finding("DT6", "works", f"version {__version__}, Python {platform.python_version()}, {platform.platform()}.")
    yield _settings(loaded.problems)
    for what, check in _table(call, loaded.settings):
        yield _tried(what, check)


def _table(call: Invocation, settings: Settings) -> list[tuple[str, Callable[[], Finding | str]]]:
    return [
        ("Full-text search", _fts5),
        ("Data folder", lambda: _data_folder(call.data_dir)),
        ("Room on the disk", lambda: _disk(call.data_dir)),
        ("Grammars", _grammars),
        ("Embedding", lambda: _embedding(settings)),
        ("ChromaDB", _chroma),
        ("Workspace", lambda: _workspace(call.workspace)),
        ("Index", lambda: _index(call, settings)),
    ]


def _tried(what: str, check: Callable[[], Finding | str]) -> Finding:
    """A check returns its finding, or the sentence that says what works."""
    try:
        found = check()
    except Dt6Error as error:
        return Finding(what, "broken", error.cause, error.mend)
    except Exception as error:  # noqa: BLE001 - whatever is broken here is what this command is for
        return Finding(what, "broken", f"{type(error).__name__}: {error}.", _AGAIN)
    return found if isinstance(found, Finding) else Finding(what, "works", found)


def _settings(problems: tuple[str, ...]) -> Finding:
    if problems:
        return Finding("Settings", "broken", " ".join(problems), "`dt6-lsp config` shows where each value comes from.")
    return Finding("Settings", "works", "all of them make sense.")


def _fts5() -> Finding | str:
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
        except sqlite3.OperationalError:
            mend = "Use a Python from python.org, your system or uv; all of these have it."
            return Finding("Full-text search", "broken", f"the SQLite of {sys.executable} has no FTS5.", mend)
    return f"SQLite {sqlite3.sqlite_version} with FTS5."


def _data_folder(folder: Path) -> Finding | str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return f"{folder} can be written."
    except OSError as error:
        said = f"{folder} can't be written ({error.strerror})."
        mend = "Make it writable, or name another with --data-dir or DT6_DATA_DIR."
        return Finding("Data folder", "broken", said, mend)


def _disk(folder: Path) -> Finding | str:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:,.1f} GB free."
    if free >= _ENOUGH_FREE_BYTES:
        return said
    state: State = "limited" if free >= _LEAST_FREE_BYTES else "broken"
    return Finding("Room on the disk", state, said, "Make room, or name a data folder elsewhere with --data-dir.")


def _grammars() -> Finding | str:
    from dt6_lsp.syntax.grammars import grammar
    from dt6_lsp.syntax.languages import BY_NAME

    broken = []
    for name in BY_NAME:
        try:
            grammar(name)
        except Exception as error:  # noqa: BLE001 - a wheel for another platform can fail in any way
            broken.append(f"{name} ({type(error).__name__})")
    if broken:
        said = f"{len(broken)} of {len(BY_NAME)} do not load: {', '.join(broken)}. Their files are read as plain text."
        return Finding("Grammars", "limited", said, _AGAIN)
    return f"all {len(BY_NAME)} load."


def _embedding(settings: Settings) -> str:
    from dt6_lsp.models.build import build_embedder

    embedder = build_embedder(settings)
    try:
        vector = embedder.query("where is the configuration read")
        name = embedder.fingerprint().model
    finally:
        embedder.close()
    return f"{settings.embedding.backend} ({name}) gives vectors of {len(vector)} dimensions."


def _chroma() -> Finding | str:
    import numpy as np

    from dt6_lsp.index.chroma import Client, Place

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = Client.open(Place(Path(folder) / "chroma"))
        try:
            shelf = client.collection("doctor", {"purpose": "doctor"})
            shelf.put([1, 2], np.eye(2, dtype=np.float32))
            found = shelf.search(np.array([0, 1], dtype=np.float32), 1)
        finally:
            client.close()
    if [number for number, _ in found] != [2]:
        return Finding("ChromaDB", "limited", f"it finds {found}. DT6 searches in memory instead.", _AGAIN)
    return "it opens, stores and finds."


def _workspace(root: Path) -> str:
    from dt6_lsp.workspace.walker import check_root

    return f"{check_root(root)} can be read."


def _index(call: Invocation, settings: Settings) -> Finding | str:
    """What is stored for the workspace, without bringing it up to date or making a store where none is."""
    from dt6_lsp.app import store_folder

    folder = store_folder(call.workspace, call.data_dir)
    if not folder.exists():
        return Finding("Index", "limited", "this workspace is not indexed yet.", "Run `dt6-lsp index`.")
    return _stored(call, settings)


def _stored(call: Invocation, settings: Settings) -> Finding | str:
    from dt6_lsp.app import build_engine

    async def stats() -> Finding | str:
        engine = (call.build or build_engine)(settings, [call.workspace], call.data_dir)
        try:
            root = (await engine.stats()).roots[0]
        finally:
            await engine.close()
        held = f"{counted(root.files, 'file')}, {counted(root.chunks, 'chunk')}"
        said = f"{held}, {counted(root.vectors_synced, 'vector')} in ChromaDB."
        if root.notices:
            return Finding("Index", "limited", f"{said} {' '.join(root.notices)}", "Run `dt6-lsp index`.")
        return said if root.writer else f"{said} Another process writes it at the moment."

    return call.run(stats())


async def model_checks(call: Invocation) -> list[Finding]:
    """No model is needed; one that the user named and that can't answer is broken."""
    from dt6_lsp.cli.models import choice_in_words, survey, unknown_backends

    settings = load(call.workspace, overrides=call.args.overrides).settings
    servers, choice = await survey(settings)
    found = [
        Finding(f"Model server {each.backend}", "limited", each.problem)
        if each.problem
        else Finding(f"Model server {each.backend}", "works", f"{each.url} has {len(each.models)} models.")
        for each in servers
    ]
    found += [Finding("Models by name", "broken", *each) for each in unknown_backends(settings, servers)]
    wanted = settings.chat.backend not in ("auto", "none")
    state: State = "works" if choice.backend is not None else "broken" if wanted else "limited"
    said = (
        choice_in_words(choice)
        if choice.backend or wanted
        else "none, so answers are a digest of the workspace's text."
    )
    return [*found, Finding("Model that answers", state, said)]
