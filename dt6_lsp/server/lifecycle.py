"""From `initialize` to the end of the process, and what makes the engine start anew in between.

`initialize` is answered from what it says alone; the engine is built on `initialized`. Folders and settings that change
close the engine and build another; requests wait meanwhile.
Not here: the exit code (`protocol`, `connection`) and what settings mean.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.errors import Dt6Error, WorkspaceError
from dt6_lsp.server import capabilities, cited, code_lens, completion_offer, configuration, models, parent, review
from dt6_lsp.server.client import Client
from dt6_lsp.server.convert import to_path, to_uri
from dt6_lsp.server.indexing import EVERYTHING
from dt6_lsp.settings import narrowed, with_editor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.engine import Engine
    from dt6_lsp.server.session import Session
    from dt6_lsp.settings import Settings

logger = logging.getLogger(__name__)

_LOST_EDITOR = 1
_NO_FOLDER = WorkspaceError(
    "No folder is open, so DT6 has nothing to search or answer from.", "Open a folder to use it."
)
_WATCH_ALL = types.DidChangeWatchedFilesRegistrationOptions(watchers=[types.FileSystemWatcher(glob_pattern="**/*")])


def initialize(session: Session, params: types.InitializeParams, offered: types.ServerCapabilities) -> None:
    """Take what the client says, and add to pygls' capabilities what DT6 offers."""
    session.client = Client.of(params.capabilities)
    session.roots = local_folders(_folder_uris(params))
    session.initial_options = configuration.section(params.initialization_options)
    session.loaded = with_editor(session.own, session.initial_options)  # until the editor is asked: it may be no trust
    capabilities.offer(offered, session.client)
    completion_offer.at_start(session, offered)
    if params.process_id is not None:
        session.tasks.start(_watch_editor(session, params.process_id), "Watching the editor")


def _folder_uris(params: types.InitializeParams) -> list[str]:
    """The newest of the three ways to name a folder wins."""
    if params.workspace_folders:
        return [folder.uri for folder in params.workspace_folders]
    if params.root_uri:
        return [params.root_uri]
    return [to_uri(Path(params.root_path))] if params.root_path and Path(params.root_path).is_absolute() else []


def local_folders(uris: Iterable[str]) -> tuple[Path, ...]:
    """Folders on this machine, each once, in the client's order."""
    paths = [(uri, to_path(uri)) for uri in uris]
    for uri in (uri for uri, path in paths if path is None):
        logger.warning("DT6 works on local folders and leaves out %s.", uri)
    return tuple(dict.fromkeys(Path(path) for _, path in paths if path is not None))


def initialized(session: Session, _params: types.InitializedParams) -> None:
    session.tasks.start(_start(session), "Starting")


async def _start(session: Session) -> None:
    _register(session)
    await configuration.refresh(session)
    completion_offer.follow(session)
    await reopen(session)


def _register(session: Session) -> None:
    """Ask for notifications that only come when asked for; an old client that refuses simply does not send them."""
    wanted = []
    if session.client.registers_configuration:
        wanted.append(types.Registration(id="dt6-configuration", method=types.WORKSPACE_DID_CHANGE_CONFIGURATION))
    if session.client.registers_watching:
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        wanted.append(types.Registration(id="dt6-files", method=method, register_options=_WATCH_ALL))
    if session.client.registers_definition:
        pages = types.DefinitionRegistrationOptions(document_selector=cited.SELECTOR)
        method = types.TEXT_DOCUMENT_DEFINITION
        wanted.append(types.Registration(id="dt6-pages", method=method, register_options=pages))
    if wanted:
        session.server.client_register_capability(types.RegistrationParams(registrations=wanted))


async def reopen(session: Session) -> None:
    """Build the engine for the folders and settings of now. When that fails, say so once; the server stays."""
    await session.indexer.stop()
    if not session.roots:
        logger.info("%s", _NO_FOLDER)
        await session.engines.do_without(_NO_FOLDER)
        return
    try:
        engine = await session.engines.replace(session.settings, session.roots)
    except Dt6Error as error:
        session.show(types.MessageType.Error, str(error))
        return
    if engine is None:
        return
    await models.switch_again(session, engine)
    wanted = await session.in_worker(lambda: _wants_index(session.settings, engine.roots))
    if session.settings.index.watch:
        session.tasks.start(_follow_disk(session, engine, wanted), "Following changes on disk")
    elif wanted:
        session.indexer.request(EVERYTHING)


async def _follow_disk(session: Session, engine: Engine, at_start: bool) -> None:
    """Index what changes on disk, until the engine closes. The first batch says that no change is missed from then on,
    so that is when everything is indexed."""
    async with aclosing(engine.changes()) as batches:
        if await anext(batches, None) is not None and at_start:
            session.indexer.request(EVERYTHING)
        async for paths in batches:
            session.indexer.request(paths)


def _wants_index(settings: Settings, roots: Sequence[Path]) -> bool:
    """A folder's own file may say that it is not to be indexed by itself."""
    return any(narrowed(settings, root)[0].index.at_start for root in roots)


def did_change_folders(session: Session, _params: types.DidChangeWorkspaceFoldersParams) -> None:
    """pygls has added and removed them already."""
    roots = local_folders(folder.uri for folder in session.server.workspace.folders.values())
    if roots != session.roots:
        session.roots = roots
        session.tasks.start(reopen(session), "Changing folders")


def did_change_configuration(session: Session, params: types.DidChangeConfigurationParams) -> None:
    session.tasks.start(_reconfigure(session, params.settings), "Changing settings")


async def _reconfigure(session: Session, pushed: object) -> None:
    before = session.settings
    await configuration.refresh(session, pushed)
    chat = session.settings.chat
    if (before.chat.backend, before.chat.model) != (chat.backend, chat.model):
        session.switched = None
    if before.lens != session.settings.lens:
        code_lens.refresh(session)
    if configuration.needs_new_engine(before, session.settings):
        await reopen(session)
    elif before != session.settings and (engine := await session.engines.settled()) is not None:
        await engine.reconfigure(session.settings)
    completion_offer.follow(session)


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    review.did_save(session, params)
    _changed(session, [params.text_document.uri])


def did_save_notebook(session: Session, params: types.DidSaveNotebookDocumentParams) -> None:
    _changed(session, [params.notebook_document.uri])


def did_change_watched_files(session: Session, params: types.DidChangeWatchedFilesParams) -> None:
    _changed(session, [change.uri for change in params.changes])


def did_create_files(session: Session, params: types.CreateFilesParams) -> None:
    _changed(session, [file.uri for file in params.files])


def did_rename_files(session: Session, params: types.RenameFilesParams) -> None:
    """Of files and of folders. Both names, as the one is gone and the other new."""
    _changed(session, [uri for file in params.files for uri in (file.old_uri, file.new_uri)])


def did_delete_files(session: Session, params: types.DeleteFilesParams) -> None:
    _changed(session, [file.uri for file in params.files])


def _changed(session: Session, uris: Iterable[str]) -> None:
    paths = [Path(path) for path in map(to_path, uris) if path is not None]
    session.tasks.start(_index_changed(session, paths), "Indexing changes")


async def _index_changed(session: Session, paths: list[Path]) -> None:
    engine = await session.engines.get()
    inside = [path for path in map(engine.relative, paths) if path is not None]
    if inside:
        session.indexer.request(inside)


async def _watch_editor(session: Session, pid: int) -> None:
    if await parent.gone(pid):
        logger.warning("The editor has ended.")
        session.stop(_LOST_EDITOR)


async def close(session: Session) -> None:
    """End everything that runs and close the stores. Called once for `shutdown` and once at the end; the same work."""
    if session.closing is None:
        session.closing = asyncio.get_running_loop().create_task(_close(session))
    await asyncio.shield(session.closing)


async def _close(session: Session) -> None:
    await session.indexer.stop()
    await session.tasks.close()
    await session.engines.close()
    session.workers.shutdown(wait=False, cancel_futures=True)
